"""How well predicted uplift ranks people: the Qini curve, its normalised coefficient and an interval.

Definition: people are sorted by predicted uplift, best first. The curve is treated outcomes minus control outcomes
scaled to the treated, so far (Radcliffe 2007). The coefficient is the area above the straight line of a random order,
divided by that area for a perfect order, in which every treated success and no control success comes first: random 0,
perfect 1. Without weights this is scikit-uplift's `qini_auc_score(negative_effect=True)`, so figures compare.
"""

from dataclasses import dataclass

import numpy as np

from models.grouping import weighted_slope


@dataclass(frozen=True)
class QiniResult:
    """Normalised Qini coefficient with its bootstrap interval."""

    coefficient: float
    lower: float
    upper: float


def qini_curve(
    outcome: np.ndarray, uplift: np.ndarray, is_treated: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of people so far and incremental outcomes so far, both starting at 0; equal uplifts are one step.

    Args:
        outcome: 0/1 or an amount, [n]; uplift: predicted, [n]; is_treated: 0/1, [n].
        weight: 1 / probability of the treatment received, [n]; None for a trial with constant shares.
    """
    weight = np.ones(len(outcome)) if weight is None else weight
    order, steps = _order(uplift)
    return _curve(order, steps, outcome, np.asarray(is_treated, dtype=float), weight)


def qini_coefficient(
    outcome: np.ndarray, uplift: np.ndarray, is_treated: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """The normalised coefficient of the module's definition; 0 where no order could be better than another.

    Raises:
        ValueError: lengths differ, a uplift is NaN, or treated or control people are missing.
    """
    weight = np.ones(len(outcome)) if weight is None else np.asarray(weight, dtype=float)
    is_treated = np.asarray(is_treated, dtype=float)
    if not len(outcome) == len(uplift) == len(is_treated) == len(weight):
        raise ValueError("outcome, uplift, is_treated and weight must have the same length")
    if np.isnan(uplift).any():
        raise ValueError("predicted uplift holds NaN")
    if not 0 < is_treated.sum() < len(is_treated):
        raise ValueError("Qini needs treated and control people")
    return _coefficient(_order(uplift), _order(_ideal(outcome, is_treated)), outcome, is_treated, weight)


def qini_interval(
    outcome: np.ndarray,
    uplift: np.ndarray,
    is_treated: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    units: np.ndarray | None = None,
    count_draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> QiniResult:
    """The coefficient with a percentile bootstrap interval; with `units`, whole units are drawn."""
    coefficient = qini_coefficient(outcome, uplift, is_treated, weight)
    weight = np.ones(len(outcome)) if weight is None else np.asarray(weight, dtype=float)
    is_treated = np.asarray(is_treated, dtype=float)
    codes = np.arange(len(outcome)) if units is None else np.unique(units, return_inverse=True)[1]
    orders = _order(uplift), _order(_ideal(outcome, is_treated))
    generator = np.random.default_rng(seed)
    count = codes.max() + 1
    draws = []
    for _ in range(count_draws):
        times = np.bincount(generator.integers(0, count, count), minlength=count)[codes]
        if (times * is_treated).any() and (times * (1 - is_treated)).any():
            draws.append(_coefficient(*orders, outcome, is_treated, weight * times))
    tail = (1 - level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return QiniResult(coefficient, float(lower), float(upper))


def uplift_slope(
    outcome: np.ndarray, uplift: np.ndarray, is_treated: np.ndarray, weight: np.ndarray, units: np.ndarray
) -> tuple[float, float]:
    """By how much the true uplift changes when the predicted changes by 1 (1 is calibrated), and its standard error.

    The difference of the outcome's slopes among treated and control people, so what drives outcomes without any
    treatment drops out.
    """
    treated = np.asarray(is_treated, dtype=bool)
    slope, error = weighted_slope(uplift[treated], outcome[treated], weight[treated], units[treated])
    control_slope, control_error = weighted_slope(
        uplift[~treated], outcome[~treated], weight[~treated], units[~treated]
    )
    return slope - control_slope, float(np.hypot(error, control_error))


def _ideal(outcome: np.ndarray, is_treated: np.ndarray) -> np.ndarray:
    return outcome * is_treated - outcome * (1 - is_treated)


def _order(uplift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows from the highest uplift down, and the last position of each run of equal uplifts."""
    order = np.argsort(uplift, kind="stable")[::-1]
    steps = np.r_[np.flatnonzero(np.diff(uplift[order])), len(order) - 1]
    return order, steps


def _curve(
    order: np.ndarray, steps: np.ndarray, outcome: np.ndarray, is_treated: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    treated, control = weight * is_treated, weight * (1 - is_treated)
    weight_treated, weight_control, outcome_treated, outcome_control = (
        np.cumsum(values[order])[steps] for values in (treated, control, treated * outcome, control * outcome)
    )
    scale = np.divide(weight_treated, weight_control, out=np.zeros(len(steps)), where=weight_control > 0)
    return np.r_[0.0, weight_treated + weight_control], np.r_[0.0, outcome_treated - outcome_control * scale]


def _coefficient(
    actual: tuple[np.ndarray, np.ndarray],
    ideal: tuple[np.ndarray, np.ndarray],
    outcome: np.ndarray,
    is_treated: np.ndarray,
    weight: np.ndarray,
) -> float:
    people, gain = _curve(*actual, outcome, is_treated, weight)
    ideal_people, ideal_gain = _curve(*ideal, outcome, is_treated, weight)
    random_area = ideal_people[-1] * ideal_gain[-1] / 2
    ideal_area = np.trapezoid(ideal_gain, ideal_people) - random_area
    if ideal_area <= 0:
        return 0.0
    return float((np.trapezoid(gain, people) - random_area) / ideal_area)
