"""Probability that a contact reaches a goal within its horizon: boosted trees, calibrated; or a prior with a reason."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
import xgboost as xgb
from sklearn.metrics import roc_auc_score

from models.boosting import Rows, TreeSettings, fit_booster, load_booster, predict_margin, sigmoid
from models.calibration import (
    Calibrator,
    calibrator_from_json,
    choose_calibrator,
    expected_calibration_error,
    row_log_loss,
)
from models.encoding import FeatureEncoder, Trait, fit_encoder
from models.grouping import group_folds
from models.identifying import find_identifiers
from models.leaks import LEFT_OUT_FILE, LeftOut, find_leaks, left_out_from_json, left_out_to_json

TREES = TreeSettings(rounds=250, depth=4, learning_rate=0.08, least_weight=5.0, shrinkage=10.0)
COUNT_FOLDS = 3
LEAST_TREES = 5
# Of every 200 contacts 10 are expected to reach a goal before any is seen; worth 10 observations.
PRIOR_RATE, PRIOR_COUNT = 0.05, 10.0


@dataclass(frozen=True)
class PropensityMetrics:
    """Quality on people, and where there are dates enough on a time, that the measured models didn't see."""

    auc: float
    log_loss: float
    base_log_loss: float
    calibration_error: float
    base_rate: float
    count_rows: int
    count_outcomes: int


@dataclass(frozen=True)
class HeldOut:
    """Out-of-sample predictions: index of the row in the training frame, calibrated probability, both [n]."""

    index: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class PropensityModel:
    """A trained model with all that scoring needs."""

    goal_id: str
    encoder: FeatureEncoder
    booster: xgb.Booster
    calibrator: Calibrator
    base_rate: float
    metrics: PropensityMetrics
    left_out: tuple[LeftOut, ...] = ()

    is_prior = False

    def predict(self, encoded: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, float64 [n], of features in the order of `encoder.feature_names`."""
        return self.calibrator.apply(sigmoid(predict_margin(self.booster, encoded)))

    def to_files(self) -> dict[str, bytes]:
        """The model as named files; equal models give equal bytes."""
        about = {"goal_id": self.goal_id, "base_rate": self.base_rate, "metrics": asdict(self.metrics)}
        return {
            "model.ubj": bytes(self.booster.save_raw("ubj")),
            "encoder.json": self.encoder.to_json().encode(),
            "calibrator.json": self.calibrator.to_json().encode(),
            "propensity.json": json.dumps(about, indent=1).encode(),
            LEFT_OUT_FILE: left_out_to_json(self.left_out).encode(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "PropensityModel":
        """The model of `to_files`.

        Raises:
            KeyError: a file is missing.
            ValueError: the files don't belong together.
        """
        about = json.loads(files["propensity.json"])
        encoder = FeatureEncoder.from_json(files["encoder.json"].decode())
        booster = load_booster(files["model.ubj"])
        if booster.num_features() != len(encoder.feature_names):
            raise ValueError(f"trees of {booster.num_features()} features, an encoder of {len(encoder.feature_names)}")
        return cls(
            about["goal_id"],
            encoder,
            booster,
            calibrator_from_json(files["calibrator.json"].decode()),
            about["base_rate"],
            PropensityMetrics(**about["metrics"]),
            left_out_from_json(files[LEFT_OUT_FILE].decode()),
        )


@dataclass(frozen=True)
class PropensityPrior:
    """What is believed of a goal that has no model: one rate for everybody, and why."""

    goal_id: str
    base_rate: float
    reason: str

    is_prior = True


def prior_propensity(goal_id: str, count_rows: int, count_outcomes: int, reason: str) -> PropensityPrior:
    """The mean of a Beta posterior: the observed rate, shrunk towards 5 % as by 10 observations."""
    rate = (count_outcomes + PRIOR_RATE * PRIOR_COUNT) / (count_rows + PRIOR_COUNT)
    return PropensityPrior(goal_id, rate, reason)


def train_propensity(
    goal_id: str,
    rows: pl.DataFrame,
    traits: tuple[Trait, ...],
    minimum_outcomes: int,
    seed: int,
) -> tuple[PropensityModel, HeldOut]:
    """Train on labelled rows, but for features that leak: measure by account and time, then fit on everything.

    Args:
        rows: one row per contact and snapshot: unit_id, as_of_date, is_reached (0/1), sample_weight, and the features.
            Accounts are split into folds. With two dates or more, and `minimum_outcomes` on the newest, each measuring
            model learns from other accounts on older dates and predicts the newest; else from other accounts only.

    Returns:
        The model, and the predictions that its metrics and its calibration stand on.

    Raises:
        ValueError: no outcomes, or nothing but outcomes.
    """
    outcome = rows["is_reached"].to_numpy().astype(np.float64)
    if not 0 < outcome.sum() < len(outcome):
        raise ValueError(f"propensity of {goal_id} needs rows that reached the goal and rows that didn't")
    data, encoder, left_out = _without_leaks(rows, outcome, traits, seed)
    weight = data.weight
    dates, units = rows["as_of_date"].to_numpy(), rows["unit_id"].to_numpy()
    is_test = _test_rows(dates, outcome, minimum_outcomes)
    index, raw, rounds = _predict_held_out(data, units, is_test, dates, seed)
    calibrator = choose_calibrator(raw, outcome[index], weight[index], units[index], seed)
    probability = calibrator.apply(raw)
    booster = fit_booster(data, _with_rounds(max(rounds, LEAST_TREES)), seed)
    metrics = measure(outcome[index], probability, weight[index])
    held_out = HeldOut(index, probability)
    return PropensityModel(goal_id, encoder, booster, calibrator, data.rate, metrics, left_out), held_out


def measure(outcome: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> PropensityMetrics:
    """Metrics of predictions; `weight` undoes the thinning of rows."""
    rate = float(np.average(outcome, weights=weight))
    return PropensityMetrics(
        auc=float(roc_auc_score(outcome, probability, sample_weight=weight)),
        log_loss=float(np.average(row_log_loss(outcome, probability), weights=weight)),
        base_log_loss=float(np.average(row_log_loss(outcome, np.full(len(outcome), rate)), weights=weight)),
        calibration_error=expected_calibration_error(probability, outcome, weight),
        base_rate=rate,
        count_rows=round(weight.sum()),
        count_outcomes=round((weight * outcome).sum()),
    )


def _without_leaks(
    rows: pl.DataFrame, outcome: np.ndarray, traits: tuple[Trait, ...], seed: int
) -> tuple[Rows, FeatureEncoder, tuple[LeftOut, ...]]:
    features = rows.drop("unit_id", "is_reached", "sample_weight")
    encoder = fit_encoder(features, traits)
    data = Rows(encoder.encode(features), outcome, rows["sample_weight"].to_numpy().astype(np.float64))
    naming = find_identifiers(rows, encoder)
    leaking = find_leaks(encoder, data, rows["unit_id"].to_numpy(), seed)
    left_out = (*naming, *(each for each in leaking if each.feature not in {named.feature for named in naming}))
    if not left_out:
        return data, encoder, ()
    encoder = encoder.without([each.feature for each in left_out])
    return Rows(encoder.encode(features), outcome, data.weight), encoder, left_out


def _test_rows(dates: np.ndarray, outcome: np.ndarray, minimum_outcomes: int) -> np.ndarray:
    is_newest = dates == dates.max()
    older = outcome[~is_newest]
    if outcome[is_newest].sum() >= minimum_outcomes and older.sum() >= minimum_outcomes:
        return is_newest
    return np.ones(len(dates), dtype=bool)


def _predict_held_out(
    data: Rows, units: np.ndarray, is_test: np.ndarray, dates: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Row index and probability of all test rows, each from the model of the other folds, and the mean best size."""
    folds = group_folds(units, COUNT_FOLDS, seed)
    is_past = ~is_test if not is_test.all() else is_test
    indices, probabilities, sizes = [], [], []
    for fold in range(COUNT_FOLDS):
        train = data.take(np.flatnonzero((folds != fold) & is_past))
        test_index = np.flatnonzero((folds == fold) & is_test)
        test = data.take(test_index)
        booster = fit_booster(train, TREES, seed + fold, held_out=test)
        indices.append(test_index)
        probabilities.append(sigmoid(predict_margin(booster, test.features)))
        sizes.append(booster.num_boosted_rounds())
    return np.concatenate(indices), np.concatenate(probabilities), round(float(np.mean(sizes)))


def _with_rounds(rounds: int) -> TreeSettings:
    return TreeSettings(**{**asdict(TREES), "rounds": rounds})
