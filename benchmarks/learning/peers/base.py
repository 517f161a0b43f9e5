"""What all peers have in common: their base learner.

200 XGBoost trees of depth 3 with the regularisation that rare outcomes need; the libraries' own defaults lose more than
half of the gain.
"""

from collections.abc import Callable

import numpy as np
from xgboost import XGBClassifier, XGBRegressor

from benchmarks.learning.sample import Sample

# From features to uplift [n × action] and its standard error, where the learner states one.
Predict = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
TREES = {
    "n_estimators": 200,
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_child_weight": 5,
    "reg_lambda": 10,
    "subsample": 0.8,
    "colsample_bytree": 0.7,
    "max_bin": 64,
    "tree_method": "hist",
    "n_jobs": 2,
}


def classifier(seed: int) -> XGBClassifier:
    """Trees for an outcome of 0 or 1."""
    return XGBClassifier(**TREES, random_state=seed)


def regressor(seed: int) -> XGBRegressor:
    """Trees for a number."""
    return XGBRegressor(**TREES, random_state=seed)


def rows_by_action(sample: Sample) -> list[np.ndarray]:
    """Rows that got each of the actions, `none` first."""
    return [np.flatnonzero(sample.action == number) for number in range(len(sample.actions))]
