"""The smoothed dual of the night's choice.

Each contact's best pair is replaced by a log-sum-exp over its pairs and doing nothing, at a temperature in proportion
to the contact's best value; the temperature falls in steps (Nesterov 2005, "Smooth minimization of non-smooth
functions"). Prices of shared limits are found together by L-BFGS-B in coordinates scaled by the diagonal of the
Hessian. Limits that concern few contacts each (an account's caps) are too many for that and independent of each
other: bisection, all at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from models.limits import LimitFamily, Problem

TEMPERATURES = (0.3, 0.1, 0.03, 0.01, 0.003)
ITERATIONS = 5
BISECTIONS = 25
NEGLIGIBLE = 20.0  # a pair that is behind by this many temperatures has no weight


def minimize_shared(
    problem: Problem, binding: Sequence[np.ndarray], prices: Sequence[np.ndarray], temperature: float
) -> list[np.ndarray]:
    """The best prices of all shared limits that can bind (bool [limits] per family), the others held."""
    flags = [mine & (not family.is_local) for mine, family in zip(binding, problem.families, strict=True)]
    if not any(mine.any() for mine in flags):
        return list(prices)
    start = np.concatenate([price[mine] for price, mine in zip(prices, flags, strict=True)])
    found, result = _SmoothDual.build(problem, flags, prices, temperature).minimize(start), []
    for price, mine in zip(prices, flags, strict=True):
        updated = price.copy()
        updated[mine], found = found[: mine.sum()], found[mine.sum() :]
        result.append(updated)
    return result


def minimize_local(
    problem: Problem, binding: Sequence[np.ndarray], prices: Sequence[np.ndarray], temperature: float
) -> list[np.ndarray]:
    """The best prices of each local family in turn, all other prices held."""
    prices = list(prices)
    for i, (family, flags) in enumerate(zip(problem.families, binding, strict=True)):
        if family.is_local and flags.any():
            prices[i] = np.zeros(len(family.capacity))
            prices[i] = np.where(flags, _balancing_price(problem, family, prices, temperature), 0.0)
    return prices


def _balancing_price(
    problem: Problem, family: LimitFamily, prices: Sequence[np.ndarray], temperature: float
) -> np.ndarray:
    """The price at which each limit's smoothed demand equals its capacity; 0 where it is below. [limits].

    A contact is in with probability `expit((willingness - price) / temperature)`: all its pairs of the family use one
    limit.
    """
    contact, starts = problem.contact, _starts(problem.contact)
    score = problem.value - problem.price_of_pairs(prices)
    heat = temperature * np.maximum.reduceat(problem.value, starts)
    position = np.cumsum(np.append(False, contact[1:] != contact[:-1]))
    highest = np.maximum(np.maximum.reduceat(score, starts), 0.0)
    weight = np.exp((score - highest[position]) / heat[position])
    is_inside = family.member >= 0
    inside = np.bincount(position, weights=weight * is_inside)
    outside = np.bincount(position, weights=weight * ~is_inside) + np.exp(-highest / heat)
    limit = np.full(len(starts), -1)
    limit[position[is_inside]] = family.member[is_inside]
    among = np.flatnonzero((limit >= 0) & (inside > 0))
    limit, heat = limit[among], heat[among]
    willing = heat * (np.log(inside[among]) - np.log(np.maximum(outside[among], 1e-300)))
    low, high = np.zeros(len(family.capacity)), np.zeros(len(family.capacity))
    np.maximum.at(high, limit, willing + NEGLIGIBLE * heat)
    for step in range(BISECTIONS):
        middle = low if step == 0 else (low + high) / 2
        demand = np.bincount(limit, weights=expit((willing - middle[limit]) / heat), minlength=len(low))
        is_above = demand > family.capacity
        low, high = np.where(is_above, middle, low), np.where(is_above, high, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class _SmoothDual:
    """The smoothed dual as a function of some limits' prices.

    `limit` and `usage` are [families, pairs]; a pair that uses none of a family's limits points to an extra one at
    price 0.
    """

    value: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    temperature: np.ndarray
    limit: np.ndarray
    usage: np.ndarray
    capacity: np.ndarray

    @classmethod
    def build(
        cls, problem: Problem, flags: Sequence[np.ndarray], prices: Sequence[np.ndarray], temperature: float
    ) -> "_SmoothDual":
        problem, value, heat = _contested(problem, flags, prices, temperature)
        starts = _starts(problem.contact)
        count = int(sum(mine.sum() for mine in flags))
        limit, usage, offset = [], [], 0
        for family, mine in zip(problem.families, flags, strict=True):
            if mine.any():
                variable = np.full(len(mine) + 1, count)
                variable[:-1][mine] = offset + np.arange(mine.sum())
                limit.append(variable[family.member])
                usage.append(family.usage)
                offset += int(mine.sum())
        return cls(
            value=value,
            starts=starts,
            lengths=np.diff(np.append(starts, len(value))),
            temperature=heat,
            limit=np.array(limit),
            usage=np.array(usage),
            capacity=np.concatenate([of.capacity[mine] for of, mine in zip(problem.families, flags, strict=True)]),
        )

    def minimize(self, start: np.ndarray) -> np.ndarray:
        """Prices that minimise the smoothed dual, from `start`."""
        curvature = self._curvature(start)
        scale = 1.0 / np.sqrt(np.maximum(curvature, 1e-4 * curvature.max() + 1e-12))

        def objective(variables: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = self._value_and_slope(variables * scale)
            return value, slope * scale

        found = minimize(
            objective, start / scale, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start),
            options={"maxiter": ITERATIONS, "ftol": 1e-7, "gtol": 1e-9, "maxcor": 15},
        )  # fmt: skip
        return found.x * scale

    def _weights(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """The smoothed gain of all contacts and the weight of each pair, [pairs]."""
        score = self.value.copy()
        extended = np.append(prices, 0.0)
        for limit, usage in zip(self.limit, self.usage, strict=True):
            score -= extended[limit] * usage
        highest = np.maximum(np.maximum.reduceat(score, self.starts), 0.0)
        weight = np.exp((score - np.repeat(highest, self.lengths)) / np.repeat(self.temperature, self.lengths))
        total = np.add.reduceat(weight, self.starts) + np.exp(-highest / self.temperature)
        weight /= np.repeat(total, self.lengths)
        return float((highest + self.temperature * np.log(total)).sum()), weight

    def _value_and_slope(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        gain, weight = self._weights(prices)
        return gain + float(prices @ self.capacity), self.capacity - self._sum_by_limit(weight, 1)

    def _curvature(self, prices: np.ndarray) -> np.ndarray:
        _, weight = self._weights(prices)
        return self._sum_by_limit(weight * (1 - weight) / np.repeat(self.temperature, self.lengths), 2)

    def _sum_by_limit(self, amount: np.ndarray, power: int) -> np.ndarray:
        count, total = len(self.capacity) + 1, np.zeros(len(self.capacity) + 1)
        for limit, usage in zip(self.limit, self.usage, strict=True):
            total += np.bincount(limit, weights=amount * usage**power, minlength=count)
        return total[:-1]


def _contested(
    problem: Problem, flags: Sequence[np.ndarray], prices: Sequence[np.ndarray], temperature: float
) -> tuple[Problem, np.ndarray, np.ndarray]:
    """The pairs that have weight at these prices; their value less the prices held; the temperature of their
    contacts."""
    held = problem.price_of_pairs([np.where(mine, 0.0, price) for price, mine in zip(prices, flags, strict=True)])
    score = problem.value - problem.price_of_pairs(prices)
    starts = _starts(problem.contact)
    lengths = np.diff(np.append(starts, len(score)))
    heat = temperature * np.maximum.reduceat(problem.value, starts)
    highest = np.maximum(np.maximum.reduceat(score, starts), 0.0)
    has_weight = score > np.repeat(highest - NEGLIGIBLE * heat, lengths)
    kept = problem.of_pairs(has_weight)
    return kept, (problem.value - held)[has_weight], heat[np.logical_or.reduceat(has_weight, starts)]


def _starts(contact: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.append(True, contact[1:] != contact[:-1]))
