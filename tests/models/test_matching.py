"""Probable matches: pairs of known truth are found, what looks alike is not joined, and nothing depends on order."""

import random
from datetime import date
from functools import cache

import duckdb
import polars as pl
import pytest
from splink import DuckDBAPI

from dagster_project.settings import DBT_PROJECT_DIR
from models.match_blocks import BlockingRule, block_limits, candidate_pairs
from models.match_columns import GIVEN, comparable_records
from models.match_memory import remembered_pairs
from models.match_parameters import parameters_of_night
from models.match_rules import MatchRules, MatchRulesError, read_rules
from models.match_training import learn_parameters, prior_parameters
from models.matching import MatchParameters, probable_pairs, read_parameters

FREE_MAIL = pl.DataFrame({"domain": ["gmail.com", "gmx.de"]})
KNOWN = pl.DataFrame(
    schema={"settings_version": pl.String, "parameters": pl.String, "trained_on": pl.Date, "count_records": pl.Int64}
)
FIRST = ["anna", "bertha", "carl", "dora", "emil", "frieda", "gustav", "hanna", "igor", "jonas", "klara", "ludwig"]
LAST = [
    "adler", "becker", "conrad", "decker", "ebner", "fischer", "geiger", "huber", "imhof", "jung", "krause", "lehmann",
    "maurer", "neumann", "opitz",
]  # fmt: skip


@cache
def seed(name: str) -> pl.DataFrame:
    return pl.read_csv(DBT_PROJECT_DIR / "seeds" / f"{name}.csv")


def rules(**settings: float) -> MatchRules:
    figures = seed("match_settings")
    for name, value in settings.items():
        changed = pl.when(pl.col("setting") == name).then(pl.lit(float(value))).otherwise("value")
        figures = figures.with_columns(value=changed)
    return read_rules(seed("match_comparisons"), seed("match_blocking_rules"), figures)


def backend() -> DuckDBAPI:
    return DuckDBAPI(duckdb.connect())


def comparable(rows: list[dict[str, object]]) -> pl.DataFrame:
    kinds = dict.fromkeys(("record_key", *GIVEN), pl.String) | {"is_impersonal_email": pl.Boolean}
    return comparable_records(people(rows, kinds), seed("nicknames"), FREE_MAIL)


def people(rows: list[dict[str, object]], kinds: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame([{"is_impersonal_email": False, **row} for row in rows], schema=kinds)


def market(count: int, dice: random.Random) -> tuple[list[dict[str, object]], dict[str, int]]:
    """People with one to three records each, typed with slips, and whose each record is."""
    rows: list[dict[str, object]] = []
    truth: dict[str, int] = {}
    for person in range(count):
        first, last = dice.choice(FIRST), dice.choice(LAST) + dice.choice(["", "mann", "er", "inger"])
        born = f"{dice.randrange(1950, 2000)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}"
        city = dice.choice(["Bonn", "Ulm", "Trier", "Kiel", "Hof", "Celle"])
        for _ in range(dice.randint(1, 3)):
            one, two = (last, first) if dice.random() < 0.1 else (first, last)
            if dice.random() < 0.2:
                place = dice.randrange(1, len(two))
                two = two[:place] + dice.choice("xyz") + two[place:]
            key = f"r{len(rows):05d}"
            truth[key] = person
            born_as_typed = born if dice.random() < 0.8 else None
            rows.append(
                {"record_key": key, "first_name": one, "last_name": two, "birth_date": born_as_typed, "city": city}
            )
    dice.shuffle(rows)
    return rows, truth


@pytest.fixture(scope="module")
def learnt() -> tuple[pl.DataFrame, dict[str, int], MatchParameters]:
    rows, truth = market(500, random.Random(5))
    records = comparable(rows)
    return records, truth, learn_parameters(records, rules(), backend())


def test_learning_finds_the_people_behind_messy_records(
    learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters],
) -> None:
    records, truth, parameters = learnt
    pairs = probable_pairs(records, rules(), parameters, backend()).filter(pl.col("match_score") >= 0.85)
    right = [truth[left] == truth[other] for left, other in pairs.select("left_record", "right_record").iter_rows()]
    counts = pl.Series(list(truth.values())).value_counts(name="n")["n"]
    true_pairs = int((counts * (counts - 1) // 2).sum())
    assert sum(right) / len(right) > 0.97
    assert sum(right) / true_pairs > 0.6
    assert abs(pairs["match_score"].mean() - sum(right) / len(right)) < 0.05  # a probability, not just a score


def test_learning_finds_how_often_values_agree(
    learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters],
) -> None:
    parameters = learnt[2]
    assert parameters.u["birth_date exact"] < 0.001
    assert 1 / len(FIRST) == pytest.approx(parameters.u["first_name exact"], rel=0.4)
    assert parameters.m["birth_date exact"] > 0.9
    assert 0.04 < parameters.m["first_name swapped"] < 0.2


def test_nothing_depends_on_the_order_of_records(
    learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters],
) -> None:
    records, _, parameters = learnt
    shuffled = records.sample(fraction=1, shuffle=True, seed=1)
    assert learn_parameters(shuffled, rules(), backend()) == parameters
    assert probable_pairs(shuffled, rules(), parameters, backend()).equals(
        probable_pairs(records, rules(), parameters, backend())
    )


def test_pairs_of_changed_records_are_all_that_changes(
    learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters],
) -> None:
    records, _, parameters = learnt
    everything = probable_pairs(records, rules(), parameters, backend())
    changed = records["record_key"].sample(50, seed=2)
    of_changed = probable_pairs(records, rules(), parameters, backend(), changed)
    touches = pl.col("left_record").is_in(changed.implode()) | pl.col("right_record").is_in(changed.implode())
    assert of_changed.equals(everything.filter(touches))


ALIKE = [
    ("nickname", {"first_name": "Bob", "last_name": "Quill"}, {"first_name": "Robert", "last_name": "Quill"}),
    ("swapped", {"first_name": "Quillfeather", "last_name": "Ida"}, {"first_name": "Ida", "last_name": "Quillfeather"}),
    ("script", {"first_name": "Дмитрий", "last_name": "Щербаков"},
     {"first_name": "Dmitriy", "last_name": "Shcherbakov"}),
    ("accents", {"first_name": "Jörg", "last_name": "Strübing"}, {"first_name": "Joerg", "last_name": "Struebing"}),
    ("slip", {"first_name": "Ida", "last_name": "Quillfeather"}, {"first_name": "Ida", "last_name": "Quilfeather"}),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), [pair[1:] for pair in ALIKE], ids=[pair[0] for pair in ALIKE])
def test_one_name_in_two_spellings_is_one_person(left: dict[str, str], right: dict[str, str]) -> None:
    rest = {"birth_date": "1971-03-04", "city": "Trier"}
    assert score({**left, **rest}, {**right, **rest}) > 0.85


HOME = {"city": "Hof", "postal_code": "95028"}
WORK = {"company": "Alpha", "city": "Bonn"}
TWINS = {"first_name": "Maria", "last_name": "Lang"}
DIFFERENT = [
    ("two work addresses", TWINS | WORK | {"email": "maria.lang@alpha.example"},
     TWINS | WORK | {"email": "m.lang@alpha.example"}),
    ("numbered", TWINS | WORK | {"email": "maria.lang@alpha.example"},
     TWINS | WORK | {"email": "maria.lang2@alpha.example"}),
    ("relatives", {"first_name": "Paul", "last_name": "Quill", "phone": "+4930111", **HOME},
     {"first_name": "Gerda", "last_name": "Quill", "phone": "+4930111", **HOME}),
    ("father and son", {"first_name": "Paul", "last_name": "Quill", "birth_date": "1951-02-03", "city": "Hof"},
     {"first_name": "Paul", "last_name": "Quill Jr.", "birth_date": "1980-07-14", "city": "Hof"}),
    ("colleagues", {"first_name": "Paul", "last_name": "Quill", "phone": "+4930111", **WORK},
     {"first_name": "Paul", "last_name": "Ebner", "phone": "+4930111", **WORK}),
    ("name alone", TWINS, TWINS),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), [pair[1:] for pair in DIFFERENT], ids=[pair[0] for pair in DIFFERENT])
def test_what_many_share_joins_nobody(left: dict[str, str], right: dict[str, str]) -> None:
    assert score(left, right) < 0.7


def score(left: dict[str, str], right: dict[str, str]) -> float:
    """What the seeds alone say of two records among strangers."""
    strangers = [
        {"record_key": f"s{number}", "first_name": FIRST[number % 12], "last_name": LAST[number % 15], "city": "Ulm"}
        for number in range(60)
    ]
    records = comparable([{"record_key": "a", **left}, {"record_key": "b", **right}, *strangers])
    found = probable_pairs(records, rules(keep_threshold=0.001), prior_parameters(records, rules()), backend())
    pair = found.filter((pl.col("left_record") == "a") & (pl.col("right_record") == "b"))
    return float(pair["match_score"].sum())


def test_blocks_that_are_too_large_are_left_out() -> None:
    keys = ["common"] * 20 + ["rare"] * 2
    records = pl.DataFrame({"record_key": [f"{number:02d}" for number in range(22)], "city": keys})
    rule = BlockingRule("city", ("city",))
    limits = block_limits(records, [rule], largest_block=100, pairs_per_record=1, most_pairs=1e6)
    assert candidate_pairs(records, [rule], limits).rows() == [("20", "21")]
    limits = block_limits(records, [rule], largest_block=100, pairs_per_record=10, most_pairs=1e6)
    assert len(candidate_pairs(records, [rule], limits)) == 20 * 19 // 2 + 1


def test_parameters_are_kept_until_rules_or_records_outgrow_them(
    learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters],
) -> None:
    rows, _ = market(40, random.Random(6))
    kinds = dict.fromkeys(("record_key", *GIVEN), pl.String) | {"is_impersonal_email": pl.Boolean}
    persons = people(rows, kinds), seed("nicknames"), FREE_MAIL
    night = pl.DataFrame({"run_date": [date(2026, 3, 2)]})
    few = parameters_of_night(persons, rules(), KNOWN, night, backend())
    assert not few["is_new"].item()
    known = few.select(KNOWN.columns).with_columns(parameters=pl.lit(learnt[2].to_json()))
    kept = parameters_of_night(persons, rules(), known, night, backend())
    assert kept["is_learnt"].item()
    assert not kept["is_new"].item()
    assert read_parameters(kept) == learnt[2]
    for outgrown in (known.with_columns(settings_version=pl.lit("other")), known.with_columns(count_records=10)):
        assert parameters_of_night(persons, rules(), outgrown, night, backend()).equals(few)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("condition", "shoe_size_l = shoe_size_r", "first_name exact: unknown column shoe_size"),
        ("m_probability", 1.5, "first_name exact: m_probability and u_probability must lie between 0 and 1"),
        ("level", "else", "first_name else: every level has a condition but `else`"),
    ],
)
def test_a_bad_row_is_named(column: str, value: object, message: str) -> None:
    is_row = (pl.col("comparison") == "first_name") & (pl.col("level") == "exact")
    bad = seed("match_comparisons").with_columns(pl.when(is_row).then(pl.lit(value)).otherwise(column).alias(column))
    with pytest.raises(MatchRulesError, match=message):
        read_rules(bad, seed("match_blocking_rules"), seed("match_settings"))


def test_a_missing_setting_and_an_unknown_blocking_column_are_named() -> None:
    some = seed("match_settings").filter(pl.col("setting") != "most_pairs")
    with pytest.raises(MatchRulesError, match="match_settings: most_pairs missing"):
        read_rules(seed("match_comparisons"), seed("match_blocking_rules"), some)
    bad = seed("match_blocking_rules").with_columns(columns=pl.lit("shoe_size"))
    with pytest.raises(MatchRulesError, match="match_blocking_rules: birth_date: unknown column shoe_size"):
        read_rules(seed("match_comparisons"), bad, seed("match_settings"))


def test_only_what_changed_is_compared_again(learnt: tuple[pl.DataFrame, dict[str, int], MatchParameters]) -> None:
    rows, _ = market(80, random.Random(7))
    kinds = dict.fromkeys(("record_key", *GIVEN), pl.String) | {"is_impersonal_email": pl.Boolean}
    parameters = pl.DataFrame({"parameters": [learnt[2].to_json()], "version": ["v"]})

    def night(frame: pl.DataFrame, memory: list[pl.DataFrame | None]) -> tuple[pl.DataFrame, list[pl.DataFrame | None]]:
        marked = frame.with_columns(
            fingerprint=pl.concat_str(pl.all().cast(pl.String), separator="|", ignore_nulls=True)
        )
        pairs = remembered_pairs((marked, seed("nicknames"), FREE_MAIL), rules(), parameters, memory, backend())
        return pairs, [marked.select("record_key", "fingerprint", version=pl.lit("v")), pairs]

    first = people(rows, kinds)
    pairs, memory = night(first, [None, None])
    assert len(pairs) > 30
    assert night(first, memory)[0].equals(pairs)
    changed = pl.concat(
        [
            first[5:-3].with_columns(
                last_name=pl.when(pl.int_range(pl.len()) % 9 == 0).then(pl.lit("quill")).otherwise("last_name")
            ),
            people(market(10, random.Random(8))[0], kinds).with_columns(record_key="new" + pl.col("record_key")),
        ]
    )
    assert night(changed, memory)[0].equals(night(changed, [None, None])[0])
    assert not night(changed, memory)[0].equals(pairs)
