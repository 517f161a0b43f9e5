"""Minimums are met where they can be; where not, the smallest set in conflict is named."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.allocation import allocate
from models.limit_conflicts import attainable_floors, find_conflicts
from models.limits import LimitFamily, Problem
from models.linear import linear_optimum
from models.night_limits import ChoiceRules, NightLimits, build_limits
from models.night_volumes import Volumes, one_limit, volume_floors, volume_limits


def bounded_problem(seed: int, contacts: int, is_feasible: bool) -> Problem:
    """Three actions; maximums over overlapping sets, minimums that can, or needn't, be met."""
    rng = np.random.default_rng(seed)
    contact, action = np.repeat(np.arange(contacts), 3), np.tile(np.arange(3), contacts)
    kept = rng.random(len(contact)) < 0.8
    contact, action = contact[kept], action[kept]
    value = rng.normal(0, 10, len(contact)) + 5 * action
    counted = {"a": action == 0, "ab": action < 2, "c": action == 2}
    maximums = tuple(one_limit(f"max {n}", rng.integers(1, contacts + 1), which) for n, which in counted.items())
    account = rng.integers(0, contacts // 3 + 1, contacts)
    names = tuple(str(n) for n in range(contacts))
    caps = LimitFamily("account", names, np.full(contacts, 2.0), account[contact], np.ones(len(value)), is_local=True)
    floors = tuple(one_limit(f"min {n}", rng.integers(1, contacts + 1), which) for n, which in counted.items())
    problem = Problem(contact, value, (*maximums, caps), contacts, floors)
    return replace(problem, floors=attainable_floors(problem)) if is_feasible else problem


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), contacts=st.integers(2, 40), is_exact=st.booleans())
def test_minimums_that_can_be_met_are_met_at_the_least_cost(seed, contacts, is_exact):
    problem = bounded_problem(seed, contacts, is_feasible=True)
    allocation = allocate(problem, exact_below_pairs=1_000 if is_exact else 0)
    chosen = allocation.choice[allocation.choice >= 0]
    for family in problem.families:
        assert (family.used_by(chosen) <= family.capacity + 1e-6).all(), family.name
    for floor in problem.floors:
        assert (floor.used_by(chosen) >= floor.capacity - 1e-6).all(), floor.name
    bound = linear_optimum(problem).value
    close = 1e-6 * (abs(bound) + np.abs(problem.value).sum())
    assert allocation.value <= bound + close
    assert allocation.upper_bound >= bound - close
    assert all((price <= 0).all() for price in allocation.prices.by_floor)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), contacts=st.integers(2, 30))
def test_without_any_one_of_its_limits_a_conflict_is_gone(seed, contacts):
    problem = bounded_problem(seed, contacts, is_feasible=False)
    problem = replace(problem, families=problem.families[:3])
    is_met = all(
        (a.capacity == b.capacity).all() for a, b in zip(attainable_floors(problem), problem.floors, strict=True)
    )
    conflicts = find_conflicts(problem)
    assert is_met == (not conflicts)
    for conflict in conflicts[:1]:
        limits = {each.name: each for each in (*problem.families, *problem.floors)}
        for left_out in conflict.limit_ids:
            named = [limits[name] for name in conflict.limit_ids if name != left_out]
            families = tuple(each for each in named if each.name.startswith("max"))
            floors = tuple(each for each in named if each.name.startswith("min"))
            assert not find_conflicts(replace(problem, families=families, floors=floors))
        everything = tuple(limits[name] for name in conflict.limit_ids)
        families = tuple(each for each in everything if each.name.startswith("max"))
        floors = tuple(each for each in everything if each.name.startswith("min"))
        assert find_conflicts(replace(problem, families=families, floors=floors))


def test_two_minimums_that_share_one_capacity_are_named_with_it_and_relaxed_together():
    contact, action = np.repeat(np.arange(50), 2), np.tile([0, 1], 50)
    floors = (one_limit("minimum:a", 7, action == 0), one_limit("minimum:b", 7, action == 1))
    shared = one_limit("maximum:both", 10, action >= 0)
    spare = one_limit("daily_volume:email", 1_000, action >= 0)
    problem = Problem(contact, np.full(100, -1.0), (spare, shared), 50, floors)
    (conflict,) = find_conflicts(problem)
    assert set(conflict.limit_ids) == {"minimum:a", "minimum:b", "maximum:both"}
    assert (conflict.wanted, conflict.possible) == (14, 10)
    assert sum(floor.capacity.sum() for floor in attainable_floors(problem)) == 10


def test_too_few_people_is_a_conflict_of_the_minimum_alone():
    floor = one_limit("minimum:calls", 7, np.array([True, True, False]))
    (conflict,) = find_conflicts(Problem(np.arange(3), np.ones(3), (), 3, (floor,)))
    assert conflict.limit_ids == ("minimum:calls",)
    assert (conflict.wanted, conflict.possible) == (7, 2)


PAIRS = pl.DataFrame(
    {
        "contact_id": ["c1", "c1", "c2", "c3"], "action_id": ["mail", "call", "mail", "ads"], "account_id": ["a"] * 4,
        "owner_id": ["o"] * 4, "channel": ["email", "call", "email", "ads"], "cost_cents": [2, 1500, 2, 60],
        "needs_owner": [False, True, False, False], "is_seller_action": [False, True, False, False],
    }
)  # fmt: skip


def test_a_volume_counts_its_actions_on_those_who_meet_its_condition():
    volumes = Volumes(
        pl.DataFrame(
            {"name": ["v"], "minimum": [1], "maximum": [3], "maximum_cents": [70], "condition_id": ["volumes:v"]}
        ),
        pl.DataFrame({"name": ["v", "v", "w"], "action_id": ["mail", "ads", "call"]}),
        pl.DataFrame({"contact_id": ["c1", "c3", "c2"], "condition_id": ["volumes:v", "volumes:v", "volumes:w"]}),
    )
    count, cents = volume_limits(PAIRS, volumes)
    assert (count.name, count.member.tolist(), count.capacity.tolist()) == ("maximum:v", [0, -1, -1, 0], [3.0])
    assert cents.used_by(np.arange(4)).tolist() == [62.0]
    (floor,) = volume_floors(PAIRS, volumes)
    assert (floor.name, floor.used_by(np.arange(4)).tolist(), floor.capacity.tolist()) == ("minimum:v", [2.0], [1.0])


@pytest.mark.parametrize("cap", [None, 1])
def test_messages_of_an_account_are_counted_without_calls_and_ads(cap):
    channels = pl.DataFrame(
        {"channel": ["ads", "call", "email"], "carries_messages": [False, True, True]},
        schema_overrides={"channel": pl.String},
    ).with_columns(daily_volume=pl.lit(None, pl.Int64), daily_budget_cents=pl.lit(None, pl.Int64))
    rules = ChoiceRules(5, 8, 0.0, account_daily_message_cap=cap, buying_group_daily_cap=cap)
    groups = pl.DataFrame({"contact_id": ["c1", "c2"], "offering_id": ["x", "x"], "buying_group_id": ["g", "g"]})
    families = {each.name: each for each in build_limits(PAIRS, NightLimits(channels, rules, groups=groups))}
    assert ("account_message_cap" in families) == (cap is not None)
    if cap:
        assert families["account_message_cap"].member.tolist() == [0, -1, 0, -1]
        assert families["buying_group_daily_cap:x"].member.tolist() == [0, 0, 0, -1]
