"""What models state, held against what came: outcomes against probabilities, measured against stated effects.

Errors are clustered by account: contacts of one account answer alike. As the figures are many and looked at each night,
what may be chance is judged at one in ten thousand.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma, norm

# Two-sided, one in ten thousand.
SURE = 3.89


@dataclass(frozen=True)
class Compared:
    """A figure, what it was expected to be, and where the truth may lie.

    Attributes:
        value, low, high: the figure and its interval.
        count, outcomes: rows, and how many of them reached the goal (or got the action).
        stated, came: rates or effects that are compared.
    """

    value: float
    low: float
    high: float
    count: int
    outcomes: float
    stated: float
    came: float


def clustered_error(influence: np.ndarray, units: np.ndarray) -> float:
    """Standard error of a sum of influences [n], added up by unit first."""
    _, unit = np.unique(units, return_inverse=True)
    by_unit = np.bincount(unit, influence)
    return float(np.sqrt((by_unit**2).sum()))


def outcomes_as_stated(outcome: np.ndarray, probability: np.ndarray, units: np.ndarray) -> Compared:
    """How many outcomes came for each that was stated: 1 is as stated.

    The interval is exact for counts (Garwood, 1936), of as many outcomes as those of accounts alike are worth.

    Args:
        outcome: 0..1 [n]; probability: what was stated [n]; units: account, or contact without one [n].
    """
    came, stated = float(outcome.sum()), float(probability.sum())
    ratio = came / stated
    # How many outcomes make one independent one.
    design = max(clustered_error(outcome - ratio * probability, units) ** 2 / max(came, 1.0), 1.0)
    independent = came / design
    return Compared(
        value=ratio,
        low=float(gamma.ppf(norm.sf(SURE), independent) * design / stated) if came else 0.0,
        high=float(gamma.isf(norm.sf(SURE), independent + 1) * design / stated),
        count=len(outcome),
        outcomes=came,
        stated=stated / len(outcome),
        came=came / len(outcome),
    )


def effect_as_stated(
    outcome: np.ndarray, is_treated: np.ndarray, probability: np.ndarray, stated: np.ndarray, units: np.ndarray
) -> Compared | None:
    """Share of an action's stated effect that is missing among randomised choices; None where it can't be told.

    Weighted by one over the logged probability (Hájek), so that whoever was likelier to get the action counts less.

    Args:
        outcome: 0..1 [n]; is_treated: got the action, the others got none though they could get it [n];
        probability: of what was got [n]; stated: effect of the action [n]; units: account, or contact without one [n].
    """
    if not is_treated.any() or is_treated.all():
        return None
    weight = 1 / probability
    mean_stated = float(np.average(stated, weights=weight))
    if mean_stated == 0:
        return None
    influence = np.zeros(len(outcome))
    means = []
    for part, sign in ((is_treated, 1.0), (~is_treated, -1.0)):
        share = weight[part] / weight[part].sum()
        mean = float(share @ outcome[part])
        influence[part] = sign * share * (outcome[part] - mean)
        means.append(mean)
    # One outcome more on the smaller side: where none came, that none come isn't certain.
    floor = float(np.max([(weight[part] / weight[part].sum()).max() for part in (is_treated, ~is_treated)]))
    error = float(np.hypot(clustered_error(influence, units), floor))
    measured = means[0] - means[1]
    missing = np.array([mean_stated - measured, -SURE * error, SURE * error]) / abs(mean_stated)
    return Compared(
        value=float(missing[0]),
        low=float(missing[0] + missing[1]),
        high=float(missing[0] + missing[2]),
        count=int(is_treated.sum()),
        outcomes=float(outcome[is_treated].sum()),
        stated=mean_stated,
        came=measured,
    )
