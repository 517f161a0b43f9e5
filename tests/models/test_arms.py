"""Arms have their shares, stay for ever, and survive merges."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.arms import ARMS, SCHEMA, assign_arms, draw_arms

NIGHT, BEFORE = date(2026, 3, 2), date(2026, 3, 1)
SHARES = pl.DataFrame({"arm": list(ARMS), "share": [0.7, 0.1, 0.1, 0.1]})
NO_ARMS = pl.DataFrame(schema=SCHEMA)
NO_MERGES = pl.DataFrame(schema={"old_id": pl.String, "new_id": pl.String})


def units(**account_of_contact: str | None) -> pl.DataFrame:
    rows = [(account or contact, contact) for contact, account in account_of_contact.items()]
    return pl.DataFrame(rows, schema={"unit_id": pl.String, "contact_id": pl.String}, orient="row")


def arms(*rows: tuple[str, str, date]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def merges(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=NO_MERGES.schema, orient="row")


def test_arms_have_their_shares():
    drawn = draw_arms(pl.Series([f"account-{i}" for i in range(20_000)]), SHARES)
    counts = [(drawn == arm).sum() for arm in ARMS]
    assert stats.chisquare(counts, [20_000 * share for share in SHARES["share"]]).pvalue > 0.001


def test_an_arm_stays_when_the_shares_change():
    people = units(**{f"c{i}": f"a{i}" for i in range(200)})
    first = assign_arms(people, NO_ARMS, NO_MERGES, SHARES, night=BEFORE)
    changed = SHARES.with_columns(pl.Series("share", [0.0, 0.0, 0.0, 1.0]))
    again = assign_arms(people, first.new, NO_MERGES, changed, night=NIGHT)
    assert len(again.new) == 0
    assert again.current.equals(first.current)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=40))
def test_every_unit_has_exactly_one_arm(people):
    frame = units(**{f"c{contact}": (f"a{account}" if account else None) for contact, account in people})
    result = assign_arms(frame, NO_ARMS, NO_MERGES, SHARES, night=NIGHT)
    assert result.current["unit_id"].to_list() == sorted(set(frame["unit_id"]))
    assert result.new.equals(result.current)


def test_the_survivor_of_a_merge_keeps_its_arm():
    known = arms(("old", "holdout", BEFORE), ("kept", "model", BEFORE))
    result = assign_arms(units(c1="kept"), known, merges(("old", "kept")), SHARES, night=NIGHT)
    assert result.current.rows() == [("kept", "model", BEFORE)]
    assert len(result.new) == 0


def test_a_survivor_without_an_arm_inherits_the_earliest_through_a_chain():
    known = arms(("x", "holdout", BEFORE), ("y", "model", NIGHT))
    result = assign_arms(units(c1="z"), known, merges(("x", "y"), ("y", "z")), SHARES, night=NIGHT)
    assert result.new.rows() == [("z", "holdout", BEFORE)]


def test_a_contact_brings_its_arm_into_a_new_account_but_not_into_an_old_one():
    known = arms(("c1", "holdout", BEFORE), ("old_account", "model", BEFORE))
    result = assign_arms(units(c1="new_account"), known, NO_MERGES, SHARES, night=NIGHT)
    assert result.new.rows() == [("new_account", "holdout", BEFORE)]
    result = assign_arms(units(c1="old_account"), known, NO_MERGES, SHARES, night=NIGHT)
    assert result.current.rows() == [("old_account", "model", BEFORE)]
    result = assign_arms(units(c2="new_account"), known, merges(("c1", "c2")), SHARES, night=NIGHT)
    assert result.new.rows() == [("new_account", "holdout", BEFORE)]


def test_merges_in_a_circle_end():
    result = assign_arms(units(c1="a"), NO_ARMS, merges(("a", "b"), ("b", "a")), SHARES, night=NIGHT)
    assert result.new["unit_id"].to_list() == ["a"]


def test_nobody():
    assert len(assign_arms(units(), NO_ARMS, NO_MERGES, SHARES, night=NIGHT).current) == 0


def test_wrong_shares_are_refused():
    with pytest.raises(ValueError, match="add up"):
        draw_arms(pl.Series(["a"]), SHARES.with_columns(pl.lit(0.1).alias("share")))
    with pytest.raises(ValueError, match="unknown arm 'test'"):
        draw_arms(pl.Series(["a"]), pl.DataFrame({"arm": ["test"], "share": [1.0]}))
