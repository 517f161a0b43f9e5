"""Components and keys: what holds for any records, any edges and any history."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.components import label_components
from models.entity_keys import assign_keys, new_key
from models.key_merges import resolve_merges

FIRST = date(2026, 1, 1)
NODE_SCHEMA = {
    "record_key": pl.String, "anchor_rank": pl.Int32, "is_live": pl.Boolean, "known_key": pl.String,
    "is_known_anchor": pl.Boolean, "known_on": pl.Date, "known_since": pl.Date,
}  # fmt: skip
RECORDS = [f"r{number}" for number in range(8)]
RANKS = {record: number % 3 + 1 for number, record in enumerate(RECORDS)}

live_sets = st.sets(st.sampled_from(RECORDS), min_size=1)
edge_lists = st.lists(
    st.tuples(st.sampled_from(RECORDS), st.sampled_from([*RECORDS, "email:x", "email:y"])), max_size=8
)
nights = st.lists(st.tuples(live_sets, edge_lists), min_size=1, max_size=5)

Ledger = dict[str, tuple[str, bool, date]]


def nodes_of(live: set[str], ledger: Ledger, since: dict[str, date]) -> pl.DataFrame:
    rows = []
    for record in sorted(live | set(ledger)):
        key, is_anchor, on = ledger.get(record, (None, None, None))
        rows.append((record, RANKS[record], record in live, key, is_anchor, on, since.get(key) if key else None))
    return pl.DataFrame(rows, NODE_SCHEMA, orient="row")


def edges_of(pairs: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, {"left_node": pl.String, "right_node": pl.String}, orient="row")


def run_nights(history: list[tuple[set[str], list[tuple[str, str]]]]) -> list[pl.DataFrame]:
    """The keys of every night, each night standing on the ledger of the nights before."""
    ledger: Ledger = {}
    since: dict[str, date] = {}
    results = []
    for number, (live, pairs) in enumerate(history):
        on = FIRST + timedelta(days=number)
        keyed = assign_keys(nodes_of(live, ledger, since), edges_of(pairs), "c_")
        for row in keyed.iter_rows(named=True):
            if (row["known_key"], row["is_known_anchor"]) != (row["key"], row["is_anchor"]):
                ledger[row["record_key"]] = (row["key"], row["is_anchor"], on)
                since.setdefault(row["key"], on)
        results.append(keyed)
    return results


def keys_of(keyed: pl.DataFrame) -> dict[str, str]:
    return dict(keyed.filter("is_live").select("record_key", "key").iter_rows())


def test_components_are_what_walking_the_edges_reaches() -> None:
    edges = edges_of([("a", "email:x"), ("b", "email:x"), ("c", "d")])
    assert label_components(pl.Series(["a", "b", "c", "d"]), edges).to_list() == [0, 0, 2, 2]


def test_nothing_in_nothing_out() -> None:
    keyed = assign_keys(nodes_of(set(), {}, {}), edges_of([]), "c_")
    assert keyed.is_empty()
    assert {"key", "is_anchor", "is_known_key_ceased"} <= set(keyed.columns)


@given(nights)
@settings(max_examples=150)
def test_one_key_per_component_and_one_component_per_key(history: list[tuple[set[str], list[tuple[str, str]]]]) -> None:
    for (live, pairs), keyed in zip(history, run_nights(history), strict=True):
        keys = keys_of(keyed)
        assert set(keys) == live
        known = [*keyed["record_key"]]
        labels = dict(zip(known, label_components(pl.Series(known), edges_of(pairs)), strict=True))
        assert len(set(keys.values())) == len({labels[record] for record in live})
        assert len({(keys[record], labels[record]) for record in live}) == len(set(keys.values()))
        assert sorted(keyed.filter("is_anchor")["key"]) == sorted(set(keys.values()))
        assert keyed.filter("is_anchor")["is_live"].all()


@given(nights)
@settings(max_examples=100)
def test_the_same_night_again_changes_nothing(history: list[tuple[set[str], list[tuple[str, str]]]]) -> None:
    *_, last, again = run_nights([*history, history[-1]])
    assert keys_of(last) == keys_of(again)
    assert not again["is_known_key_ceased"].any()


@given(nights)
@settings(max_examples=100)
def test_a_ceased_key_ends_in_a_key_that_is_in_use(history: list[tuple[set[str], list[tuple[str, str]]]]) -> None:
    for keyed in run_nights(history):
        ceased = keyed.filter("is_known_key_ceased")
        assert ceased["known_key"].is_unique().all()
        assert not set(ceased["known_key"]) & set(keys_of(keyed).values())
        assert set(ceased["key"]) <= set(keys_of(keyed).values())


@given(st.tuples(live_sets, edge_lists), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_changes_nothing(night: tuple[set[str], list[tuple[str, str]]], random) -> None:
    live, pairs = night
    nodes, edges = nodes_of(live, {}, {}), edges_of(pairs)
    shuffled_rows = random.sample(range(len(nodes)), len(nodes))
    shuffled_pairs = random.sample(pairs, len(pairs))
    turned = edges_of([(right, left) if random.random() < 0.5 else (left, right) for left, right in shuffled_pairs])
    assert assign_keys(nodes, edges, "c_").equals(assign_keys(nodes[shuffled_rows], turned, "c_"))


def test_a_new_key_is_the_anchors_own_and_known_in_advance() -> None:
    keyed = run_nights([({"r0", "r1", "r4"}, [("r0", "email:x"), ("r1", "email:x")])])[0]
    keys = keys_of(keyed)
    assert keys["r0"] == keys["r1"] == new_key("r0", set(), "c_")  # r0 has the smaller rank
    assert keys["r4"] == new_key("r4", set(), "c_") != keys["r0"]
    assert new_key("r0", set(), "c_") == "c_dd191696e15e2ee2"  # sha256sum


def test_a_merge_keeps_the_older_key() -> None:
    alone = ({"r2"}, [])
    both = ({"r0", "r2"}, [])
    joined = ({"r0", "r2"}, [("r0", "r2")])
    first, second, third, fourth = run_nights([alone, both, joined, joined])
    old, young = keys_of(first)["r2"], keys_of(second)["r0"]
    assert keys_of(third) == {"r0": old, "r2": old}
    assert third.filter("is_known_key_ceased").select("known_key", "key").rows() == [(young, old)]
    assert not fourth["is_known_key_ceased"].any()


def test_keys_of_the_same_night_merge_into_the_smaller() -> None:
    first, second = run_nights([({"r0", "r3"}, []), ({"r0", "r3"}, [("r0", "r3")])])
    assert set(keys_of(second).values()) == {min(keys_of(first).values())}


def test_a_split_leaves_the_key_with_the_anchor() -> None:
    together = ({"r0", "r1"}, [("r0", "r1")])
    first, second = run_nights([together, ({"r0", "r1"}, [])])
    assert keys_of(second)["r0"] == keys_of(first)["r0"]
    assert keys_of(second)["r1"] == new_key("r1", set(), "c_")
    assert not second["is_known_key_ceased"].any()


def test_the_key_outlives_its_anchor() -> None:
    together = ({"r0", "r1", "r4"}, [("r0", "r1"), ("r1", "r4")])
    first, second, third = run_nights([together, ({"r1", "r4"}, [("r1", "r4")]), ({"r1", "r4"}, [])])
    key = keys_of(first)["r0"]
    assert keys_of(second) == {"r1": key, "r4": key}
    assert second.filter("is_anchor")["record_key"].to_list() == ["r1"]
    assert keys_of(third)["r1"] == key != keys_of(third)["r4"]


def test_a_record_that_returns_elsewhere_gets_a_key_of_its_own() -> None:
    together = ({"r0", "r1"}, [("r0", "r1")])
    first, _, third = run_nights([together, ({"r1"}, []), ({"r0", "r1"}, [])])
    key = keys_of(first)["r0"]
    assert keys_of(third)["r1"] == key
    assert keys_of(third)["r0"] == new_key("r0", {key}, "c_") != key


def test_a_deleted_record_hands_its_key_to_what_it_was_merged_into() -> None:
    first, second, third = run_nights([({"r1"}, []), ({"r0"}, [("r1", "r0")]), ({"r0"}, [("r1", "r0")])])
    assert keys_of(second) == {"r0": keys_of(first)["r1"]}
    assert keys_of(third) == keys_of(second)


def test_a_deleted_record_that_nothing_follows_is_gone() -> None:
    assert keys_of(run_nights([({"r0", "r1"}, []), ({"r1"}, [])])[1]).keys() == {"r1"}


@pytest.mark.parametrize(
    ("merges", "live", "ended"),
    [
        ([("a", "b"), ("b", "c")], {"c"}, {"a": "c", "b": "c"}),
        ([("a", "b"), ("b", "c")], {"b", "c"}, {"a": "b"}),
        ([("a", "b"), ("b", "a")], {"a"}, {"b": "a"}),
        ([("a", "b"), ("a", "c")], {"c"}, {"a": "c"}),
        ([], {"a"}, {}),
    ],
)
def test_merges_are_followed_to_the_key_in_use(merges, live, ended) -> None:
    assert resolve_merges(merges, live) == ended
