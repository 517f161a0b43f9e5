"""Who is picked to explore and what is drawn has the probability that is told before anything is drawn."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.draws import hash_ids, mix_uniforms
from models.exploration import Explorers, find_seats
from models.exploration_plan import ExplorationPlan, plan_exploration
from models.limits import LimitFamily, Problem

NIGHT = date(2026, 3, 1)
SEEDS = 10_000
COUNT, ACTIONS = 18, 5


def family(name: str, member: np.ndarray, capacity: list[float], usage: np.ndarray | float, local: bool) -> LimitFamily:
    usage = np.where(member >= 0, usage, 0.0)
    names = tuple(f"{name}:{i}" for i in range(len(capacity)))
    return LimitFamily(name, names, np.array(capacity, dtype=np.float64), member, usage, local)


def nasty_world(seed: int, *, mixed: bool = False, tied: bool = False) -> tuple[Problem, Explorers, np.ndarray]:
    """18 contacts in accounts of up to seven, each with a part of two mails, an ad, a call and a visit.

    Everything is short: mails, the ads' budget (half of the ads cost more), three reps, and of an account's people two
    may be mailed, one called, and two or three get anything. The optimum is greedy, so that it leaves less than one
    unit of most limits.
    """
    rng = np.random.default_rng(seed)
    account = rng.choice(5, COUNT, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    contact, action = np.repeat(np.arange(COUNT), ACTIONS), np.tile(np.arange(ACTIONS), COUNT)
    kept = rng.random(COUNT * ACTIONS) < 0.75
    contact, action = contact[kept], action[kept]
    of_account, rep = account[contact], account[contact] % 3
    is_mail, is_ad, is_seller = action < 2, action == 2, action > 2
    families = (
        family("mails", np.where(is_mail, 0, -1), [6.0], 1.0, False),
        family("budget", np.where(is_ad, 0, -1), [250.0], np.where(contact % 2, 30.0, 70.0), False),
        family("rep", np.where(is_seller, rep, -1), [1.0, 2.0, 3.0], 1.0, False),
        family("account", of_account, [2.0, 2.0, 3.0, 3.0, 3.0], 1.0, True),
        family("account mails", np.where(is_mail, of_account, -1), [2.0] * 5, 1.0, True),
        family("account sellers", np.where(is_seller, of_account, -1), [1.0] * 5, 1.0, True),
    )
    arm = rng.choice(3, COUNT, p=[0.5, 0.4, 0.1]) if mixed else np.array([0, 1, 0, 1, 0])[account]
    share = np.array([0.3, 1.0, 0.0])[arm]
    value = np.ones(len(contact)) if tied else rng.normal(1, 1, len(contact))
    explorers = Explorers(hash_ids([f"c{i}" for i in range(COUNT)]), share, arm == 0)
    return Problem(contact, value, families, COUNT), explorers, rng.random(len(contact))


def greedy_optimum(problem: Problem, explorers: Explorers) -> np.ndarray:
    """Pairs of the optimised by value, as far as they fit into what is left when a part is set aside."""
    optimum = np.full(problem.count_contacts, -1)
    for pair in np.argsort(-problem.value, kind="stable").tolist():
        contact = problem.contact[pair]
        taken = optimum[optimum >= 0]
        left = [replace(each, capacity=each.capacity * (1.0 if each.is_local else 0.8)) for each in problem.families]
        room = all(each.after(taken).fits_alone()[pair] for each in left)
        if problem.value[pair] > 0 and explorers.is_optimised[contact] and optimum[contact] < 0 and room:
            optimum[contact] = pair
    return optimum


def plan_of(problem: Problem, explorers: Explorers, wish: np.ndarray) -> ExplorationPlan:
    """Everybody draws by its own wishes, of which a fifth is for nothing."""
    seats = find_seats(problem, explorers)
    wish = np.where(seats.rights > 0, wish, 0.0)
    total = np.bincount(problem.contact, weights=wish, minlength=COUNT)[problem.contact]
    weight = np.divide(0.8 * wish, total, out=np.zeros(len(wish)), where=total > 0)
    return plan_exploration(problem, explorers, seats, weight, (greedy_optimum(problem, explorers), problem.value))


@pytest.mark.parametrize(("seed", "mixed", "tied"), [(0, False, False), (1, True, False), (2, True, True)])
def test_frequencies_over_ten_thousand_seeds_are_the_logged_probabilities(seed, mixed, tied):
    problem, explorers, wish = nasty_world(seed, mixed=mixed, tied=tied)
    plan = plan_of(problem, explorers, wish)
    times, nothing = np.zeros(len(problem.contact)), np.zeros(COUNT)
    for draw in range(SEEDS):
        choice = plan.draw(NIGHT, draw).choice
        times[choice[choice >= 0]] += 1
        nothing += choice < 0
        if draw < 500:
            for limits in problem.families:
                assert (limits.used_by(choice[choice >= 0]) <= limits.capacity * (1 + 1e-9)).all(), limits.name
    frequency = np.concatenate([times, nothing]) / SEEDS
    probability = np.concatenate([plan.probability, plan.none_probability])
    deviation = np.sqrt(probability * (1 - probability) / SEEDS)
    z = (frequency - probability) / np.maximum(deviation, 0.2 / SEEDS)
    assert np.abs(z).max() < 4.5
    assert np.sqrt((z[deviation > 0] ** 2).mean()) < 1.35
    assert plan.places.count.size > 0  # something was scarce
    assert len(plan.displacement.pair) > 0  # and somebody gives way
    total = np.bincount(problem.contact, weights=plan.probability, minlength=COUNT)
    assert total + plan.none_probability == pytest.approx(1.0)


def test_every_action_that_fits_can_be_drawn():
    problem, explorers, wish = nasty_world(3)
    plan = plan_of(problem, explorers, wish)
    can_explore = (explorers.share > 0)[problem.contact]
    assert (plan.probability[can_explore & (plan.seats.rights > 0)] > 0).all()


def test_a_contact_explores_as_often_as_its_share_where_an_account_has_room_for_it():
    problem, explorers, _ = nasty_world(1)
    seats = find_seats(problem, replace(explorers, share=np.full(COUNT, 0.1), is_optimised=np.ones(COUNT, dtype=bool)))
    able = np.bincount(problem.contact[seats.rights > 0], minlength=COUNT) > 0
    assert seats.chance[able] == pytest.approx(0.1)
    assert (seats.count_slots == 1).all()


def test_random_control_draws_evenly_where_nothing_is_short():
    problem, explorers, wish = nasty_world(2)
    free = tuple(replace(each, capacity=np.full(len(each.capacity), 1e9)) for each in problem.families)
    everybody = replace(explorers, share=np.ones(COUNT), is_optimised=np.zeros(COUNT, dtype=bool))
    plan = plan_of(replace(problem, families=free), everybody, wish)
    choices = np.bincount(problem.contact, minlength=COUNT) + 1
    assert plan.probability == pytest.approx(1 / choices[problem.contact])


def test_nobody_to_draw_for():
    nothing = np.array([], dtype=np.int64)
    nobody = Explorers(hash_ids(["a", "b"]), np.ones(2), np.array([True, False]))
    problem = Problem(nothing, np.array([]), (), 2)
    seats = find_seats(problem, nobody)
    plan = plan_exploration(problem, nobody, seats, np.zeros(0), (np.full(2, -1), np.zeros(0)))
    draws = plan.draw(NIGHT, 3)
    assert draws.choice.tolist() == [-1, -1]
    assert plan.none_probability.tolist() == [1.0, 1.0]


def test_mixed_numbers_are_uniform_and_independent():
    hashes = hash_ids([f"contact-{i}" for i in range(50_000)])
    drawn = [mix_uniforms(hashes, purpose, NIGHT, seed) for purpose in ("one", "other") for seed in (1, 2)]
    drawn.append(mix_uniforms(hashes, "one", date(2026, 3, 2), 1))
    for numbers in drawn:
        counts = np.histogram(numbers, bins=100, range=(0, 1))[0]
        assert ((counts - 500) ** 2 / 500).sum() < 160
    assert np.abs(np.corrcoef(drawn) - np.eye(5)).max() < 0.025
