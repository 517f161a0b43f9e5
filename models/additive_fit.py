"""Additive effects on a logit, learnt for all actions at once: few terms matter, and actions of a family are alike.

The logit of the goal under action a is offset + x·c + x·f(family of a) + x·b(a), and offset + x·c under no action. Each
coefficient has a normal prior around 0 with a variance of its own, which is learnt too (automatic relevance
determination: MacKay 1992, Tipping 2001), so that of many features the few that matter keep their weight and the rest
lose it. An action of few data is its family's, an action of many its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.boosting import sigmoid

COUNT_NEWTON, COUNT_RELEVANCE = 3, 10
FIRST_VARIANCE, INTERCEPT_VARIANCE = 0.05, 1.0
# Inverse gamma prior of a variance: a coefficient of 0.03 is as good as none.
VARIANCE_SHAPE, VARIANCE_SCALE = 0.5, 0.0005
ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class AdditiveRows:
    """What additive effects are learnt from.

    Attributes:
        values: terms, float32 [n × term]; arm: 0 for no action, else number of the action, [n].
        outcome: 0..1, [n]; weight: [n]; offset: logit whatever is done, [n]; units: accounts, [n].
    """

    values: np.ndarray
    arm: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    offset: np.ndarray
    units: np.ndarray

    def take(self, index: np.ndarray) -> "AdditiveRows":
        return AdditiveRows(
            self.values[index], self.arm[index], self.outcome[index], self.weight[index], self.offset[index],
            self.units[index],
        )  # fmt: skip


@dataclass(frozen=True)
class AdditiveFit:
    """Coefficients of the logit beyond the offset.

    Attributes:
        arms: [1 + action × term], no action first; families: of a new action of each family, [family × term].
        covariance: of each action's coefficients beyond no action's, [action × term × term].
        family_covariance: the same of a new action of each family, [family × term × term].
    """

    arms: np.ndarray
    families: np.ndarray
    covariance: np.ndarray
    family_covariance: np.ndarray


def fit_additive(rows: AdditiveRows, family_of: Sequence[int], count_families: int) -> AdditiveFit:
    """Coefficients and their covariance.

    Args:
        family_of: number of the family of each action, in the order of the arms.

    The covariance is the posterior's, times how much accounts that move together and unequal weights add to it.
    """
    posterior = _Posterior(rows.values.shape[1], family_of, count_families)
    for _ in range(COUNT_NEWTON):
        posterior.update(*_curvature(rows, posterior.arms()))
    inflation = _inflation(rows, posterior.arms())
    return AdditiveFit(
        posterior.arms(),
        posterior.families(),
        inflation * posterior.covariance(),
        inflation * posterior.family_covariance(),
    )


class _Posterior:
    """Blocks of coefficients: shared (all, then each family) and each action's own.

    Given the shared blocks the own ones are independent, so the Hessian is an arrow and its inverse is cheap.
    """

    def __init__(self, count_terms: int, family_of: Sequence[int], count_families: int):
        count = len(family_of)
        self.terms, self.shared = count_terms, 1 + count_families
        self.belongs = np.zeros((1 + count, self.shared))
        self.belongs[:, 0] = 1.0
        self.belongs[np.arange(1, 1 + count), 1 + np.asarray(family_of, dtype=int)] = 1.0
        self.weights = np.zeros((self.shared, count_terms))
        self.own = np.zeros((count, count_terms))
        self.variance = np.full((self.shared, count_terms), FIRST_VARIANCE)
        self.own_variance = np.full((count, count_terms), FIRST_VARIANCE)

    def arms(self) -> np.ndarray:
        """[1 + action × term]"""
        return self.belongs @ self.weights + np.concatenate([np.zeros((1, self.terms)), self.own])

    def families(self) -> np.ndarray:
        """[family × term]"""
        return self.weights[0] + self.weights[1:]

    def update(self, gram: np.ndarray, gradient: np.ndarray) -> None:
        """Means and variances for the quadratic around the present coefficients: [arm × term × term], [arm × term]."""
        target = gradient + np.einsum("aij,aj->ai", gram, self.arms())
        for _ in range(COUNT_RELEVANCE):
            self._solve(gram, target)
            self.variance = _relevance(self.weights, np.einsum("bibi->bi", self._shared_covariance))
            self.own_variance = _relevance(self.own, np.einsum("aii->ai", self._own_covariance()))

    def _solve(self, gram: np.ndarray, target: np.ndarray) -> None:
        size = self.shared * self.terms
        self._gram = gram[1:]
        self._inverse = np.linalg.inv(self._gram + _diagonal(1 / self.own_variance))
        kept = gram.copy()
        kept[1:] -= self._gram @ self._inverse @ self._gram
        right = target.copy()
        right[1:] -= np.einsum("aij,ajk,ak->ai", self._gram, self._inverse, target[1:])
        hessian = np.einsum("ab,ac,aij->bicj", self.belongs, self.belongs, kept).reshape(size, size)
        covariance = np.linalg.inv(hessian + np.diag(1 / self.variance.ravel()))
        self.weights = (covariance @ (self.belongs.T @ right).ravel()).reshape(self.shared, self.terms)
        self._shared_covariance = covariance.reshape(self.shared, self.terms, self.shared, self.terms)
        common = (self.belongs @ self.weights)[1:]
        rest = target[1:] - np.einsum("aij,aj->ai", self._gram, common)
        self.own = np.einsum("aij,aj->ai", self._inverse, rest)

    def _own_covariance(self) -> np.ndarray:
        belongs = self.belongs[1:]
        common = np.einsum("ab,ac,bicj->aij", belongs, belongs, self._shared_covariance, optimize=True)
        passed = self._inverse @ self._gram
        return self._inverse + passed @ common @ passed.transpose(0, 2, 1)

    def covariance(self) -> np.ndarray:
        """Of own plus family, [action × term × term]."""
        found = []
        for own, inverse, gram in zip(self.belongs[1:, 1:], self._inverse, self._gram, strict=True):
            family = 1 + int(own.argmax())
            passed = inverse @ gram
            jacobian = np.concatenate([-passed, np.eye(self.terms) - passed], axis=1)
            found.append(inverse + jacobian @ self._joint(family) @ jacobian.T)
        return np.array(found)

    def family_covariance(self) -> np.ndarray:
        """Of a new action of each family, whose own part is only believed, [family × term × term]."""
        own = self.own_variance.mean(axis=0) if len(self.own) else np.full(self.terms, FIRST_VARIANCE)
        blocks = [self._shared_covariance[family, :, family, :] for family in range(1, self.shared)]
        return np.array([block + np.diag(own) for block in blocks])

    def _joint(self, family: int) -> np.ndarray:
        both = self._shared_covariance[np.ix_([0, family], range(self.terms), [0, family], range(self.terms))]
        return both.reshape(2 * self.terms, 2 * self.terms)


def _relevance(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Most probable prior variance of each coefficient; the first, the intercept, keeps a wide one."""
    found = (mean**2 + variance + 2 * VARIANCE_SCALE) / (1 + 2 * VARIANCE_SHAPE)
    found[:, 0] = INTERCEPT_VARIANCE
    return found


def _diagonal(values: np.ndarray) -> np.ndarray:
    return np.eye(values.shape[1]) * values[:, None, :]


def _curvature(rows: AdditiveRows, arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information matrix and gradient of each arm's log likelihood, [arm × term × term] and [arm × term]."""
    count, terms = arms.shape
    gram, gradient = np.zeros((count, terms, terms)), np.zeros((count, terms))
    for arm in range(count):
        index = np.flatnonzero(rows.arm == arm)
        for start in range(0, len(index), ROWS_AT_ONCE):
            part = index[start : start + ROWS_AT_ONCE]
            values = rows.values[part]
            expected = sigmoid(rows.offset[part] + values @ arms[arm])
            curved = (rows.weight[part] * expected * (1 - expected)).astype(np.float32)
            gram[arm] += values.T @ (values * curved[:, None])
            gradient[arm] += values.T.astype(np.float64) @ (rows.weight[part] * (rows.outcome[part] - expected))
    return gram, gradient


def _inflation(rows: AdditiveRows, arms: np.ndarray) -> float:
    """Variance of the gradient with accounts as units, against that of independent rows of weight 1; at least 1."""
    residual = np.empty(len(rows.arm))
    for arm in range(len(arms)):
        of = rows.arm == arm
        residual[of] = rows.outcome[of] - sigmoid(rows.offset[of] + rows.values[of] @ arms[arm])
    _, codes = np.unique(rows.units, return_inverse=True)
    groups, codes = np.unique(codes * len(arms) + rows.arm, return_inverse=True)
    pushed = rows.weight * residual
    observed = expected = 0.0
    for term in range(rows.values.shape[1]):
        values = rows.values[:, term]
        information = (rows.weight * residual**2 * values**2).sum()
        if information > 0:
            sums = np.bincount(codes, weights=pushed * values, minlength=len(groups))
            observed += (sums**2).sum() / information
            expected += 1.0
    return max(1.0, observed / expected) if expected else 1.0
