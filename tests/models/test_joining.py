"""Edges are cut where they would join what must stay apart, the weakest first, and nowhere else."""

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.components import joined_records, label_components
from models.hysteresis import Thresholds, weigh_edges
from models.joining import join_records, strongest_edges, uncut_edges

EDGE_SCHEMA = {
    "left_record": pl.String, "right_record": pl.String, "match_rule": pl.String, "match_score": pl.Float64,
    "is_fact": pl.Boolean, "evidence": pl.String,
}  # fmt: skip
CONFLICT_SCHEMA = {"left_record": pl.String, "right_record": pl.String, "separation_rule": pl.String}
RECORDS = "abcdefgh"
PAIRS = list(combinations(RECORDS, 2))

Edge = tuple[tuple[str, str], float, bool]
edge_lists = st.lists(
    st.tuples(st.sampled_from(PAIRS), st.sampled_from([0.5, 0.9, 0.95, 1.0]), st.booleans()),
    max_size=14,
    unique_by=lambda edge: edge[0],
)
conflict_lists = st.lists(st.sampled_from(PAIRS), max_size=6, unique=True)


def edges_of(edges: list[Edge]) -> pl.DataFrame:
    rows = [(*pair, "fact" if is_fact else "email", score, is_fact, "x") for pair, score, is_fact in edges]
    return pl.DataFrame(rows, EDGE_SCHEMA, orient="row")


def conflicts_of(pairs: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame([(*pair, "other_first_name") for pair in pairs], CONFLICT_SCHEMA, orient="row")


def joined(edges: list[Edge], conflicts: list[tuple[str, str]]) -> pl.DataFrame:
    frame = edges_of(edges)
    return join_records(frame, conflicts_of(conflicts), joined_records(frame))


def groups_of(joins: pl.DataFrame) -> dict[str, int]:
    return dict(zip(RECORDS, label_components(pl.Series(list(RECORDS)), uncut_edges(joins)), strict=True))


@given(edge_lists, conflict_lists)
@settings(max_examples=200)
def test_who_conflicts_is_together_only_if_facts_say_so(edges: list[Edge], conflicts: list[tuple[str, str]]) -> None:
    group = groups_of(joined(edges, conflicts))
    by_facts = groups_of(joined([edge for edge in edges if edge[2]], []))
    for left, right in conflicts:
        assert group[left] != group[right] or by_facts[left] == by_facts[right]


@given(edge_lists, conflict_lists)
@settings(max_examples=200)
def test_every_cut_separates_the_pair_that_it_names(edges: list[Edge], conflicts: list[tuple[str, str]]) -> None:
    joins = joined(edges, conflicts)
    group = groups_of(joins)
    assert not joins.filter(pl.col("is_fact") & pl.col("is_cut")).height
    assert joins["is_cut"].equals(joins["cut_reason"].is_not_null())
    for left, right, reason in joins.filter("is_cut").select("left_record", "right_record", "cut_reason").iter_rows():
        rule, pair = reason.split(": ")
        one, other = pair.split(" and ")
        assert (one, other) in conflicts
        assert rule == "other_first_name"
        assert {group[one], group[other]} == {group[left], group[right]}
        assert group[left] != group[right]


@given(edge_lists, conflict_lists)
@settings(max_examples=100)
def test_without_a_conflict_inside_a_component_nothing_is_cut(
    edges: list[Edge], conflicts: list[tuple[str, str]]
) -> None:
    frame = edges_of(edges)
    component = dict(joined_records(frame).iter_rows())
    broken = {component[a] for a, b in conflicts if component.get(a, a) == component.get(b, b)}
    cut = joined(edges, conflicts).filter("is_cut")
    assert {component[record] for record in cut["left_record"]} <= broken


@given(edge_lists, conflict_lists, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_rows_changes_nothing(edges: list[Edge], conflicts: list[tuple[str, str]], random) -> None:
    joins = joined(edges, conflicts)
    shuffled = joined(random.sample(edges, len(edges)), random.sample(conflicts, len(conflicts)))
    assert joins.equals(shuffled)
    told, again = (strongest_edges(each).sort("record_key") for each in (joins, shuffled))
    assert told.equals(again)


def test_a_chain_breaks_at_its_weakest_edge() -> None:
    chain: list[Edge] = [(("a", "b"), 0.95, False), (("b", "c"), 0.9, False), (("c", "d"), 1.0, False)]
    joins = joined(chain, [("a", "d")])
    cut = joins.filter("is_cut")
    assert cut.select("left_record", "right_record", "cut_reason").rows() == [("b", "c", "other_first_name: a and d")]


def test_two_people_behind_one_switchboard_keep_their_own_records() -> None:
    edges: list[Edge] = [
        (("a", "b"), 0.95, False), (("c", "d"), 0.95, False),
        (("a", "e"), 0.5, False), (("b", "e"), 0.5, False), (("c", "e"), 0.5, False), (("d", "e"), 0.5, False),
    ]  # fmt: skip
    group = groups_of(joined(edges, [("a", "c"), ("b", "d")]))
    assert group["a"] == group["b"] != group["c"] == group["d"]


def test_a_fact_joins_whom_names_would_keep_apart() -> None:
    joins = joined([(("a", "b"), 1.0, True), (("b", "c"), 0.9, False)], [("a", "b")])
    assert not joins["is_cut"].any()


def test_the_strongest_edge_of_a_record_tells_what_joined_it() -> None:
    edges: list[Edge] = [(("a", "b"), 0.9, False), (("a", "c"), 0.95, False), (("b", "d"), 0.5, True)]
    told = strongest_edges(joined(edges, [("a", "c")]))
    assert told.sort("record_key").rows() == [("a", "email", 0.9), ("b", "fact", 0.5), ("d", "fact", 0.5)]


def probable(score: float) -> pl.DataFrame:
    return pl.DataFrame([("a", "b", "probable", score, False, "x")], EDGE_SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("score", "keys", "counts"),
    [(0.95, (None, None), True), (0.9, (None, None), False), (0.9, ("k", "k"), True), (0.9, ("k", "m"), False),
     (0.9, ("k", None), False), (0.7, ("k", "k"), False)],
)  # fmt: skip
def test_a_probable_edge_holds_longer_than_it_takes(score: float, keys: tuple[str, str], counts: bool) -> None:
    known = pl.DataFrame({"record_key": ["a", "b"], "known_key": keys}, schema_overrides={"known_key": pl.String})
    found = weigh_edges(probable(score), known, Thresholds(join=0.95, keep=0.8))
    assert (found.counting.height, found.too_weak.height) == (counts, not counts)


def test_edges_of_rules_count_at_any_score() -> None:
    known = pl.DataFrame(schema={"record_key": pl.String, "known_key": pl.String})
    assert weigh_edges(edges_of([(("a", "b"), 0.5, False)]), known, Thresholds(join=0.95, keep=0.8)).too_weak.is_empty()


@pytest.mark.parametrize(
    ("values", "named"),
    [({"join_threshold": "0.9"}, "keep_threshold"), ({"join_threshold": "0.5", "keep_threshold": "0.8"}, "0.8")],
)
def test_thresholds_that_make_no_sense_are_named(values: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Thresholds.from_settings(pl.DataFrame({"setting": list(values), "value": list(values.values())}))
