"""Shadow prices of limits: the Lagrangian dual of the night's choice.

At prices `p`, each contact takes the pair with the highest `value - price of its limits`, if that is positive. The
sum of these gains plus `p · capacity` bounds the value of every choice from above, and the prices that make it
smallest are the limits' shadow prices. Two ways to find them:

- `clear_markets`: family by family, each limit's price becomes the one at which exactly those who fit are willing to
  pay, all other prices held. Exact and fast where contacts differ; it can stop at a kink where many are worth the
  same.
- `smooth_prices` (`smoothing.py`): all prices together, on a smoothed dual. Also right where all are worth the same,
  as on the first nights, when priors decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.limits import TOLERANCE, LimitFamily, Problem
from models.smoothing import TEMPERATURES, minimize_local, minimize_shared

CLEARINGS = 12
ALTERNATIONS = 4  # between shared and local limits, per temperature
MANY_PAIRS = 100_000  # with more, shared limits rule, and one alternation is enough
SMALL_GAIN = 1e-5  # of the bound: clearing once more isn't worth it


@dataclass(frozen=True)
class Prices:
    """Prices in cents per unit of each limit, [limits] per family, and the bound they give on the total value."""

    by_family: tuple[np.ndarray, ...]
    upper_bound: float


@dataclass(frozen=True)
class PricedProblem:
    """What matters for prices: pairs that can be chosen, pairs that can be best, limits that can bind (bool per
    family)."""

    relevant: Problem
    contenders: Problem
    binding: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, problem: Problem) -> "PricedProblem":
        relevant = problem.of_pairs(_relevant_pairs(problem))
        binding = tuple(_can_bind(relevant, family) for family in relevant.families)
        return cls(relevant, _drop_dominated(relevant, binding), binding)

    def bound_at(self, prices: Sequence[np.ndarray]) -> Prices:
        """The bound on the total value that these prices give, by weak duality."""
        problem = self.relevant
        score = problem.value - problem.price_of_pairs(prices)
        best = problem.best_per_contact(score)
        gains = np.maximum(score[best[best >= 0]], 0.0).sum()
        limits = sum(price @ family.capacity for price, family in zip(prices, problem.families, strict=True))
        return Prices(tuple(prices), float(gains + limits))

    def at_no_price(self) -> Prices:
        return self.bound_at([np.zeros(len(family.capacity)) for family in self.relevant.families])


def clear_markets(problem: PricedProblem, start: Prices) -> Prices:
    """Prices at which each family clears in turn, from `start`, until the bound hardly falls."""
    best, prices = start, list(start.by_family)
    for _ in range(CLEARINGS):
        for i, (family, flags) in enumerate(zip(problem.contenders.families, problem.binding, strict=True)):
            if flags.any():
                prices[i] = np.zeros(len(family.capacity))
                score = problem.contenders.value - problem.contenders.price_of_pairs(prices)
                prices[i] = np.where(flags, _clearing_price(problem.contenders, family, score), 0.0)
        found = problem.bound_at(prices)
        improvement = best.upper_bound - found.upper_bound
        if improvement > 0:
            best = found
        if improvement <= SMALL_GAIN * best.upper_bound:
            break
    return best


def smooth_prices(problem: PricedProblem, start: Prices) -> Prices:
    """Prices from the smoothed dual as its temperature falls; the best bound found."""
    best, prices = start, list(start.by_family)
    alternations = ALTERNATIONS if len(problem.contenders.value) < MANY_PAIRS else 1
    for temperature in TEMPERATURES:
        for _ in range(alternations):
            prices = minimize_shared(problem.contenders, problem.binding, prices, temperature)
            prices = minimize_local(problem.contenders, problem.binding, prices, temperature)
        found = problem.bound_at(prices)
        best = min(best, found, key=lambda solution: solution.upper_bound)
    return best


def _relevant_pairs(problem: Problem) -> np.ndarray:
    """Index of the pairs that are worth something and fit."""
    relevant = problem.value > 0
    for family in problem.families:
        relevant &= family.fits_alone()
    return np.flatnonzero(relevant)


def _can_bind(problem: Problem, family: LimitFamily) -> np.ndarray:
    """Limits that can be exceeded when each contact takes its most demanding pair. bool [limits]."""
    used = np.flatnonzero((family.member >= 0) & (family.usage > 0))
    key = problem.contact[used] * len(family.capacity) + family.member[used]
    order = np.lexsort((-family.usage[used], key))
    is_first = np.append(True, np.diff(key[order]) != 0)[: len(order)]
    demand = family.used_by(used[order[is_first]])
    return demand > family.capacity * (1 + TOLERANCE)


def _drop_dominated(problem: Problem, binding: Sequence[np.ndarray]) -> Problem:
    """Of a contact's pairs that use the limits that matter equally, only the best can be chosen."""
    weights = np.random.default_rng(0).uniform(1.0, 2.0, size=2 * len(problem.families))
    signature = np.zeros(len(problem.value))
    for i, (family, flags) in enumerate(zip(problem.families, binding, strict=True)):
        matters = family.per_pair(flags.astype(float)) > 0
        signature += np.where(matters, weights[2 * i] * family.member + weights[2 * i + 1] * family.usage, 0.0)
    order = np.lexsort((-problem.value, signature, problem.contact))
    contact, sign = problem.contact[order], signature[order]
    is_best = np.append(True, (np.diff(contact) != 0) | (np.diff(sign) != 0))[: len(order)]
    return problem.of_pairs(np.sort(order[is_best]))


def _clearing_price(problem: Problem, family: LimitFamily, score: np.ndarray) -> np.ndarray:
    """Half way between what the last contact that fits would pay and what the first that doesn't would. [limits]."""
    inside, outside = np.flatnonzero(family.member >= 0), np.flatnonzero(family.member < 0)
    best = problem.best_per_contact(score[inside], inside)
    best = best[best >= 0]
    other = problem.best_per_contact(score[outside], outside)[problem.contact[best]]
    alternative = np.maximum(np.append(score, 0.0)[other], 0.0)
    pays = (score[best] - alternative) / family.usage[best]
    best, pays = best[pays > 0], pays[pays > 0]
    order = np.lexsort((-pays, family.member[best]))
    best, pays = best[order], pays[order]
    fits = family.keeps_within(best)
    last_in, first_out = np.full(len(family.capacity), np.inf), np.zeros(len(family.capacity))
    np.minimum.at(last_in, family.member[best[fits]], pays[fits])
    np.maximum.at(first_out, family.member[best[~fits]], pays[~fits])
    return np.where(first_out > 0, (first_out + np.minimum(last_in, 2 * first_out)) / 2, 0.0)
