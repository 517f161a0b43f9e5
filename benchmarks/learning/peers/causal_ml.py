"""Learners of CausalML."""

import numpy as np
from causalml.inference.meta import BaseDRRegressor, BaseRClassifier, BaseSClassifier, BaseTClassifier, BaseXClassifier

from benchmarks.learning.peers.base import Predict, classifier, regressor
from benchmarks.learning.sample import Sample


def s(sample: Sample, seed: int) -> Predict:
    """CausalML: S."""
    return _fit(BaseSClassifier(learner=classifier(seed), control_name=sample.actions[0]), sample, False)


def t(sample: Sample, seed: int) -> Predict:
    """CausalML: T."""
    return _fit(BaseTClassifier(learner=classifier(seed), control_name=sample.actions[0]), sample, False)


def x(sample: Sample, seed: int) -> Predict:
    """CausalML: X, with the known probabilities."""
    learners = {"outcome_learner": classifier(seed), "effect_learner": regressor(seed)}
    return _fit(BaseXClassifier(**learners, control_name=sample.actions[0]), sample, True)


def r(sample: Sample, seed: int) -> Predict:
    """CausalML: R, with the known probabilities."""
    learners = {"outcome_learner": classifier(seed), "effect_learner": regressor(seed)}
    return _fit(BaseRClassifier(**learners, control_name=sample.actions[0], random_state=seed), sample, True)


def dr(sample: Sample, seed: int) -> Predict:
    """CausalML: doubly robust, with the known probabilities."""
    learners = {"learner": regressor(seed), "treatment_effect_learner": regressor(seed)}
    return _fit(BaseDRRegressor(**learners, control_name=sample.actions[0]), sample, True)


def _fit(model, sample: Sample, with_probability: bool) -> Predict:
    chosen = np.array(sample.actions)[sample.action]
    shares = np.bincount(sample.action) / len(sample.action)

    def probability(count: int) -> dict:
        if not with_probability:
            return {}
        pairs = zip(sample.actions[1:], shares[1:], strict=True)
        return {"p": {action: np.full(count, share / (share + shares[0])) for action, share in pairs}}

    model.fit(sample.features, chosen, sample.outcome, **probability(len(chosen)))
    order = [list(model.t_groups).index(action) for action in sample.actions[1:]]
    asks_again = hasattr(model, "models_mu_c") and with_probability and "X" in type(model).__name__
    return lambda features: (
        model.predict(features, **(probability(len(features)) if asks_again else {}))[:, order],
        None,
    )
