"""Makes scores mean what they say: probabilities that come true as often as stated."""

import json
from dataclasses import asdict, dataclass

import numpy as np

from models.boosting import logit, sigmoid


@dataclass(frozen=True)
class LogisticCalibrator:
    """p' = sigmoid(intercept + slope · logit p). Monotone, so it keeps the ranking (Platt 1999).

    Two parameters, since rare outcomes can't carry an isotonic curve without ties and jumps.
    """

    intercept: float = 0.0
    slope: float = 1.0

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return sigmoid(self.intercept + self.slope * logit(probability))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "LogisticCalibrator":
        return cls(**json.loads(text))


def fit_calibrator(probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> LogisticCalibrator:
    """Calibration from predictions of rows that the model didn't see.

    The slope has a weak prior at 1 (sd 0.5), so that few outcomes don't bend it; a model that ranks worse than chance
    gets slope 0 and predicts the base rate for all.

    Args:
        probability: predictions, [n]; outcome: 0/1, [n]; weight: [n].
    """
    scores = logit(probability)
    prior_precision = 1 / 0.5**2
    intercept, slope = 0.0, 1.0
    for _ in range(50):
        expected = sigmoid(intercept + slope * scores)
        residual = weight * (outcome - expected)
        hessian = weight * expected * (1 - expected)
        gradient = np.array([residual.sum(), (residual * scores).sum() - prior_precision * (slope - 1)])
        cross = (hessian * scores).sum()
        curvature = np.array([[hessian.sum(), cross], [cross, (hessian * scores**2).sum() + prior_precision]])
        step = np.clip(np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient), -2.0, 2.0)
        intercept, slope = intercept + step[0], slope + step[1]
        if np.abs(step).max() < 1e-8:
            break
    if slope <= 0:
        return LogisticCalibrator(float(logit(np.average(outcome, weights=weight))), 0.0)
    return LogisticCalibrator(float(intercept), float(slope))


def expected_calibration_error(
    probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None, count_bins: int = 10
) -> float:
    """Mean distance between stated probability and observed rate, over bins of equally many rows."""
    stated, observed, share = reliability(probability, outcome, weight, count_bins)
    return float((share * np.abs(stated - observed)).sum())


def reliability(
    probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None, count_bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stated probability, observed rate and share of weight of each bin; bins hold equal weight."""
    weight = np.ones(len(probability)) if weight is None else weight
    order = np.argsort(probability, kind="stable")
    ranks = np.cumsum(weight[order]) - weight[order] / 2
    bins = np.minimum((ranks / weight.sum() * count_bins).astype(int), count_bins - 1)
    total = np.bincount(bins, weights=weight[order], minlength=count_bins)
    filled = total > 0
    stated = np.bincount(bins, weights=(weight * probability)[order], minlength=count_bins)
    observed = np.bincount(bins, weights=(weight * outcome)[order], minlength=count_bins)
    return stated[filled] / total[filled], observed[filled] / total[filled], total[filled] / total.sum()
