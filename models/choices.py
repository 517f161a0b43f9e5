"""Logged choices with known probabilities: what is learnt from, and when it is enough."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

NO_ACTION = "none"
# Weights above this multiple of their action's mean are cut: a little bias for much less variance.
LARGEST_WEIGHT = 10.0


@dataclass(frozen=True)
class Choices:
    """Logged choices with matured outcomes of one goal; every array [n].

    Attributes:
        features: encoded, float32 [n × d].
        action: action_id, or `none`.
        probability: action_probability, with which the choice was taken; in (0, 1].
        outcome: whether the goal was reached, 0/1.
        weight: rows that each row stands for, where unreached ones were thinned.
        units: accounts.
    """

    features: np.ndarray
    action: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    units: np.ndarray

    def take(self, index: np.ndarray) -> "Choices":
        """Some of the choices, in the order of the index."""
        return Choices(*(getattr(self, each.name)[index] for each in fields(self)))

    @property
    def control_rate(self) -> float:
        """Share that reached the goal without any action; 0 where nobody was left without."""
        is_none = self.action == NO_ACTION
        return float(np.average(self.outcome[is_none], weights=self.weight[is_none])) if is_none.any() else 0.0


@dataclass(frozen=True)
class Evidence:
    """How much must be known of an action before a model speaks."""

    minimum_exposures: int
    minimum_outcomes: int


def stabilised_weights(choices: Choices) -> np.ndarray:
    """1 / action_probability relative to its mean within the action, cut at 10, times the sampling weight, [n]."""
    weight = np.zeros(len(choices.action))
    for action in np.unique(choices.action):
        rows = choices.action == action
        inverse = 1.0 / choices.probability[rows]
        relative = np.minimum(inverse / np.average(inverse, weights=choices.weight[rows]), LARGEST_WEIGHT)
        weight[rows] = choices.weight[rows] * relative
    return weight


def what_is_missing(counts: Mapping[str, tuple[float, float]], action: str, evidence: Evidence) -> str:
    """Why an action can't have a model yet; empty if it can.

    Outcomes that would have been expected without any effect count like observed ones, so that an action that prevents
    the goal is found out.

    Args:
        counts: exposures and outcomes, by action and for `none`.
    """
    exposures, outcomes = counts.get(action, (0, 0))
    control, control_outcomes = counts.get(NO_ACTION, (0, 0))
    expected = exposures * control_outcomes / control if control else 0.0
    if exposures < evidence.minimum_exposures:
        return f"{exposures:.0f} exposures, {evidence.minimum_exposures} are needed"
    if max(outcomes, expected) < evidence.minimum_outcomes:
        return f"{outcomes:.0f} outcomes, {evidence.minimum_outcomes} are needed"
    if control_outcomes < evidence.minimum_outcomes:
        return f"{control_outcomes:.0f} outcomes without any action, {evidence.minimum_outcomes} are needed"
    return ""
