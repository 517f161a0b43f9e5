"""Learners of EconML."""

import numpy as np
from econml.dml import CausalForestDML
from econml.dr import DRLearner, LinearDRLearner
from sklearn.dummy import DummyClassifier

from benchmarks.learning.peers.base import Predict, classifier, regressor
from benchmarks.learning.sample import Sample


def dr(sample: Sample, seed: int) -> Predict:
    """EconML: doubly robust, boosted final stage."""
    return _fit(DRLearner(model_final=regressor(seed), **_nuisance(seed)), sample)


def linear_dr(sample: Sample, seed: int) -> Predict:
    """EconML: doubly robust, linear final stage."""
    return _fit(LinearDRLearner(**_nuisance(seed)), sample)


def forest(sample: Sample, seed: int) -> Predict:
    """EconML: causal forest; minutes at 140,000 rows."""
    nuisance = {"model_y": classifier(seed), "model_t": _nuisance(seed)["model_propensity"]}
    settings = {"n_estimators": 200, "min_samples_leaf": 200, "n_jobs": 2, "random_state": seed}
    return _fit(CausalForestDML(**nuisance, **settings, discrete_treatment=True, discrete_outcome=True), sample)


def _nuisance(seed: int) -> dict:
    shared = {"model_propensity": DummyClassifier(), "model_regression": classifier(seed)}
    return {**shared, "discrete_outcome": True, "cv": 3, "random_state": seed}


def _fit(model, sample: Sample) -> Predict:
    model.fit(sample.outcome.astype(int), sample.action, X=sample.features)

    def predict(features: np.ndarray) -> tuple[np.ndarray, None]:
        effects = [model.effect(features, T0=0, T1=number).ravel() for number in range(1, len(sample.actions))]
        return np.column_stack(effects), None

    return predict
