"""What needs no uplift learner."""

import numpy as np

from benchmarks.learning.peers.base import Predict, classifier, rows_by_action
from benchmarks.learning.sample import Sample


def best_constant(sample: Sample, seed: int) -> Predict:
    """Each action's average effect for everybody: the best single action for all."""
    means = [np.average(sample.outcome[rows], weights=1 / sample.probability[rows]) for rows in rows_by_action(sample)]
    effects = np.array(means[1:]) - means[0]
    return lambda features: (np.tile(effects, (len(features), 1)), None)


def propensity_alone(sample: Sample, seed: int) -> Predict:
    """Who is likely to reach the goal anyway gets the action that is best on average."""
    model = classifier(seed).fit(sample.features, sample.outcome)
    means = best_constant(sample, seed)(sample.features[:1])[0]
    return lambda features: (means * model.predict_proba(features)[:, 1:] / sample.outcome.mean(), None)
