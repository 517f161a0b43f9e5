"""What reaching a goal is worth, per contact. Policy states the average; amounts tell who is worth more or less."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from models.encoding import FeatureEncoder, Trait, fit_encoder
from models.grouping import group_folds

LEAST_AMOUNTS = 50
SMALLEST_FACTOR, LARGEST_FACTOR = 0.25, 4.0
RIDGE_STRENGTHS = (10.0, 100.0, 1_000.0, 10_000.0)
COUNT_FOLDS = 5


@dataclass(frozen=True)
class ValueModel:
    """A linear model of the log amount, used relative to the mean amount.

    Attributes:
        centres, scales, slopes: per feature name of the encoder, [d]; a missing feature counts as its centre.
        mean_factor: what exp(linear part) is divided by, so that factors average 1 over the training rows.
        expected_cents: robust mean of the amounts, that of a contact with factor 1.
    """

    encoder: FeatureEncoder
    centres: tuple[float, ...]
    scales: tuple[float, ...]
    slopes: tuple[float, ...]
    mean_factor: float
    expected_cents: float
    count_amounts: int

    def factors(self, encoded: np.ndarray) -> np.ndarray:
        """Worth relative to the average, float64 [n], within 0.25 to 4."""
        linear = _standardise(encoded, np.array(self.centres), np.array(self.scales)) @ np.array(self.slopes)
        return np.clip(np.exp(linear) / self.mean_factor, SMALLEST_FACTOR, LARGEST_FACTOR)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ValueModel":
        content = json.loads(text)
        encoder = FeatureEncoder.from_json(json.dumps(content.pop("encoder")))
        centres, scales, slopes = (tuple(content.pop(name)) for name in ("centres", "scales", "slopes"))
        return cls(encoder, centres, scales, slopes, **content)


def train_value(rows: pl.DataFrame, traits: tuple[Trait, ...], seed: int) -> ValueModel | None:
    """Learn amounts by ridge regression of the logarithm, outliers pulled in to 3 robust deviations (Huber 1964).

    The strength, how much contacts are shrunk to all, is chosen on held-out accounts; where no strength beats the mean,
    there is no model. The mean amount is that of the amounts pulled in: one deal of a thousand times the usual size
    doesn't move it, and where tails are heavy it lies below the plain mean.

    Args:
        rows: one row per contact and outcome with an amount: unit_id, value_cents > 0, and the features.

    Returns:
        None where fewer than 50 amounts are known or they say nothing about who is worth more.
    """
    if rows.height < LEAST_AMOUNTS:
        return None
    features = rows.drop("unit_id", "value_cents")
    encoder = fit_encoder(features, traits)
    encoded = encoder.encode(features)
    centres, scales = _centres_and_scales(encoded)
    standardised = _standardise(encoded, centres, scales)
    target = _pull_in(np.log(rows["value_cents"].to_numpy().astype(np.float64)))
    strength = _choose_strength(standardised, target, rows["unit_id"].to_numpy(), seed)
    if strength is None:
        return None
    slopes = _ridge(standardised, target - target.mean(), strength)
    mean_factor = _mean_factor(np.exp(standardised @ slopes))
    expected = float(np.exp(target).mean())
    return ValueModel(encoder, tuple(centres), tuple(scales), tuple(slopes), mean_factor, expected, rows.height)


def _mean_factor(relative: np.ndarray) -> float:
    """The divisor with which factors average 1 after they are cut to their bounds, by bisection."""
    low, high = float(relative.min()), float(relative.max())
    for _ in range(60):
        middle = (low + high) / 2
        if np.clip(relative / middle, SMALLEST_FACTOR, LARGEST_FACTOR).mean() > 1:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _pull_in(values: np.ndarray) -> np.ndarray:
    median = np.median(values)
    deviation = 1.4826 * np.median(np.abs(values - median))
    if deviation == 0:
        deviation = float(values.std())
    return np.clip(values, median - 3 * deviation, median + 3 * deviation)


def _choose_strength(features: np.ndarray, target: np.ndarray, units: np.ndarray, seed: int) -> float | None:
    folds = group_folds(units, COUNT_FOLDS, seed)
    errors = dict.fromkeys((None, *RIDGE_STRENGTHS), 0.0)
    for fold in range(COUNT_FOLDS):
        train, test = folds != fold, folds == fold
        if not train.any() or not test.any():
            return None
        mean = target[train].mean()
        errors[None] += float(((target[test] - mean) ** 2).sum())
        for strength in RIDGE_STRENGTHS:
            slopes = _ridge(features[train], target[train] - mean, strength)
            errors[strength] += float(((target[test] - mean - features[test] @ slopes) ** 2).sum())
    return min(errors, key=lambda strength: errors[strength])


def _ridge(features: np.ndarray, target: np.ndarray, strength: float) -> np.ndarray:
    gram = features.T @ features + strength * np.eye(features.shape[1])
    return np.linalg.solve(gram, features.T @ target)


def _centres_and_scales(encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_known = ~np.isnan(encoded)
    count = np.maximum(is_known.sum(axis=0), 1)
    centres = np.where(is_known, encoded, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(is_known, encoded - centres, 0.0) ** 2).sum(axis=0) / count)
    return centres.astype(np.float64), np.where(spread > 1e-9, spread, 1.0).astype(np.float64)


def _standardise(encoded: np.ndarray, centres: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Mean 0, deviation 1, at most 5 deviations out; missing is 0."""
    return np.clip(np.nan_to_num((encoded - centres) / scales, nan=0.0), -5.0, 5.0)
