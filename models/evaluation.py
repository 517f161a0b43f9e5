"""What another policy would have brought, from logged choices with known probabilities.

- IPS (Horvitz, Thompson 1952): rewards weighted by `target probability / logged probability`; unbiased, noisy.
- SNIPS (Swaminathan, Joachims 2015): the same over the sum of weights; less noisy, slightly biased in small logs.
- DR (Dudík, Langford, Li 2011): a model's prediction, corrected by the weighted residuals; unbiased where the logged
  probabilities are right, and less noisy the better the model.

Intervals come from the influence function; rows that depend on each other (people of one account) are summed by
cluster.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Log:
    """Logged choices.

    Attributes:
        reward: float64 [rows].
        logged_probability: float64 [rows], probability of the logged choice when it was made; positive.
        target_probability: float64 [rows], probability with which the policy in question makes that choice.
        cluster: [rows], rows with the same value depend on each other; None: rows are independent.
    """

    reward: np.ndarray
    logged_probability: np.ndarray
    target_probability: np.ndarray
    cluster: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not (self.logged_probability > 0).all():
            raise ValueError("a logged probability is not positive: nothing can be learnt from that row")

    @property
    def weight(self) -> np.ndarray:
        return self.target_probability / self.logged_probability


@dataclass(frozen=True)
class Estimate:
    """A value per row with its interval.

    Attributes:
        value, low, high, standard_error: of the mean reward per row.
        effective_rows: how many equally weighted rows would tell as much, (sum w)² / sum w².
        influence: float64 [clusters], what each cluster moves the value by; for differences of two estimates.
    """

    value: float
    low: float
    high: float
    standard_error: float
    effective_rows: float
    influence: np.ndarray


def estimate_ips(log: Log) -> Estimate:
    """Inverse propensity score."""
    terms = log.weight * log.reward
    return _estimate(terms.mean(), terms - terms.mean(), log)


def estimate_snips(log: Log) -> Estimate:
    """Self-normalised inverse propensity score.

    Raises:
        ValueError: the policy makes none of the logged choices.
    """
    weight = log.weight
    if weight.sum() == 0:
        raise ValueError("the policy makes none of the logged choices")
    value = float(weight @ log.reward / weight.sum())
    return _estimate(value, weight * (log.reward - value) / weight.mean(), log)


def estimate_dr(log: Log, predicted_logged: np.ndarray, predicted_policy: np.ndarray) -> Estimate:
    """Doubly robust.

    Args:
        log: the log.
        predicted_logged: float64 [rows], a model's reward of the logged choice. The model must not have seen the row.
        predicted_policy: float64 [rows], its reward of the policy's choice, averaged over the policy's probabilities.
    """
    terms = predicted_policy + log.weight * (log.reward - predicted_logged)
    return _estimate(terms.mean(), terms - terms.mean(), log)


def estimate_difference(one: Estimate, other: Estimate, level: float = LEVEL) -> Estimate:
    """How much more `one` brings than `other`, both from the same log."""
    influence = one.influence - other.influence
    effective = min(one.effective_rows, other.effective_rows)
    return _with_interval(one.value - other.value, influence, effective, level)


def _estimate(value: float, contribution: np.ndarray, log: Log) -> Estimate:
    """From each row's contribution to the value's error, [rows]."""
    rows = len(contribution)
    if log.cluster is None:
        influence = contribution / rows
    else:
        _, position = np.unique(log.cluster, return_inverse=True)
        influence = np.bincount(position, weights=contribution) / rows
    weight = log.weight
    squares = float(weight @ weight)
    effective = float(weight.sum() ** 2 / squares) if squares > 0 else 0.0
    return _with_interval(float(value), influence, effective, LEVEL)


def _with_interval(value: float, influence: np.ndarray, effective_rows: float, level: float) -> Estimate:
    clusters = len(influence)
    error = float(np.sqrt((influence**2).sum() * clusters / max(clusters - 1, 1)))
    reach = float(stats.t.ppf((1 + level) / 2, max(clusters - 1, 1))) * error
    return Estimate(value, value - reach, value + reach, error, effective_rows, influence)
