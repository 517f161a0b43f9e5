"""What is logged as the probability of a draw is how often it happens."""

from datetime import date

import numpy as np
import pytest

from models.exploration import Explorers, acceptance_of_pairs, draw_exploration
from models.limits import LimitFamily, Problem

NIGHT = date(2026, 3, 1)
SEEDS = 2_000


def small_world(volume: float = 1e9, reps: float = 1e9, account_cap: int = 5) -> tuple[Problem, Explorers]:
    """12 contacts: accounts of 1, 2 and 4 people and some without; 3 mails, 1 call; not everybody has all of them."""
    rng = np.random.default_rng(4)
    account = np.array([0, 1, 1, 2, 2, 2, 2, 3, 3, -1, -1, -1])
    contact, action = np.repeat(np.arange(12), 4), np.tile(np.arange(4), 12)
    is_eligible = rng.random(48) < 0.75
    contact, action = contact[is_eligible], action[is_eligible]
    one, is_seller = np.ones(len(contact)), action == 3
    families = (
        LimitFamily("volume", ("email",), np.array([volume]), np.where(is_seller, -1, 0), one),
        LimitFamily("rep", ("a", "b"), np.array([reps, reps]), np.where(is_seller, contact % 2, -1), one),
        LimitFamily(
            "account", ("0", "1", "2", "3"), np.full(4, 1.0 * account_cap), account[contact], one, is_local=True
        ),
        LimitFamily(
            "seller", ("0", "1", "2", "3"), np.ones(4), np.where(is_seller, account[contact], -1), one, is_local=True
        ),
    )
    share = np.array([1.0, 1.0, 1.0, 0.3, 0.3, 0.3, 0.3, 1.0, 1.0, 0.3, 1.0, 0.0])
    explorers = Explorers([f"c{i}" for i in range(12)], share, account, is_seller, account_cap, 1)
    return Problem(contact, np.ones(len(contact)), families, 12), explorers


@pytest.mark.parametrize(
    ("volume", "reps", "account_cap"), [(1e9, 1e9, 5), (1e9, 1e9, 1), (1e9, 1e9, 2), (6.0, 1e9, 5), (6.0, 2.0, 2)]
)
def test_frequencies_agree_with_the_logged_probabilities(volume, reps, account_cap):
    problem, explorers = small_world(volume, reps, account_cap)
    times_drawn, times_explored = np.zeros(len(problem.contact)), np.zeros(12)
    for seed in range(SEEDS):
        draws = draw_exploration(problem, explorers, NIGHT, seed)
        times_drawn[draws.pair[draws.pair >= 0]] += 1
        times_explored += draws.is_exploring
    trials = times_explored[problem.contact]
    expected = trials * draws.probability
    deviation = np.sqrt(expected * (1 - draws.probability) + 1)
    # the reserve leaves less than one draw in a thousand to the overflow rule
    assert (np.abs(times_drawn - expected) < 4.5 * deviation + 0.001 * trials).all()
    assert np.abs(times_explored / SEEDS - explorers.share).max() < 4.5 * 0.5 / np.sqrt(SEEDS)
    total = np.bincount(problem.contact, weights=draws.probability, minlength=12)
    assert total + draws.none_probability == pytest.approx(1.0)


@pytest.mark.parametrize("account_cap", [1, 2])
def test_draws_never_break_a_limit_or_a_cap(account_cap):
    problem, explorers = small_world(3.0, 1.0, account_cap)
    for seed in range(300):
        pair = draw_exploration(problem, explorers, NIGHT, seed).pair
        for family in problem.families:
            assert (family.used_by(pair[pair >= 0]) <= family.capacity).all(), family.name


def test_a_limit_that_cannot_bind_thins_nothing():
    problem, explorers = small_world()
    assert (acceptance_of_pairs(problem, np.full(len(problem.contact), 0.2), explorers.share) == 1).all()


def test_a_limit_of_nothing_lets_nothing_through():
    problem, explorers = small_world(volume=0.0)
    draws = draw_exploration(problem, explorers, NIGHT, 1)
    assert (draws.probability[problem.families[0].member == 0] == 0).all()


def test_expected_usage_stays_within_the_share_of_those_who_explore():
    problem, explorers = small_world(volume=4.0)
    offered = np.full(len(problem.contact), 0.25)
    kept = acceptance_of_pairs(problem, offered, explorers.share)
    expected = problem.families[0].used_by(np.arange(len(kept)))
    usage = (explorers.share[problem.contact] * offered * kept)[problem.families[0].member == 0].sum()
    assert 0 < usage <= 4.0 < expected[0]


def test_nobody_to_draw_for():
    nothing = np.array([], dtype=np.int64)
    nobody = Explorers(["a", "b"], np.ones(2), np.array([0, -1]), np.array([], dtype=bool), 1, 1)
    draws = draw_exploration(Problem(nothing, np.array([]), (), 2), nobody, NIGHT, 3)
    assert draws.pair.tolist() == [-1, -1]
    assert draws.none_probability.tolist() == [1.0, 1.0]
