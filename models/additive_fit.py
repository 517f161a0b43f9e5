"""Additive effects on a logit, learnt for all actions at once: few terms matter, and actions of a family are alike.

The logit of the goal under action a is offset + x·c + x·f(family of a) + x·b(a), and offset + x·c under no action. Each
coefficient has a normal prior around 0 with a variance of its own, which is learnt too (automatic relevance
determination: MacKay 1992, Tipping 2001), so that of many features the few that matter keep their weight and the rest
lose it. An action of few data is its family's, an action of many its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from models.additive_posterior import Posterior
from models.boosting import sigmoid

COUNT_NEWTON = 4
ROWS_AT_ONCE = 20_000


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
    posterior = Posterior(rows.values.shape[1], family_of, count_families)
    # Blocks are small: a second thread would mostly wait, by spinning.
    with threadpool_limits(1, "blas"):
        for _ in range(COUNT_NEWTON):
            before = posterior.coefficients
            posterior.update(*_curvature(rows, posterior.arms()))
            posterior.step_back(before, lambda arms: _log_likelihood(rows, arms))
    inflation = _inflation(rows, posterior.arms())
    return AdditiveFit(
        posterior.arms(),
        posterior.families(),
        inflation * posterior.covariance(),
        inflation * posterior.family_covariance(),
    )


def _log_likelihood(rows: AdditiveRows, arms: np.ndarray) -> float:
    total = 0.0
    for arm, coefficients in enumerate(arms):
        of = np.flatnonzero(rows.arm == arm)
        margin = rows.offset[of] + rows.values[of] @ coefficients.astype(np.float32)
        total += float((rows.weight[of] * (rows.outcome[of] * margin - np.logaddexp(0, margin))).sum())
    return total


def _curvature(rows: AdditiveRows, arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information matrix and gradient of each arm's log likelihood, [arm × term × term] and [arm × term]."""
    count, terms = arms.shape
    gram, gradient = np.zeros((count, terms, terms)), np.zeros((count, terms))
    for arm in range(count):
        index = np.flatnonzero(rows.arm == arm)
        for start in range(0, len(index), ROWS_AT_ONCE):
            part = index[start : start + ROWS_AT_ONCE]
            values = rows.values[part]
            expected = sigmoid(rows.offset[part] + values @ arms[arm].astype(np.float32))
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
