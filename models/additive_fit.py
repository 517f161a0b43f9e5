"""Additive effects on a logit, learnt for all actions at once: few terms matter, and actions of a family are alike.

The logit of the goal under action a is offset + x·c + x·f(family of a) + x·b(a), and offset + x·c under no action. Each
coefficient has a normal prior around 0 with a variance of its own, which is learnt too (automatic relevance
determination: MacKay 1992, Tipping 2001), so that of many features the few that matter keep their weight and the rest
lose it. An action of few data is its family's, an action of many its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
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

    Accounts that move together, the same outcome seen from several nights and unequal weights tell less than as many
    independent rows: the likelihood of each arm is taken down to what it tells (Ribatet et al. 2012, "Bayesian
    inference from composite likelihoods"). Else chance would pass for relevance where rows are many and outcomes few.

    Args:
        family_of: number of the family of each action, in the order of the arms.
    """
    rows = replace(rows, weight=rows.weight / _inflation(rows, 1 + len(family_of))[rows.arm])
    posterior = Posterior(rows.values.shape[1], family_of, count_families)
    # Blocks are small: a second thread would mostly wait, by spinning.
    with threadpool_limits(1, "blas"):
        for _ in range(COUNT_NEWTON):
            before = posterior.coefficients
            posterior.update(*_curvature(rows, posterior.arms()))
            posterior.step_back(before, lambda arms: _log_likelihood(rows, arms))
    return AdditiveFit(posterior.arms(), posterior.families(), posterior.covariance(), posterior.family_covariance())


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


def _inflation(rows: AdditiveRows, count_arms: int) -> np.ndarray:
    """Variance of each arm's gradient with accounts as units, against that of independent rows of weight 1; at least
    1, [arm]. The gradient is that around the arm's own average.
    """
    found = np.ones(count_arms)
    for arm in range(count_arms):
        of = np.flatnonzero(rows.arm == arm)
        if not len(of):
            continue
        surprise = rows.outcome[of] - sigmoid(rows.offset[of])
        surprise -= np.average(surprise, weights=rows.weight[of])
        units, codes = np.unique(rows.units[of], return_inverse=True)
        pushed = (rows.weight[of] * surprise).astype(np.float32)[:, None] * rows.values[of]
        by_unit = (
            sp.csr_array((np.ones(len(of), np.float32), (codes, np.arange(len(of)))), (len(units), len(of))) @ pushed
        )
        independent = (rows.weight[of] * surprise**2) @ rows.values[of] ** 2
        told = independent > 0
        found[arm] = max(1.0, float(((by_unit**2).sum(axis=0)[told] / independent[told]).mean())) if told.any() else 1.0
    return found
