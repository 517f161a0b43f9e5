"""Everybody has one top, whatever the parents say; and what stands above somebody is never the same company."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from models.company_conflicts import company_conflicts
from models.company_hierarchy import resolve_hierarchy

NAMES = [f"a_{letter}" for letter in "abcdefgh"]


def claims(pairs: list[tuple[str, str]], rule: str = "salesforce_parent") -> pl.DataFrame:
    schema = ["account_id", "parent_account_id", "parent_rule", "parent_score", "node"]
    return pl.DataFrame([(*pair, rule, 1.0, pair[0]) for pair in pairs], schema, orient="row")


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1))
def test_following_parents_ends_at_the_top(pairs: list[tuple[str, str]]) -> None:
    found = resolve_hierarchy(claims(pairs))
    assert found.equals(resolve_hierarchy(claims(pairs[::-1])))
    parent_of = dict(found.select("account_id", "parent_account_id").iter_rows())
    for account, top in found.select("account_id", "ultimate_parent_account_id").iter_rows():
        above, steps = account, 0
        while above in parent_of:
            above, steps = parent_of[above], steps + 1
            assert steps <= len(NAMES)
        assert above == top


def test_what_a_system_says_comes_before_a_suggestion() -> None:
    rows = pl.concat([claims([("a_a", "a_b")], "name"), claims([("a_a", "a_c")], "hubspot_parent")])
    found = resolve_hierarchy(rows).to_dicts()[0]
    assert (found["parent_account_id"], found["suggested_parent_account_id"]) == ("a_c", None)
    only = resolve_hierarchy(claims([("a_a", "a_b")], "name")).to_dicts()[0]
    assert (only["parent_account_id"], only["suggested_parent_account_id"]) == (None, "a_b")


def test_companies_that_stay_apart() -> None:
    companies = pl.DataFrame(
        [
            ("s|1", "s", "acme", None), ("s|2", "s", "other", None), ("h|1", "h", "third", None),
            ("s|3", "s", None, "s|1"), ("s|4", "s", "acme", "s|3"), ("s|5", "s", "far", None),
        ],
        ["node", "kind", "domain_stem", "parent_node"],
        orient="row",
    )  # fmt: skip
    components = pl.DataFrame(
        {"record_key": ["s|1", "s|2", "h|1", "s|3", "s|4", "s|5"], "component": [0, 0, 0, 0, 0, 9]}
    )
    assert company_conflicts(components, companies).rows() == [
        ("s|1", "s|2", "different_websites"),
        ("s|1", "s|3", "above_and_below"),
        ("s|1", "s|4", "above_and_below"),
        ("s|2", "s|4", "different_websites"),
        ("s|3", "s|4", "above_and_below"),
    ]
