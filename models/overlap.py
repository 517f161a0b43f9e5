"""Who was treated without a draw, and who wasn't but might have been: where the two can be compared at all."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from models.boosting import Rows, TreeSettings, fit_booster, logit, predict_margin, sigmoid
from models.calibration import fit_logistic

TREES = TreeSettings(rounds=30, depth=3, learning_rate=0.25, least_weight=5.0, shrinkage=5.0, column_share=0.5, bins=32)
# Nobody whose treatment was more certain than this is compared, whatever the optimal cut says.
LEAST_PROPENSITY = 0.02


@dataclass(frozen=True)
class Overlap:
    """How treated and untreated overlap.

    Attributes:
        propensity: probability of having been treated, from accounts the trees didn't see, calibrated, [n].
        is_kept: rows within the cut, bool [n].
        auc: how well the treatment can be told from the features; 0.5 is a coin, 1 a rule without exception.
        cut: propensities from `cut` to 1 - `cut` are kept.
    """

    propensity: np.ndarray
    is_kept: np.ndarray
    auc: float
    cut: float

    def weight(self, is_treated: np.ndarray) -> np.ndarray:
        """Overlap weights (Li, Morgan and Zaslavsky 2018): the probability of what didn't happen to each row, 0 outside
        the cut, [n]. Treated and untreated then stand for the same people, those who might have been either.
        """
        probability = np.where(is_treated, 1 - self.propensity, self.propensity)
        return np.where(self.is_kept, probability, 0.0)


def find_overlap(features: np.ndarray, is_treated: np.ndarray, folds: np.ndarray, seed: int) -> Overlap:
    """The propensity of treatment, cross-fitted, and the cut that estimates best (Crump et al. 2009).

    Args:
        features: float32 [n × d]; is_treated: bool [n]; folds: fold of each row, accounts whole, [n].

    Raises:
        ValueError: the rows outside a fold are all treated, or all untreated.
    """
    treated = is_treated.astype(np.float64)
    raw = np.zeros(len(folds))
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), folds == fold
        if not 0 < treated[train].sum() < len(train):
            raise ValueError("a propensity needs treated and untreated rows in every fold")
        booster = fit_booster(Rows(features[train], treated[train], np.ones(len(train))), TREES, seed + int(fold))
        raw[test] = sigmoid(predict_margin(booster, features[test]))
    propensity = fit_logistic(raw, treated, np.ones(len(raw))).apply(raw)
    cut = max(optimal_cut(propensity), LEAST_PROPENSITY)
    is_kept = (propensity >= cut) & (propensity <= 1 - cut)
    return Overlap(propensity, is_kept, float(roc_auc_score(treated, raw)), cut)


def optimal_cut(propensity: np.ndarray) -> float:
    """The cut α for which rows with α ≤ e ≤ 1 - α give the smallest variance of the mean effect; 0: nobody is cut.

    It is the largest 1 / (e(1 - e)) that is at most twice the mean of it over the rows kept (Crump, Hotz, Imbens and
    Mitnik 2009, corollary 1).
    """
    inside = np.clip(propensity, 1e-6, 1 - 1e-6)
    cost = np.sort(1 / (inside * (1 - inside)))
    running = np.cumsum(cost) / np.arange(1, len(cost) + 1)
    fits = np.flatnonzero(cost <= 2 * running)
    if len(fits) == len(cost):
        return 0.0
    bound = 2 * running[fits[-1]] if len(fits) else cost[0]
    return float(0.5 - np.sqrt(max(0.25 - 1 / bound, 0.0)))


def effective_size(weight: np.ndarray) -> float:
    """As many equally weighted rows would tell as much (Kish)."""
    return float(weight.sum() ** 2 / (weight**2).sum()) if (weight > 0).any() else 0.0


def standardised_differences(features: np.ndarray, is_treated: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted mean difference of treated and untreated per feature, in deviations of the kept rows, [d].

    A missing value counts as the feature's mean.
    """
    kept = weight > 0
    values, treated, kept_weight = features[kept].astype(np.float64), is_treated[kept], weight[kept]
    centre = np.nan_to_num(np.nanmean(np.where(np.isnan(values).all(axis=0), 0.0, values), axis=0))
    values = np.where(np.isnan(values), centre, values)
    deviation = values.std(axis=0)
    means = [np.average(values[group], axis=0, weights=kept_weight[group]) for group in (treated, ~treated)]
    return np.where(deviation > 1e-9, (means[0] - means[1]) / np.maximum(deviation, 1e-9), 0.0)


def as_covariates(features: np.ndarray, propensity: np.ndarray) -> np.ndarray:
    """Features for a linear model: mean 0, deviation 1, at most 5 out, missing 0; a one, and the propensity's logit."""
    values = features.astype(np.float64)
    is_known = ~np.isnan(values)
    count = np.maximum(is_known.sum(axis=0), 1)
    centre = np.where(is_known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(is_known, values - centre, 0.0) ** 2).sum(axis=0) / count)
    scaled = np.where(is_known & (spread > 1e-9), (values - centre) / np.maximum(spread, 1e-9), 0.0)
    own = logit(propensity)
    return np.column_stack([np.ones(len(values)), np.clip(scaled, -5.0, 5.0), (own - own.mean()) / (own.std() + 1e-9)])
