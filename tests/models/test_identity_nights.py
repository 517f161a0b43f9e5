"""Keys over random sequences of nights: arrivals, edits, merges, splits, deletions and replays, on the ledger alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from models.components import joined_records
from models.entity_keys import assign_keys
from models.hysteresis import Thresholds, weigh_edges
from models.joining import join_records, uncut_edges

FIRST = date(2026, 1, 1)
RECORDS = [f"r{number}" for number in range(7)]
PAIRS = list(combinations(RECORDS, 2))
THRESHOLDS = Thresholds(join=0.9, keep=0.6)
EDGE_SCHEMA = {
    "left_record": pl.String, "right_record": pl.String, "match_rule": pl.String, "match_score": pl.Float64,
    "is_fact": pl.Boolean,
}  # fmt: skip
CONFLICT_SCHEMA = {"left_record": pl.String, "right_record": pl.String, "separation_rule": pl.String}
LEDGER_SCHEMA = {"record_key": pl.String, "key": pl.String, "is_anchor": pl.Boolean, "assigned_on": pl.Date}

Edge = tuple[str, str, str, float, bool]


@dataclass(frozen=True)
class Exports:
    """What one night's exports say: who is there, who seems to be whom, and who can't be."""

    live: frozenset[str]
    edges: tuple[Edge, ...]
    conflicts: tuple[tuple[str, str], ...]


def _edge(pair: tuple[str, str], rule: str, score: float) -> Edge:
    return (*pair, rule, 1.0 if rule == "crm_merge" else score, rule == "crm_merge")


exports = st.builds(
    Exports,
    st.frozensets(st.sampled_from(RECORDS), min_size=1),
    st.lists(
        st.builds(
            _edge,
            st.sampled_from(PAIRS),
            st.sampled_from(["probable", "email", "crm_merge"]),
            st.sampled_from([0.7, 0.95]),
        ),
        max_size=7,
        unique_by=lambda edge: edge[:3],
    ).map(tuple),
    st.lists(st.sampled_from(PAIRS), max_size=3, unique=True).map(tuple),
)
histories = st.lists(exports, min_size=1, max_size=5)


def nodes_of(night: Exports, ledger: pl.DataFrame) -> pl.DataFrame:
    """As `int_contact_nodes`: tonight's records and those of the ledger, with what it last said of each."""
    since = ledger.group_by(known_key="key").agg(known_since=pl.col("assigned_on").min())
    last = ledger.sort("assigned_on").unique("record_key", keep="last").join(since, left_on="key", right_on="known_key")
    known = last.select(
        "record_key", "known_since", known_key="key", is_known_anchor="is_anchor", known_on="assigned_on"
    )
    live = pl.DataFrame({"record_key": sorted(night.live)}, {"record_key": pl.String})
    ranks = pl.col("record_key").str.tail(1).cast(pl.Int32) % 3
    return live.join(known, on="record_key", how="full", coalesce=True).with_columns(
        anchor_rank=ranks, is_live=pl.col("record_key").is_in(list(night.live))
    )


def run(night: Exports, ledger: pl.DataFrame, on: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The keys of a night, and the ledger after it."""
    nodes = nodes_of(night, ledger)
    edges = weigh_edges(pl.DataFrame(night.edges, EDGE_SCHEMA, orient="row"), nodes, THRESHOLDS).counting
    conflicts = [(*pair, "other_first_name") for pair in night.conflicts]
    joins = join_records(edges, pl.DataFrame(conflicts, CONFLICT_SCHEMA, orient="row"), joined_records(edges))
    keys = assign_keys(nodes, uncut_edges(joins), "c_")
    changed = (pl.col("known_key") != pl.col("key")).fill_null(True) | (
        pl.col("is_known_anchor") != pl.col("is_anchor")
    ).fill_null(True)
    new = keys.filter(changed).select("record_key", "key", "is_anchor", assigned_on=pl.lit(on))
    return keys, pl.concat([ledger, new])


def run_nights(history: Sequence[Exports]) -> list[pl.DataFrame]:
    ledger = pl.DataFrame(schema=LEDGER_SCHEMA)
    results = []
    for number, night in enumerate(history):
        keys, ledger = run(night, ledger, FIRST + timedelta(days=number))
        results.append(keys)
    return results


def groups_of(keys: pl.DataFrame) -> dict[str, frozenset[str]]:
    """key → its records."""
    return {key[0]: frozenset(rows["record_key"]) for key, rows in keys.group_by("key")}


@given(histories)
@settings(max_examples=60)
def test_every_live_record_has_one_key_and_every_key_one_live_anchor(history: list[Exports]) -> None:
    for night, keys in zip(history, run_nights(history), strict=True):
        assert set(keys.filter("is_live")["record_key"]) == set(night.live)
        assert keys["record_key"].is_unique().all()
        anchors = keys.filter("is_anchor")
        assert anchors["is_live"].all()
        assert sorted(anchors["key"]) == sorted(set(keys["key"]))


@given(histories)
@settings(max_examples=60)
def test_who_is_the_same_as_the_night_before_keeps_the_key(history: list[Exports]) -> None:
    nights = run_nights(history)
    for before, after in pairwise(nights):
        members = {records: key for key, records in groups_of(before).items()}
        for key, records in groups_of(after).items():
            assert members.get(records, key) == key


@given(histories)
@settings(max_examples=60)
def test_a_known_record_keeps_its_key_or_follows_it_or_has_left_it(history: list[Exports]) -> None:
    for keys in run_nights(history):
        merged = dict(keys.filter("is_known_key_ceased").select("known_key", "key").iter_rows())
        in_use = set(keys["key"])
        for row in keys.filter(pl.col("is_live") & pl.col("known_key").is_not_null()).iter_rows(named=True):
            followed = row["known_key"] if row["known_key"] in in_use else merged[row["known_key"]]
            assert row["has_left"] == (row["key"] != followed)


@given(histories)
@settings(max_examples=60)
def test_a_key_that_goes_on_goes_on_with_its_anchor(history: list[Exports]) -> None:
    nights = run_nights(history)
    for before, after in pairwise(nights):
        ceased = set(after.filter("is_known_key_ceased")["known_key"])
        now = dict(after.filter("is_live").select("record_key", "key").iter_rows())
        for record, key in before.filter("is_anchor").select("record_key", "key").iter_rows():
            assert now.get(record, key) == key or key in ceased


@given(histories, st.integers(1, 3))
@settings(max_examples=30)
def test_replayed_nights_change_nothing(history: list[Exports], times: int) -> None:
    *_, last = run_nights(history)
    for again in run_nights([*history, *[history[-1]] * times])[len(history) :]:
        assert groups_of(again) == groups_of(last)
        assert not again["has_left"].any()
        assert not again["is_known_key_ceased"].any()


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_ledger_alone_gives_the_same_keys_in_any_order(history: list[Exports], random) -> None:
    ledger = pl.DataFrame(schema=LEDGER_SCHEMA)
    for number, night in enumerate(history):
        on = FIRST + timedelta(days=number)
        edges, conflicts = list(night.edges), list(night.conflicts)
        random.shuffle(edges)
        random.shuffle(conflicts)
        turned = Exports(night.live, tuple(edges), tuple(conflicts))
        keys, _ = run(turned, ledger.sample(fraction=1, shuffle=True, seed=random.randrange(1000)), on)
        expected, ledger = run(night, ledger, on)
        assert keys.equals(expected)


def elsewhere(night: Exports) -> Exports:
    """The same, told of other records."""
    edges = tuple((f"other_{left}", f"other_{right}", *rest) for left, right, *rest in night.edges)
    conflicts = tuple((f"other_{left}", f"other_{right}") for left, right in night.conflicts)
    return Exports(frozenset(f"other_{record}" for record in night.live), edges, conflicts)


@given(st.lists(st.tuples(exports, exports), min_size=1, max_size=4))
@settings(max_examples=30)
def test_what_happens_elsewhere_changes_no_key(history: list[tuple[Exports, Exports]]) -> None:
    both = [
        Exports(one.live | two.live, one.edges + two.edges, one.conflicts + two.conflicts)
        for one, two in ((own, elsewhere(other)) for own, other in history)
    ]
    for alone, together in zip(run_nights([own for own, _ in history]), run_nights(both), strict=True):
        assert groups_of(together.filter(pl.col("record_key").is_in(RECORDS))) == groups_of(alone)
