"""Makes scores mean what they say: probabilities that come true as often as stated.

Three monotone curves, so that the ranking stays: logistic (Platt 1999), beta (Kull, Silva Filho and Flach 2017) and
isotonic (Zadrozny and Elkan 2002). The simplest is taken, unless another does better on accounts it wasn't fitted on.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from sklearn.isotonic import IsotonicRegression

from models.boosting import logit, sigmoid
from models.grouping import group_folds, weighted_mean

COUNT_FOLDS = 5
# Few outcomes don't bend a curve: slopes are believed to be 1, give or take this.
SLOPE_DEVIATION = 0.5


@dataclass(frozen=True)
class LogisticCalibrator:
    """p' = sigmoid(intercept + slope · logit p)."""

    intercept: float = 0.0
    slope: float = 1.0

    kind: ClassVar[str] = "logistic"

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return sigmoid(self.intercept + self.slope * logit(probability))

    def to_json(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)})


@dataclass(frozen=True)
class BetaCalibrator:
    """p' = sigmoid(intercept + low · ln p - high · ln(1 - p)): bends differently at small and at large p."""

    intercept: float
    low: float
    high: float

    kind: ClassVar[str] = "beta"

    def apply(self, probability: np.ndarray) -> np.ndarray:
        inside = np.clip(probability, 1e-9, 1 - 1e-9)
        return sigmoid(self.intercept + self.low * np.log(inside) - self.high * np.log1p(-inside))

    def to_json(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)})


@dataclass(frozen=True)
class IsotonicCalibrator:
    """Straight lines between the centres of the blocks of an isotonic regression, so that few get the same value.

    Attributes:
        stated: mean prediction of each block, rising; observed: its rate, rising.
    """

    stated: tuple[float, ...]
    observed: tuple[float, ...]

    kind: ClassVar[str] = "isotonic"

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.interp(probability, self.stated, self.observed)

    def to_json(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)})


Calibrator = LogisticCalibrator | BetaCalibrator | IsotonicCalibrator


def calibrator_from_json(text: str) -> Calibrator:
    """The calibrator of `to_json`.

    Raises:
        KeyError: there is no such kind.
    """
    content = json.loads(text)
    kinds: dict[str, Callable[..., Calibrator]] = {
        each.kind: each for each in (LogisticCalibrator, BetaCalibrator, IsotonicCalibrator)
    }
    make = kinds[content.pop("kind")]
    return make(**{name: tuple(value) if isinstance(value, list) else value for name, value in content.items()})


def choose_calibrator(
    probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray, units: np.ndarray, seed: int
) -> Calibrator:
    """The logistic curve, unless the beta or then the isotonic one has a log loss that is lower by more than its
    standard error on accounts that it wasn't fitted on.

    Args:
        probability: predictions of rows that the model didn't see; outcome: 0/1; weight; units: accounts; each [n].
    """
    fits = {"logistic": fit_logistic, "beta": fit_beta, "isotonic": fit_isotonic}
    folds = group_folds(units, COUNT_FOLDS, seed)
    losses = {kind: np.zeros(len(outcome)) for kind in fits}
    for fold in range(COUNT_FOLDS):
        seen, unseen = folds != fold, folds == fold
        if not (unseen.any() and 0 < outcome[seen].sum() < seen.sum()):
            return fit_logistic(probability, outcome, weight)
        for kind, fit in fits.items():
            curve = fit(probability[seen], outcome[seen], weight[seen])
            losses[kind][unseen] = row_log_loss(outcome[unseen], curve.apply(probability[unseen]))
    chosen = "logistic"
    for kind in ("beta", "isotonic"):
        gain, error = weighted_mean(losses[chosen] - losses[kind], weight, units)
        chosen = kind if gain > error else chosen
    return fits[chosen](probability, outcome, weight)


def fit_logistic(probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> LogisticCalibrator:
    """A model that ranks worse than chance gets slope 0: the base rate for all. Each array [n]."""
    intercept, slope = _fit_curve(logit(probability)[:, None], outcome, weight)
    if slope <= 0:
        return LogisticCalibrator(float(logit(np.average(outcome, weights=weight))), 0.0)
    return LogisticCalibrator(float(intercept), float(slope))


def fit_beta(probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> Calibrator:
    """A slope that comes out negative is 0, as in the paper's own code; if both do, it is the base rate for all."""
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    design = np.column_stack([np.log(inside), -np.log1p(-inside)])
    intercept, low, high = _fit_curve(design, outcome, weight)
    if low < 0 <= high:
        (intercept, high), low = _fit_curve(design[:, 1:], outcome, weight), 0.0
    elif high < 0 <= low:
        (intercept, low), high = _fit_curve(design[:, :1], outcome, weight), 0.0
    if low < 0 or high < 0:
        return fit_logistic(probability, outcome, weight)
    return BetaCalibrator(float(intercept), float(low), float(high))


def fit_isotonic(probability: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> IsotonicCalibrator:
    """Each block's rate is shrunk to the rate of all as by one row, so that none is 0 or 1. Each array [n]."""
    values = IsotonicRegression().fit_transform(probability, outcome, sample_weight=weight)
    _, blocks = np.unique(values, return_inverse=True)
    total = np.bincount(blocks, weights=weight)
    stated = np.bincount(blocks, weights=weight * probability) / total
    reached = np.bincount(blocks, weights=weight * outcome)
    a_row, rate = float(weight.mean()), float(np.average(outcome, weights=weight))
    observed = np.maximum.accumulate((reached + a_row * rate) / (total + a_row))
    return IsotonicCalibrator(tuple(stated.tolist()), tuple(observed.tolist()))


def _fit_curve(design: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Intercept and slopes of a logistic regression with normal priors on the slopes, by Newton's method, [1 + k]."""
    count = design.shape[1]
    columns = np.column_stack([np.ones(len(outcome)), design])
    # the two slopes of a beta curve move one slope between them, so each is held more loosely
    precision = np.diag([1e-9, *[1 / (count * SLOPE_DEVIATION**2)] * count])
    prior = np.array([0.0, *[1.0] * count])
    parameters = prior.copy()
    for _ in range(100):
        expected = sigmoid(columns @ parameters)
        gradient = columns.T @ (weight * (outcome - expected)) - precision @ (parameters - prior)
        curvature = (columns * (weight * expected * (1 - expected))[:, None]).T @ columns + precision
        step = np.clip(np.linalg.solve(curvature + 1e-9 * np.eye(count + 1), gradient), -2.0, 2.0)
        parameters = parameters + step
        if np.abs(step).max() < 1e-8:
            break
    return parameters


def row_log_loss(outcome: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Log loss of each row, [n]."""
    inside = np.clip(probability, 1e-7, 1 - 1e-7)
    return -(outcome * np.log(inside) + (1 - outcome) * np.log1p(-inside))


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
