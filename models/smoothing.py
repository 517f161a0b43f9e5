"""The smoothed dual of the night's choice, and its Newton's method.

Each contact's best pair is replaced by a log-sum-exp over its pairs and doing nothing, at a temperature in proportion
to the contact's best value; the temperature falls in steps (Nesterov 2005, "Smooth minimization of non-smooth
functions"). Prices of the shared limits are found together by projected Newton steps: the Hessian is the covariance of
what the undecided contacts would use.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import cg

from models.batches import Batch, SharedLimits
from models.clearing import clear_families

STEPS = 12  # per temperature
SMALL_DECREASE = 3e-5  # of the dual, times the temperature: it's time for a lower one
HESSIAN_PAIRS = 50_000  # of undecided contacts, from which the curvature is estimated
NOISE = 1e-5  # of the curvature: what rounding leaves of it where a contact's pairs all use one limit
DENSE_LIMITS = 1_200  # with more, Newton's equations are solved by conjugate gradients
TRUSTED = (30.0, 8.0, 2.0)  # temperatures that a price may move in a step, until one lowers the dual
SHORTER = (0.3, 0.1, 0.03, 0.01, 0.001)  # else all prices move by this part of the step
BLIND = 0.03  # of a price, for the same where nobody is undecided
MET = 1e-3  # of the capacity: a limit is used as it should be
NO_WEIGHT, LITTLE_WEIGHT, DECIDED = 1e-6, 3e-3, 0.999


@dataclass(frozen=True)
class Evaluated:
    """The smoothed dual at some prices: its value, slope [limits], and each pair's weight [actions, contacts]."""

    value: float
    slope: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Curvature:
    """Second derivatives, [limits, limits], and over which change of each price they hold, [limits]; 0: not known."""

    hessian: np.ndarray | sp.csr_array
    trusted: np.ndarray


@dataclass(frozen=True)
class SmoothDual:
    """The smoothed dual of some contacts.

    Attributes:
        grid: contacts and pairs; values net of all prices that are held.
        limits: capacity as far as it is left to these contacts.
        heat: float64 [contacts], temperature of each, cents.
        temperature: the same as a share of the contact's best value.
    """

    grid: Batch
    limits: SharedLimits
    heat: np.ndarray
    temperature: float

    def at(self, prices: np.ndarray) -> Evaluated:
        cost = (self.limits.use @ prices).astype(self.grid.value.dtype)
        score = self.grid.value - np.take(cost, self.grid.pattern)
        heat = self.heat.astype(score.dtype)
        highest = np.maximum(score.max(axis=0), 0)
        score -= highest
        score /= heat
        weight = np.exp(score, out=score)
        total = weight.sum(axis=0) + np.exp(-highest / heat)
        weight /= total
        gain = highest.sum(dtype=np.float64) + (heat * np.log(total)).sum(dtype=np.float64)
        used = np.flatnonzero(weight > NO_WEIGHT)
        by_pattern = np.bincount(self.grid.pattern.ravel()[used], weight.ravel()[used], self.limits.use.shape[0])
        slope = self.limits.capacity - self.limits.use.T @ by_pattern
        return Evaluated(float(gain + prices @ self.limits.capacity), slope, weight)

    def curvature(self, weight: np.ndarray) -> Curvature:
        """Second derivatives at the prices that gave these weights, estimated from some of the undecided contacts.

        Each limit's own is brought to what all undecided ones say: a rep has too few of them in a sample.
        """
        none = 1 - weight.sum(axis=0)
        undecided = np.flatnonzero(np.maximum(weight.max(axis=0), none) < DECIDED)
        weight, pattern = weight[:, undecided].T, self.grid.pattern[:, undecided].T
        contact, action = np.nonzero(weight > LITTLE_WEIGHT)
        amount, kind = weight[contact, action].astype(np.float64), pattern[contact, action]
        heat = self.heat[undecided][contact]
        count, use = len(self.limits.member), self.limits.use
        of_all = self.limits.squared.T @ np.bincount(kind, amount / heat, count)
        per_unit = np.divide(
            self.limits.band.T @ np.bincount(kind, amount, count), of_all, where=of_all > 0, out=np.zeros(len(of_all))
        )
        among = contact % (1 + len(contact) // HESSIAN_PAIRS) == 0
        contact, amount, kind, heat = contact[among], amount[among], kind[among], heat[among]
        member, usage = self.limits.member[kind], self.limits.usage[kind]
        entry, family = np.nonzero(member >= 0)
        used = (amount / np.sqrt(heat))[entry] * usage[entry, family]
        shape = (len(undecided), len(self.limits.capacity))
        mean = sp.csr_array((used, (contact[entry], member[entry, family])), shape=shape)
        weights = np.bincount(kind, amount / heat, count)
        of_sample = self.limits.squared.T @ weights
        ratio = np.sqrt(np.divide(of_all, of_sample, out=np.zeros(len(of_all)), where=of_sample > 0))
        missing = np.where(of_sample > 0, NOISE, 1.0) * of_all
        weighted = sp.csr_array(
            (use.data * np.repeat(weights, np.diff(use.indptr)), use.indices, use.indptr), use.shape
        )
        square, product = use.T @ weighted, mean.T @ mean
        if shape[1] <= DENSE_LIMITS:
            dense = (square.toarray() - product.toarray()) * ratio * ratio[:, None] + np.diag(missing)
            return Curvature(dense, per_unit)
        scaled = sp.diags_array(ratio)
        return Curvature(sp.csr_array(scaled @ (square - product) @ scaled + sp.diags_array(missing)), per_unit)


def price_scale(grid: Batch, limits: SharedLimits) -> np.ndarray:
    """What a unit of each limit is worth to the contacts on average. [limits]."""
    positive = np.flatnonzero(grid.value > 0)
    pattern, value = grid.pattern.ravel()[positive], grid.value.ravel()[positive]
    count = len(limits.member)
    amount = limits.band.T @ np.bincount(pattern, value, count)
    used = limits.band.multiply(limits.band).T @ np.bincount(pattern, minlength=count)
    return np.divide(amount, used, out=np.zeros(len(amount)), where=used > 0)


def minimise(
    grid: Batch,
    limits: SharedLimits,
    prices: np.ndarray,
    temperatures: Sequence[float],
    within: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Prices at which the smoothed dual is least, the temperature falling; between two bounds, if given. [limits]."""
    if not grid.count_contacts:
        return prices
    best = np.maximum(grid.value.max(axis=0, initial=0), 0).astype(np.float64)
    typical = float(best[best > 0].mean()) if (best > 0).any() else 1.0
    lower, upper = within or (np.zeros(len(prices)), np.full(len(prices), np.inf))
    box, scale = (np.maximum(lower, 0.0), upper), price_scale(grid, limits)
    for temperature in temperatures:
        prices = np.clip(clear_families(grid, limits, prices), *box)
        dual = SmoothDual(grid, limits, temperature * np.maximum(best, 1e-3 * typical), temperature)
        prices = _newton(dual, prices, scale, box)
    return prices


def _newton(dual: SmoothDual, prices: np.ndarray, scale: np.ndarray, box: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    now, (lower, upper) = dual.at(prices), box
    for _ in range(STEPS):
        is_stuck = ((prices <= lower) & (now.slope > 0)) | ((prices >= upper) & (now.slope < 0))
        is_met = abs(now.slope) <= MET * np.maximum(abs(dual.limits.capacity), 1.0)
        free = np.flatnonzero(~is_stuck & ~is_met & (scale > 0))
        if not len(free):
            return prices
        curvature = dual.curvature(now.weight)
        blind = BLIND * np.maximum(prices, scale) + 1e-300
        trusted = np.where(curvature.trusted > 0, curvature.trusted, blind)
        direction = _direction(Curvature(curvature.hessian, trusted), now.slope, free, prices, box)
        steps = [np.clip(direction, -times * trusted, times * trusted) for times in TRUSTED]
        steps += [direction * length for length in SHORTER]
        prices, now, decrease = _step(dual, prices, now, steps, box)
        if decrease <= SMALL_DECREASE * dual.temperature * abs(now.value):
            break
    return prices


def _direction(
    curvature: Curvature, slope: np.ndarray, free: np.ndarray, prices: np.ndarray, box: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Newton's direction of the free prices, of which none leaves the box right away. [limits]."""
    direction = np.zeros(len(prices))
    while len(free):
        direction[:] = 0.0
        direction[free] = _solve(curvature.hessian[np.ix_(free, free)], -slope[free], curvature.trusted[free])
        leaves = ((prices <= box[0]) & (direction < 0)) | ((prices >= box[1]) & (direction > 0))
        if not leaves.any():
            break
        free = free[~leaves[free]]
    return direction


def _step(
    dual: SmoothDual,
    prices: np.ndarray,
    now: Evaluated,
    steps: Sequence[np.ndarray],
    box: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, Evaluated, float]:
    """The first of the steps that lowers the dual; else none."""
    for step in steps:
        found = np.clip(prices + step, *box)
        there = dual.at(found)
        if there.value <= now.value + 1e-4 * min(now.slope @ (found - prices), 0.0):
            return found, there, now.value - there.value
    return prices, now, 0.0


def _solve(hessian: np.ndarray | sp.csr_array, right: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """Newton's direction; where there is hardly any curvature, a step is some times what is trusted."""
    flat = np.abs(right) / (TRUSTED[0] * trusted)
    diagonal = hessian.diagonal()
    damping = np.maximum(flat - diagonal, 0) + 1e-4 * np.maximum(diagonal, flat) + 1e-300
    if isinstance(hessian, np.ndarray):
        hessian[np.diag_indices(len(right))] += damping
        return np.asarray(cho_solve(cho_factor(hessian, overwrite_a=True, check_finite=False), right))
    damped = (hessian + sp.diags_array(damping)).tocsr()
    found, _ = cg(damped, right, rtol=1e-3, maxiter=200, M=sp.diags_array(1 / damped.diagonal()))
    return np.asarray(found)
