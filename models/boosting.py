"""Gradient-boosted trees, the same way for every model: deterministic, two threads, saved as UBJSON."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb

# Sums over threads depend on their number, so it is fixed and not taken from the machine.
THREADS = 2


@dataclass(frozen=True)
class TreeSettings:
    """How trees grow.

    `least_weight` is the least sum of hessians p(1 - p) in a leaf: about as many outcomes, when they are rare.
    """

    rounds: int
    depth: int
    learning_rate: float
    least_weight: float
    shrinkage: float
    column_share: float = 0.7
    row_share: float = 0.8
    bins: int = 64
    patience: int = 15

    def parameters(self, seed: int) -> dict[str, object]:
        return {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "nthread": THREADS,
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.least_weight,
            "reg_lambda": self.shrinkage,
            "colsample_bytree": self.column_share,
            "subsample": self.row_share,
            "max_bin": self.bins,
            "seed": seed,
        }


@dataclass(frozen=True)
class Rows:
    """What a booster learns from: features float32 [n × d], outcome 0/1 [n], weight [n], a logit offset [n] if any."""

    features: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    offset: np.ndarray | None = None

    def take(self, index: np.ndarray) -> "Rows":
        offset = None if self.offset is None else self.offset[index]
        return Rows(self.features[index], self.outcome[index], self.weight[index], offset)

    @property
    def rate(self) -> float:
        return float(np.average(self.outcome, weights=self.weight))


def fit_booster(rows: Rows, settings: TreeSettings, seed: int, held_out: Rows | None = None) -> xgb.Booster:
    """Trees for the logit of the outcome, beyond the offset where there is one.

    With held-out rows, growing stops when their log loss no longer falls, and the trees after the best are cut off.
    """
    base = 0.5 if rows.offset is not None else min(max(rows.rate, 1e-6), 1 - 1e-6)
    parameters = {**settings.parameters(seed), "base_score": base}
    train = _matrix(rows, settings)
    if held_out is None:
        return _with_threads(xgb.train(parameters, train, settings.rounds))
    booster = xgb.train(
        parameters,
        train,
        settings.rounds,
        evals=[(_matrix(held_out, settings, reference=train), "held_out")],
        early_stopping_rounds=settings.patience,
        verbose_eval=False,
    )
    return _with_threads(booster[: booster.best_iteration + 1])


def predict_margin(booster: xgb.Booster, features: np.ndarray) -> np.ndarray:
    """Logit without the offset, float64 [n].

    Raises:
        ValueError: another number of features than at training.
    """
    if features.shape[1] != booster.num_features():
        raise ValueError(f"{features.shape[1]} features given, the model was trained with {booster.num_features()}")
    if not len(features):
        return np.zeros(0)
    return booster.inplace_predict(features, predict_type="margin").astype(np.float64)


def sigmoid(margin: np.ndarray) -> np.ndarray:
    """Probability of a logit."""
    return 1.0 / (1.0 + np.exp(-np.clip(margin, -40.0, 40.0)))


def logit(probability: np.ndarray) -> np.ndarray:
    """Logit of a probability; 0 and 1 count as 1e-9 away from them."""
    inside = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.log(inside) - np.log1p(-inside)


def load_booster(raw: bytes) -> xgb.Booster:
    """A booster from its UBJSON or JSON."""
    booster = xgb.Booster()
    booster.load_model(bytearray(raw))
    return _with_threads(booster)


def _with_threads(booster: xgb.Booster) -> xgb.Booster:
    booster.set_param({"nthread": THREADS})
    return booster


def _matrix(rows: Rows, settings: TreeSettings, reference: xgb.DMatrix | None = None) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        rows.features,
        rows.outcome,
        weight=rows.weight,
        base_margin=rows.offset,
        max_bin=settings.bins,
        nthread=THREADS,
        ref=reference,
    )
