"""What a challenger says of rows in its own training: stand-ins that learnt from other accounts say it."""

from dataclasses import asdict

import numpy as np
import polars as pl

from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.grouping import group_folds
from models.propensity import TREES, PropensityModel

# Each stand-in has four fifths of the accounts.
COUNT_FOLDS = 5


def stand_in_probability(model: PropensityModel, rows: pl.DataFrame, index: np.ndarray, seed: int) -> np.ndarray:
    """Probability of the rows of the index, each by trees like the model's that learnt from all other accounts.

    Against a champion of before those rows that is fair: the challenger's stand-ins have rows of the new dates, as the
    challenger will, and never the account that they are asked about. The metrics of a training are stricter (older
    dates only), and would hold back from the challenger just what it has learnt since.

    Args:
        rows: as the model was trained on: unit_id, is_reached, sample_weight and the features.

    Returns:
        Calibrated as the model is, float64 [len(index)].
    """
    outcome, weight = (rows[name].to_numpy().astype(np.float64) for name in ("is_reached", "sample_weight"))
    data = Rows(model.encoder.encode(rows), outcome, weight)
    folds = group_folds(rows["unit_id"].to_numpy(), COUNT_FOLDS, seed)
    settings = TreeSettings(**{**asdict(TREES), "rounds": model.booster.num_boosted_rounds()})
    raw = np.zeros(len(index))
    for fold in np.unique(folds[index]):
        booster = fit_booster(data.take(np.flatnonzero(folds != fold)), settings, seed)
        asked = np.flatnonzero(folds[index] == fold)
        raw[asked] = sigmoid(predict_margin(booster, data.features[index[asked]]))
    return model.calibrator.apply(raw)
