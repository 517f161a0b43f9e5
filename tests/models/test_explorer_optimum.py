"""What an explorer would have got otherwise is what an exact solver gives it."""

from datetime import date

import numpy as np
import pytest

from models.allocation import allocate
from models.exploration import Explorers, draw_exploration
from models.explorer_optimum import optimum_of_explorers
from models.limits import LimitFamily, Problem

COUNT = 24


def small_world(seed: int, cap: int) -> tuple[Problem, Explorers]:
    """Accounts of about five and some contacts without; two mails and a call, not all worth something."""
    rng = np.random.default_rng(seed)
    account = rng.integers(-1, 5, COUNT)
    contact, action = np.repeat(np.arange(COUNT), 3), np.tile(np.arange(3), COUNT)
    kept = rng.random(3 * COUNT) < 0.8
    contact, action = contact[kept], action[kept]
    is_seller, one = action == 2, np.ones(len(contact))
    member = account[contact]
    names = tuple("01234")
    families = (
        LimitFamily("account", names, np.full(5, float(cap)), member, one, is_local=True),
        LimitFamily("seller", names, np.ones(5), np.where(is_seller, member, -1), one, is_local=True),
    )
    value = rng.normal(0.5, 1.0, len(contact)) + 0.5 * is_seller
    explorers = Explorers([f"c{i}" for i in range(COUNT)], np.full(COUNT, 0.3), account, is_seller, cap, 1)
    return Problem(contact, value, families, COUNT), explorers


@pytest.mark.parametrize("cap", [1, 2, 4])
def test_explorers_would_have_got_what_an_exact_solver_gives_them(cap):
    compared = 0
    for seed in range(25):
        problem, explorers = small_world(seed, cap)
        draws = draw_exploration(problem, explorers, date(2026, 3, 1), seed)
        optimum = optimum_of_explorers(problem, problem.value, ~draws.is_exploring, explorers, draws)
        assert (optimum[~draws.is_exploring] == -1).all()
        for contact in np.flatnonzero(draws.is_exploring):
            others = np.delete(draws.pair, contact)
            takes_part = ~draws.is_exploring | (np.arange(COUNT) == contact)
            index = np.flatnonzero(takes_part[problem.contact])
            left = tuple(family.after(others[others >= 0]).of_pairs(index) for family in problem.families)
            exact = allocate(Problem(problem.contact[index], problem.value[index], left, COUNT)).choice[contact]
            assert optimum[contact] == (index[exact] if exact >= 0 else -1)
            compared += 1
    assert compared > 100
