"""Nightjar's own learner, called as the nightly job calls it."""

import numpy as np

from benchmarks.learning.sample import Sample
from models.choices import Choices, Evidence
from models.encoding import EncodedColumn, FeatureEncoder
from models.priors import policy_prior
from models.uplift_training import build_uplift_model, train_goal_effects

GOAL = "goal"
EVIDENCE = Evidence(minimum_exposures=250, minimum_outcomes=25)


def fit(sample: Sample, seed: int):
    """Fit; returns what predicts the uplift [n × action] of features, and its standard error."""
    encoder = FeatureEncoder(tuple(EncodedColumn(name, "number") for name in sample.names))
    actions = sample.actions[1:]
    count = len(sample.action)
    choices = Choices(
        features=sample.features,
        action=np.array(sample.actions, dtype=object)[sample.action],
        probability=sample.probability,
        outcome=sample.outcome,
        weight=np.ones(count),
        units=sample.units,
        can_get={action: np.ones(count, dtype=bool) for action in actions},
    )
    trained = train_goal_effects(GOAL, choices, dict.fromkeys(actions, policy_prior(0.0)), EVIDENCE, seed)
    model = build_uplift_model(encoder, [trained])

    def predict(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        margins = model.margins(features)
        effects, errors = np.zeros((2, len(features), len(actions)))
        for number, action in enumerate(actions):
            known = model.goals[0].effect_of(action)
            if known and known.evidence == "model":
                effects[:, number], errors[:, number] = model.predict(GOAL, action, margins)
        return effects, errors

    return predict
