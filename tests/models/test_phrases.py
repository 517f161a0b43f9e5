"""Phrases follow from the value, and every feature has some."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from models.encoding import KEYS, TRAITS_COLUMN, EncodedColumn
from models.phrases import phrase_of, phrases_by_feature
from policy.loading import load_policy

ROOT = Path(__file__).resolve().parents[2]
WORDS = load_policy(ROOT / "policy").tables()["policy_feature_words"]


def features_of_the_warehouse() -> dict[str, str]:
    """Name and type of each feature, as the contract of `features.contact_features` states them."""
    models = YAML(typ="safe").load(ROOT / "dbt/models/features/_models.yml")["models"]
    columns = next(model["columns"] for model in models if model["name"] == "contact_features")
    return {each["name"]: each["data_type"] for each in columns if each["name"] not in (*KEYS, TRAITS_COLUMN)}


def said(name: str, value: object, dtype: type[pl.DataType] | None = None) -> str | None:
    kind = "category" if isinstance(value, str) or dtype is pl.String else "number"
    phrases = phrases_by_feature(WORDS, [name])[name]
    frame = pl.DataFrame({name: [value]}, schema={name: dtype} if dtype else None)
    return phrase_of(phrases, EncodedColumn(name, kind), frame)[0]


def said_of_trait(name: str, text: str, kind: str) -> str | None:
    phrases = phrases_by_feature(WORDS, [name])[name]
    column = EncodedColumn(name, "number" if kind == "number" else "category", is_trait=True)
    return phrase_of(phrases, column, pl.DataFrame({"traits": [text]}))[0]


def test_every_feature_has_words_of_its_own():
    rest = WORDS.filter(pl.col("feature") == "*").select("subject", "some").row(0)
    names = list(features_of_the_warehouse())
    found = phrases_by_feature(WORDS.filter(pl.col("feature") != "*"), names)
    assert sorted(set(names) - set(found)) == []
    assert rest == ("{*}", "{*} is {value}")
    usual = {"boolean": True, "varchar": "retail", "integer": 3, "bigint": 3, "double": 3.0}
    for name, kind in features_of_the_warehouse().items():
        phrase = said(name, usual[kind])
        assert phrase, name
        assert "{" not in phrase, name


def test_no_entry_of_the_table_is_never_used():
    names = list(features_of_the_warehouse())
    for row in WORDS.filter(pl.col("feature") != "*").to_dicts():
        without = WORDS.filter(pl.col("feature") != row["feature"])
        changed = phrases_by_feature(without, names) != phrases_by_feature(WORDS, names)
        assert changed, row["feature"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("count_pricing_view_30d", 3, "viewed pricing 3 times in 30 days"),
        ("count_pricing_view_7d", 1, "viewed pricing once in 7 days"),
        ("count_pricing_view_90d", 0, "hasn't viewed pricing in 90 days"),
        ("days_since_session", 12, "last visited the site 12 days ago"),
        ("trend_reply_30d", 2.0, "replies more often than the month before"),
        ("trend_reply_30d", 0.5, "replies less often than the month before"),
        ("trend_reply_30d", 1.0, None),
        ("is_account_at_risk", True, "the account is at risk"),
        ("is_account_at_risk", False, None),
        ("industry", "Financial_services", "industry Financial services"),
        ("industry", "unknown", "industry not known"),
        ("previous_contact_stage", "none", None),
        ("ignored_touch_share_91d", 0.75, "did nothing in 75 % of the weeks with a touch"),
        ("payments_cents", 1234567.0, "$12,346 paid so far"),
        ("log_count_employees", 6.9087548, "a company of 1,000 people"),
        ("count_activities_30d_before", 4, "was active 4 times in the month before last"),
        ("account_count_pricing_view_30d", 5, "the account viewed pricing 5 times in 30 days"),
    ],
)
def test_what_is_said_of_a_value(name: str, value: object, expected: str | None):
    assert said(name, value) == expected


def test_what_is_not_known_is_said_to_be_unknown():
    assert said("days_since_session", None, pl.Int64) == "hasn't visited the site in 180 days"
    assert said("industry", None, pl.String) == "industry not known"
    assert said("count_reply_30d", None, pl.Int64) is None


def test_traits_have_a_phrase_for_everything():
    assert said_of_trait("billing_plan", '{"billing_plan": "gold_2"}', "category") == "billing plan is gold 2"
    assert said_of_trait("seats", '{"seats": "12.5"}', "number") == "seats is 12.5"
    assert said_of_trait("seats", '{"seats": "1"}', "number") == "seats is 1"
    assert said_of_trait("seats", '{"seats": "many"}', "number") == "seats isn't known"
    assert said_of_trait("seats", "{}", "number") == "seats isn't known"
    assert said_of_trait("note", '{"note": "{value} {*}"}', "category") == "note is {value} {*}"


@settings(max_examples=60)
@given(
    name=st.sampled_from([name for name, kind in features_of_the_warehouse().items() if kind == "integer"]),
    value=st.integers(0, 5_000),
)
def test_a_phrase_never_contradicts_the_count(name: str, value: int):
    phrase = said(name, value)
    if phrase is None:
        return
    says_nothing_happened = any(word in phrase for word in ("hasn't", "wasn't", " no ", "no ", "nobody", "new today"))
    assert says_nothing_happened == (value == 0), phrase
    assert value < 2 or f"{value:,}" in phrase
    assert not (value == 0 and " 0 " in f" {phrase} ")


def test_the_first_entry_that_fits_counts_and_nothing_fits_is_not_told():
    words = WORDS.filter(pl.col("feature").is_in(["count_reply_*d"]))
    assert set(phrases_by_feature(words, ["count_reply_30d", "industry"])) == {"count_reply_30d"}
    assert phrases_by_feature(WORDS, ["count_activities_30d_before"])["count_activities_30d_before"].some.endswith(
        "last"
    )
