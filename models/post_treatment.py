"""Features that tell who got what chance assigned: they know what came after (Rosenbaum 1984)."""

import numpy as np

from models.encoding import FeatureEncoder
from models.grouping import weighted_mean
from models.leaks import LeftOut, positions_of

# This many standard errors and deviations apart no honest feature comes, whatever the number of features.
LEAST_ERRORS, LEAST_DEVIATIONS = 6.0, 0.15


def find_post_treatment(
    encoder: FeatureEncoder, features: np.ndarray, is_treated: np.ndarray, weight: np.ndarray, units: np.ndarray
) -> tuple[LeftOut, ...]:
    """Features that differ between those to whom chance gave an action and those to whom it gave none.

    Args:
        features: encoded, [n × d], of the treated and of those who could have been; is_treated: bool; weight:
            1 / probability of what was given; units: accounts; each [n].
    """
    if min(is_treated.sum(), (~is_treated).sum()) < 2:
        return ()
    found = []
    for column, at in positions_of(encoder).items():
        apart = [_apart(values, is_treated, weight, units) for each in at for values in _looks(features[:, each])]
        if any(errors >= LEAST_ERRORS and deviations >= LEAST_DEVIATIONS for errors, deviations in apart):
            largest = max(deviations for _, deviations in apart)
            reason = f"it tells who got what chance assigned ({largest:.2f} deviations apart): known only afterwards"
            found.append(LeftOut(column.name, reason))
    return tuple(found)


def _looks(values: np.ndarray) -> list[np.ndarray]:
    """A column as ranks from 0 to 1, and whether it is missing; only what varies."""
    is_missing = np.isnan(values)
    _, codes, counts = np.unique(values[~is_missing], return_inverse=True, return_counts=True)
    ranks = np.full(len(values), 0.5)
    ranks[~is_missing] = ((np.cumsum(counts) - counts / 2) / max(counts.sum(), 1))[codes]
    return [each for each in (ranks, is_missing.astype(np.float64)) if each.min() < each.max()]


def _apart(values: np.ndarray, is_treated: np.ndarray, weight: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """Distance of the two weighted means in standard errors, accounts clustered, and in standard deviations."""
    (mean, error), (other, other_error) = (
        weighted_mean(values[rows], weight[rows], units[rows]) for rows in (is_treated, ~is_treated)
    )
    distance, noise = abs(mean - other), float(np.hypot(error, other_error))
    return distance / max(noise, 1e-12), distance / float(values.std())
