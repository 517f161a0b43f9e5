"""One choice per contact under all limits of the night, for the highest total value.

Prices of the limits come from the dual (`prices.py`); the choice at those prices is then made to fit every limit, and
what capacity is left is filled. Where the night is small, branch and bound finishes it exactly.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from models.limits import LimitFamily, Problem, fit_within
from models.prices import PricedProblem, Prices, clear_markets, smooth_prices

SMALL_GAP = 5e-4  # of the bound: no need to look for better prices
EXACT_BELOW_PAIRS = 1_000
EXACT_NODES = 2_000
FILL_ROUNDS = 60


@dataclass(frozen=True)
class Allocation:
    """A choice within all limits.

    Attributes:
        choice: int64 [contacts], index of the chosen pair; -1 for none.
        runner_up: int64 [contacts], the best other pair at the night's prices that is worth something; -1 for none.
        prices: the limits' shadow prices.
        used: usage of each limit, [limits] per family.
        value: total value of the choice, cents.
    """

    choice: np.ndarray
    runner_up: np.ndarray
    prices: Prices
    used: tuple[np.ndarray, ...]
    value: float

    @property
    def upper_bound(self) -> float:
        """What no choice can exceed, cents."""
        return max(self.prices.upper_bound, self.value)

    @property
    def gap(self) -> float:
        """How far the choice can be from the best one, as a share of the bound."""
        return (self.upper_bound - self.value) / self.upper_bound if self.upper_bound > 0 else 0.0


def allocate(problem: Problem, exact_below_pairs: int = EXACT_BELOW_PAIRS) -> Allocation:
    """Choose at most one pair per contact within all limits.

    Args:
        problem: pairs, values and limits.
        exact_below_pairs: with fewer pairs worth something than this, branch and bound finishes the choice.
    """
    priced = PricedProblem.of(problem)
    allocation = _choose_at(problem, clear_markets(priced, priced.at_no_price()))
    if allocation.gap > SMALL_GAP:
        smooth = clear_markets(priced, smooth_prices(priced, priced.at_no_price()))
        allocation = _better(allocation, _choose_at(problem, smooth))
    useful = np.flatnonzero(problem.value > 0)
    if allocation.gap > 0 and len(useful) < exact_below_pairs:
        allocation = _finish_exactly(problem, useful, allocation)
    return allocation


def _better(one: Allocation, other: Allocation) -> Allocation:
    """The choice that is worth more, with the prices that bound tighter."""
    prices = min(one.prices, other.prices, key=lambda found: found.upper_bound)
    return replace(max(one, other, key=lambda found: found.value), prices=prices)


def _choose_at(problem: Problem, prices: Prices) -> Allocation:
    """The choice that these prices lead to, made to fit and filled."""
    score = problem.value - problem.price_of_pairs(prices.by_family)
    return _allocation(problem, prices, _fill(problem, score, _trim(problem, score)))


def _allocation(problem: Problem, prices: Prices, choice: np.ndarray) -> Allocation:
    chosen = choice[choice >= 0]
    value = float(problem.value[chosen].sum())
    score = problem.value - problem.price_of_pairs(prices.by_family)
    return Allocation(
        choice=choice,
        runner_up=runner_up_at(problem, score, choice),
        prices=prices,
        used=tuple(family.used_by(chosen) for family in problem.families),
        value=value,
    )


def runner_up_at(problem: Problem, score: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """The pair with the highest score that isn't chosen and is worth something; -1 for none. int64 [contacts]."""
    others = problem.value > 0
    others[choice[choice >= 0]] = False
    index = np.flatnonzero(others)
    return problem.best_per_contact(score[index], index)


def _trim(problem: Problem, score: np.ndarray) -> np.ndarray:
    """The best choice of each contact at the prices; where a limit is exceeded, the least decided give way."""
    useful = np.flatnonzero((score > 0) & (problem.value > 0))
    best = problem.best_per_contact(score[useful], useful)
    taken = best[best >= 0]
    second = runner_up_at(problem, score, best)[problem.contact[taken]]
    margin = score[taken] - np.maximum(np.where(second >= 0, score[second], 0.0), 0.0)
    kept = fit_within(problem.families, taken[np.argsort(-margin, kind="stable")])
    choice = np.full(problem.count_contacts, -1, dtype=np.int64)
    choice[problem.contact[kept]] = kept
    return choice


def _fill(problem: Problem, score: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """Use what is left of the limits: switch contacts to pairs that are worth more and fit, the best first, in
    rounds."""
    choice = choice.copy()
    value_of = np.append(problem.value, 0.0)
    score_of = np.append(score, 0.0)
    for _ in range(FILL_ROUNDS):
        candidates = np.flatnonzero(problem.value > value_of[choice][problem.contact] + 1e-9)
        step = problem.of_pairs(candidates)
        now = choice[step.contact]
        families = _room_for_switches(problem, step, choice, now)
        fits = np.ones(len(candidates), dtype=bool)
        for family in families:
            fits &= family.fits_alone()
        gain = score[candidates] - score_of[now]
        feasible = np.flatnonzero(fits)
        best = step.best_per_contact(gain[feasible], feasible)
        best = best[best >= 0]
        if not len(best):
            break
        accepted = fit_within(families, best[np.argsort(-gain[best], kind="stable")])
        choice[step.contact[accepted]] = candidates[accepted]
    return choice


def _room_for_switches(problem: Problem, step: Problem, choice: np.ndarray, now: np.ndarray) -> list[LimitFamily]:
    """The limits of `step` with what is left of them; a pair that stays within its limit needs only the difference."""
    families = []
    for family, of_step in zip(problem.families, step.families, strict=True):
        left = family.after(choice[choice >= 0])
        stays = np.append(family.member, -2)[now] == of_step.member
        freed = np.where(stays, np.append(family.usage, 0.0)[now], 0.0)
        needed = np.maximum(of_step.usage - freed, 0.0)
        families.append(replace(of_step, capacity=left.capacity, usage=needed))
    return families


def _finish_exactly(problem: Problem, useful: np.ndarray, allocation: Allocation) -> Allocation:
    """The best choice by branch and bound (HiGHS, by nodes and not by time, so that it is the same each time)."""
    small = problem.of_pairs(useful)
    rows = [
        sp.csr_array(
            (np.ones(len(useful)), (small.contact, np.arange(len(useful)))), (small.count_contacts, len(useful))
        )
    ]
    upper = [np.ones(small.count_contacts)]
    for family in small.families:
        used = np.flatnonzero(family.member >= 0)
        shape = (len(family.capacity), len(useful))
        rows.append(sp.csr_array((family.usage[used], (family.member[used], used)), shape))
        upper.append(family.capacity)
    found = milp(
        -small.value / small.value.max(),
        constraints=LinearConstraint(sp.vstack(rows), ub=np.concatenate(upper)),
        integrality=np.ones(len(useful)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-6, "node_limit": EXACT_NODES},
    )
    taken = useful[found.x > 0.5] if found.x is not None else useful[:0]
    is_within = len(fit_within(problem.families, taken)) == len(taken)
    if not is_within or problem.value[taken].sum() <= allocation.value:
        return allocation
    exact = np.full(problem.count_contacts, -1, dtype=np.int64)
    exact[problem.contact[taken]] = taken
    return _allocation(problem, allocation.prices, exact)
