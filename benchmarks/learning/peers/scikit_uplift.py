"""Learners of scikit-uplift."""

from collections.abc import Callable

import numpy as np
from sklift.models import SoloModel, TwoModels

from benchmarks.learning.peers.base import Predict, classifier, rows_by_action
from benchmarks.learning.sample import Sample


def s(sample: Sample, seed: int) -> Predict:
    """scikit-uplift: one model with the treatment as a feature."""
    return _sklift(sample, lambda: _solo(seed, "dummy"))


def s_interactions(sample: Sample, seed: int) -> Predict:
    """scikit-uplift: one model with the treatment and its products with every feature."""
    return _sklift(sample, lambda: _solo(seed, "treatment_interaction"))


def two_models(sample: Sample, seed: int) -> Predict:
    """scikit-uplift: a model each for treated and control."""
    return _sklift(sample, lambda: _two_models(seed, "vanilla"))


def dependent(sample: Sample, seed: int) -> Predict:
    """scikit-uplift: two models, the treated's with the control model's prediction as a feature."""
    return _sklift(sample, lambda: _two_models(seed, "ddr_control"))


def _solo(seed: int, method: str) -> SoloModel:
    return SoloModel(classifier(seed), method=method)


def _two_models(seed: int, method: str) -> TwoModels:
    return TwoModels(classifier(seed), classifier(seed + 1), method=method)


def _sklift(sample: Sample, make: Callable[[], SoloModel | TwoModels]) -> Predict:
    none, *treated = rows_by_action(sample)
    models = []
    for rows in treated:
        both = np.concatenate([none, rows])
        is_treated = np.repeat([0, 1], [len(none), len(rows)])
        models.append(make().fit(sample.features[both], sample.outcome[both], is_treated))
    return lambda features: (np.column_stack([model.predict(features) for model in models]), None)
