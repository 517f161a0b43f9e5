"""People of one account influence each other, so accounts, never rows, are split, resampled and counted."""

import numpy as np


def group_folds(units: np.ndarray, count: int, seed: int) -> np.ndarray:
    """A fold 0..count-1 for each row; all rows of a unit in one fold, folds with equally many units.

    Args:
        units: account of each row (the contact where there is none), [n].
        count: number of folds.
        seed: equal seeds and units give equal folds.
    """
    distinct, codes = np.unique(units, return_inverse=True)
    folds = np.random.default_rng(seed).permutation(len(distinct)) % count
    return folds[codes]


def weighted_mean(values: np.ndarray, weight: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """The weighted mean and its standard error, rows of one unit taken as one observation (linearised ratio)."""
    total = weight.sum()
    mean = float((weight * values).sum() / total)
    _, codes = np.unique(units, return_inverse=True)
    by_unit = np.bincount(codes, weights=weight * (values - mean))
    count = len(by_unit)
    if count < 2:
        return mean, float("inf")
    return mean, float(np.sqrt(count / (count - 1) * (by_unit**2).sum()) / total)


def weighted_slope(x: np.ndarray, y: np.ndarray, weight: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """Slope of the weighted regression of y on x, and its standard error robust to correlation within units.

    Without variation in x, the slope is 0 with an infinite standard error.
    """
    total = weight.sum()
    centred_x = x - (weight * x).sum() / total
    centred_y = y - (weight * y).sum() / total
    spread = float((weight * centred_x**2).sum())
    if spread <= 1e-12 * total:
        return 0.0, float("inf")
    slope = float((weight * centred_x * centred_y).sum() / spread)
    _, codes = np.unique(units, return_inverse=True)
    by_unit = np.bincount(codes, weights=weight * centred_x * (centred_y - slope * centred_x))
    return slope, float(np.sqrt((by_unit**2).sum()) / spread)
