"""What each feature adds to the effect of an action, in probability, for each contact.

A booster's logit is a sum over features: approximately along the paths of its trees (Saabas 2014, XGBoost's
`approx_contribs`), exactly as SHAP values (Lundberg et al. 2020, TreeSHAP). An effect is a difference of two
probabilities; each logit's parts are carried over to its probability in proportion (the rescale rule of DeepLIFT,
Shrikumar et al. 2017). So base and parts add up to the effect.
"""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from models.boosting import THREADS, sigmoid
from models.encoding import FeatureEncoder

# Rows at a time, which bounds the memory of parts [row × feature].
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class EffectBoosters:
    """Trees whose logits give the raw effect of an action: sigmoid(shared + action) - sigmoid(shared + none).

    Attributes:
        shared, action, none: boosters over the same features; None where there is no such tree.
        action_shift, none_shift: constants of the two logits beyond the boosters' own.
    """

    shared: xgb.Booster | None
    action: xgb.Booster | None
    none: xgb.Booster | None
    action_shift: float = 0.0
    none_shift: float = 0.0


@dataclass(frozen=True)
class Contributions:
    """Parts of an effect in probability: `values` [n × column of the encoder], and `base`, what is left of it, [n]."""

    values: np.ndarray
    base: np.ndarray

    @property
    def effect(self) -> np.ndarray:
        """What base and parts add up to, [n]."""
        return self.base + self.values.sum(axis=1)


def effect_contributions(
    boosters: EffectBoosters, encoder: FeatureEncoder, encoded: np.ndarray, slope: float = 1.0, is_exact: bool = False
) -> Contributions:
    """Parts of the raw effect times the slope of its calibration; one column per feature, all its levels together.

    Args:
        encoded: features as the encoder gives them, [n × feature name].
        is_exact: SHAP values, some ten times slower; else the approximation along the paths.

    Raises:
        ValueError: another number of features than at training.
    """
    values = np.empty((len(encoded), len(encoder.columns)))
    base = np.empty(len(encoded))
    for start in range(0, len(encoded), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        parts = _LogitParts(encoded[rows], is_exact)
        shared = parts.of(boosters.shared)
        action = _as_probability(shared + parts.of(boosters.action), boosters.action_shift)
        none = _as_probability(shared + parts.of(boosters.none), boosters.none_shift)
        difference = slope * (action - none)
        values[rows], base[rows] = fold(encoder, difference[:, :-1]), difference[:, -1]
    return Contributions(values, base)


def logit_contributions(
    booster: xgb.Booster, encoder: FeatureEncoder, encoded: np.ndarray, is_exact: bool = False
) -> np.ndarray:
    """Parts of a booster's logit, float64 [n × column of the encoder].

    Raises:
        ValueError: another number of features than at training.
    """
    values = np.empty((len(encoded), len(encoder.columns)))
    for start in range(0, len(encoded), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        values[rows] = fold(encoder, _LogitParts(encoded[rows], is_exact).of(booster)[:, :-1])
    return values


def fold(encoder: FeatureEncoder, values: np.ndarray) -> np.ndarray:
    """Sum over the indicators of each category: [n × feature name] to [n × column]."""
    widths = [1 if column.kind == "number" else len(column.levels) + 1 for column in encoder.columns]
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.intp)
    return np.add.reduceat(values, starts, axis=1) if widths else np.zeros((len(values), 0))


class _LogitParts:
    """Parts of logits for one batch of rows, which is made into a DMatrix once; the last column is what is left."""

    def __init__(self, encoded: np.ndarray, is_exact: bool):
        self.shape = encoded.shape
        self.is_exact = is_exact
        self.rows = xgb.DMatrix(encoded, nthread=THREADS)

    def of(self, booster: xgb.Booster | None) -> np.ndarray:
        if booster is None or not self.shape[0]:
            return np.zeros((self.shape[0], self.shape[1] + 1))
        if booster.num_features() != self.shape[1]:
            raise ValueError(f"{self.shape[1]} features given, the model was trained with {booster.num_features()}")
        parts = booster.predict(
            self.rows, pred_contribs=True, approx_contribs=not self.is_exact, validate_features=False
        )
        return parts.astype(np.float64)


def _as_probability(parts: np.ndarray, shift: float) -> np.ndarray:
    """Parts of sigmoid(sum of the parts + shift); the last column, so far of the logit, becomes a probability."""
    base = parts[:, -1] + shift
    rise = parts[:, :-1].sum(axis=1)
    start, end = sigmoid(base), sigmoid(base + rise)
    is_flat = np.abs(rise) < 1e-6
    rate = np.where(is_flat, start * (1 - start), (end - start) / np.where(is_flat, 1.0, rise))
    return np.column_stack([parts[:, :-1] * rate[:, None], start])
