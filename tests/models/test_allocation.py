"""The allocator never violates a limit and is as good as an exact solver's integer program."""

from dataclasses import replace

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.decisions.markets import Market, draw_batch, draw_limits
from models.allocation import allocate
from models.batch_allocation import allocate_batches
from models.batches import InMemory, join_batches
from models.grids import can_be_chosen
from models.limits import LimitFamily, Problem
from models.linear import linear_optimum


def random_problem(seed: int, contacts: int, actions: int, is_tied: bool = False, tightness: float = 0.3) -> Problem:
    """Channels with volumes and budgets, reps, accounts; values differ by contact or are the same for all."""
    rng = np.random.default_rng(seed)
    contact, action = np.repeat(np.arange(contacts), actions), np.tile(np.arange(actions), contacts)
    channel, cost = rng.integers(0, 3, actions), rng.integers(1, 50, actions).astype(float)
    base = rng.integers(-5, 100, actions).astype(float)
    noise = 1.0 if is_tied else np.exp(rng.normal(0, 1, len(contact)))
    is_eligible = rng.random(len(contact)) < 0.8
    contact, action, value = (
        contact[is_eligible],
        action[is_eligible],
        (base[action] * noise - cost[action])[is_eligible],
    )
    owner, account = rng.integers(0, 4, contacts), rng.integers(0, contacts // 3 + 1, contacts)
    is_seller = channel[action] == 0
    one = np.ones(len(value))
    names = tuple(str(i) for i in range(contacts))
    families = (
        LimitFamily("volume", names[:3], np.round(tightness * contacts * rng.random(3)), channel[action], one),
        LimitFamily(
            "budget",
            ("b",),
            np.array([tightness * contacts * 20.0]),
            np.where(channel[action] == 1, 0, -1),
            cost[action],
        ),
        LimitFamily(
            "rep", names[:4], rng.integers(0, 3, 4).astype(float), np.where(is_seller, owner[contact], -1), one
        ),
        LimitFamily("account", names, np.full(contacts, 2.0), account[contact], one, is_local=True),
        LimitFamily("seller", names, np.ones(contacts), np.where(is_seller, account[contact], -1), one, is_local=True),
    )
    return Problem(contact, value, families, contacts)


def best_value(problem: Problem) -> float:
    """The optimum of the integer program, by HiGHS."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", 1e-7)
    pairs = len(problem.value)
    for value in problem.value:
        model.addVar(0, 1)
        model.changeColCost(model.numVariables - 1, -value)
        model.changeColIntegrality(model.numVariables - 1, highspy.HighsVarType.kInteger)
    rows = [(problem.contact == i, np.ones(pairs), 1.0) for i in range(problem.count_contacts)]
    for family in problem.families:
        rows += [(family.member == k, family.usage, family.capacity[k]) for k in range(len(family.capacity))]
    for uses, usage, capacity in rows:
        index = np.flatnonzero(uses).astype(np.int32)
        model.addRow(-highspy.kHighsInf, float(capacity), len(index), index, usage[index])
    model.run()
    return -model.getInfo().objective_function_value


def assert_within_limits(problem: Problem, choice: np.ndarray) -> None:
    chosen = choice[choice >= 0]
    assert (problem.contact[chosen] == np.flatnonzero(choice >= 0)).all()
    for family in problem.families:
        assert (family.used_by(chosen) <= family.capacity + 1e-6).all(), family.name


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), contacts=st.integers(1, 25), actions=st.integers(1, 5), is_tied=st.booleans())
def test_small_nights_are_decided_as_well_as_by_an_exact_solver(seed, contacts, actions, is_tied):
    problem = random_problem(seed, contacts, actions, is_tied)
    allocation, optimum = allocate(problem), best_value(problem)
    assert_within_limits(problem, allocation.choice)
    assert allocation.value >= optimum * 0.995 - 1e-6
    assert allocation.value <= optimum + 1e-6 <= allocation.upper_bound + 2e-6


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    contacts=st.integers(30, 400),
    is_tied=st.booleans(),
    tightness=st.sampled_from([0.0, 0.05, 0.5, 5.0]),
)
def test_without_branch_and_bound_no_limit_is_violated_and_the_bound_holds(seed, contacts, is_tied, tightness):
    problem = random_problem(seed, contacts, 5, is_tied, tightness)
    allocation = allocate(problem, exact_below_pairs=0)
    assert_within_limits(problem, allocation.choice)
    assert allocation.value <= allocation.upper_bound
    assert allocation.value == pytest.approx(problem.value[allocation.choice[allocation.choice >= 0]].sum())


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    contacts=st.sampled_from([1, 2, 20, 150, 400]),
    is_tied=st.booleans(),
    tightness=st.sampled_from([0.0, 0.05, 0.5, 5.0]),
    scale=st.sampled_from([1e-7, 1.0, 1e8]),
)
def test_the_bound_is_the_linear_programs_optimum(seed, contacts, is_tied, tightness, scale):
    problem = random_problem(seed, contacts, 5, is_tied, tightness)
    problem = replace(problem, value=problem.value * scale)
    can_be = problem.of_pairs(np.flatnonzero(can_be_chosen(problem)))
    optimum = linear_optimum(can_be).value if len(can_be.value) else 0.0
    allocation = allocate(problem, exact_below_pairs=0)
    assert_within_limits(problem, allocation.choice)
    assert allocation.upper_bound == pytest.approx(optimum, rel=2e-3)
    assert allocation.upper_bound >= optimum * (1 - 1e-6)


@pytest.mark.parametrize("is_tied", [False, True])
def test_caps_of_many_accounts_are_priced_account_by_account(is_tied, monkeypatch):
    monkeypatch.setattr("models.grids.FEW_LOCAL_LIMITS", 0)
    problem = random_problem(4, 900, 4, is_tied)
    allocation = allocate(problem, exact_below_pairs=0)
    assert_within_limits(problem, allocation.choice)
    optimum = linear_optimum(problem.of_pairs(np.flatnonzero(can_be_chosen(problem)))).value
    assert allocation.value >= 0.995 * optimum
    assert optimum * (1 - 1e-6) <= allocation.upper_bound <= 1.005 * optimum


def test_contacts_that_are_read_batch_by_batch_get_what_they_get_in_memory():
    market = Market(3_000, 1, seed=2)
    limits, batches = draw_limits(market), [draw_batch(market, number, 1_000) for number in range(3)]

    class Read:
        count_contacts = 3_000

        def __iter__(self):
            return iter(batches)

    streamed = allocate_batches(Read(), limits)
    assert (streamed.choice == allocate_batches(InMemory(join_batches(batches)), limits).choice).all()
    assert streamed.value >= 0.999 * streamed.prices.upper_bound


@pytest.mark.parametrize("is_tied", [False, True])
def test_prices_alone_come_close_to_the_optimum_of_a_middling_night(is_tied):
    problem = random_problem(3, 300, 4, is_tied)
    allocation = allocate(problem, exact_below_pairs=0)
    assert allocation.value >= 0.99 * best_value(problem)


@pytest.mark.parametrize("is_tied", [False, True])
def test_a_large_night_is_decided_within_a_thousandth_of_the_bound(is_tied):
    allocation = allocate(random_problem(5, 20_000, 6, is_tied, tightness=0.2))
    assert allocation.gap < 0.001


def test_without_limits_each_contact_gets_its_best_and_prices_are_zero():
    problem = Problem(np.array([0, 0, 1, 3]), np.array([1.0, 5.0, -2.0, 3.0]), (), 4)
    allocation = allocate(problem)
    assert allocation.choice.tolist() == [1, -1, -1, 3]
    assert allocation.runner_up.tolist() == [0, -1, -1, -1]
    assert allocation.gap == 0


def test_the_shadow_price_is_what_one_more_unit_would_bring():
    member, one = np.zeros(4, dtype=np.int64), np.ones(4)
    value = np.array([10.0, 8.0, 6.0, 1.0])
    limit = LimitFamily("volume", ("email",), np.array([2.0]), member, one)
    allocation = allocate(Problem(np.arange(4), value, (limit,), 4))
    assert allocation.choice.tolist() == [0, 1, -1, -1]
    assert 6.0 <= allocation.prices.by_family[0][0] <= 8.0


@pytest.mark.parametrize("contacts", [0, 3])
def test_nothing_to_choose_from(contacts):
    nothing = np.array([], dtype=np.int64)
    limit = LimitFamily("volume", ("email",), np.array([2.0]), nothing, np.array([]))
    allocation = allocate(Problem(nothing, np.array([]), (limit,), contacts))
    assert allocation.choice.tolist() == [-1] * contacts
    assert allocation.value == allocation.upper_bound == 0


def test_a_broken_value_is_refused():
    with pytest.raises(ValueError, match="finite"):
        Problem(np.array([0]), np.array([np.nan]), (), 1)


def test_the_same_problem_gets_the_same_choice():
    problem = random_problem(8, 500, 5, is_tied=True)
    assert (allocate(problem).choice == allocate(problem).choice).all()
