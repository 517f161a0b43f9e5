"""Logged choices with known probabilities: what is learnt from, and when it is enough.

An action's treated are compared with controls who chose nothing and could have got it: who couldn't (no consent, no
owner, another stage) is another kind of person. Each row counts 1 / action_probability, its probability given the arm,
what was eligible and the limits. Arms are drawn by account, so the weighted rows of each arm stand for all who could
get the action, and arms may be put together:

- holdout: left out, as a holdout contact gets nothing on later nights either, so that tomorrow's actions would count as
  tonight's effect. Business as usual: left out, as its rules act unlogged.
- model: nothing that is the optimum (`no_gain`, or `capacity`) has 1 - share + share * (probability of drawing it), and
  nothing that isn't has the second part alone. Who loses an account's places or a limit is known from the draws of
  others and the night's prices; taken as given is that one contact's own draw doesn't move the prices all share.
- A model contact that had no other choice (probability 1, as without exploration) stands for nobody but those whom the
  optimiser treats alike. Such rows must not come here.

Assumed, and not ensured by any probability: that other nights do the same to treated and controls; that whether an
action was approved and delivered depends on the outcome through features alone; that experiments and nights are alike
but for features; that accounts don't influence each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
        can_get: by action, whether it was among those that the contact could have got, bool; an action that isn't
            named could be got by nobody. Where that isn't known: False.
    """

    features: np.ndarray
    action: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    units: np.ndarray
    can_get: Mapping[str, np.ndarray]

    def take(self, index: np.ndarray) -> "Choices":
        """Some of the choices, in the order of the index."""
        return Choices(
            features=self.features[index],
            action=self.action[index],
            probability=self.probability[index],
            outcome=self.outcome[index],
            weight=self.weight[index],
            units=self.units[index],
            can_get={action: is_able[index] for action, is_able in self.can_get.items()},
        )

    def treated(self, action: str) -> np.ndarray:
        """Rows that chose the action."""
        return np.flatnonzero(self.action == action)

    def controls(self, action: str) -> np.ndarray:
        """Rows that chose nothing and could have got the action."""
        is_able = self.can_get.get(action, np.zeros(len(self.action), dtype=bool))
        return np.flatnonzero((self.action == NO_ACTION) & is_able)

    def rate(self, rows: np.ndarray) -> float:
        """Share of rows that reached the goal; 0 where there is no row."""
        return float(np.average(self.outcome[rows], weights=self.weight[rows])) if len(rows) else 0.0

    def counts(self, action: str) -> "Counts":
        """Rows that stand for themselves and for those that were thinned out."""
        treated, controls = self.treated(action), self.controls(action)
        reached = self.weight * self.outcome
        sums = [float(of[rows].sum()) for rows in (treated, controls) for of in (self.weight, reached)]
        return Counts(*sums)


@dataclass(frozen=True)
class Counts:
    """How often an action was taken, and how many who could have got it got nothing; each with the outcomes."""

    exposures: float = 0
    outcomes: float = 0
    controls: float = 0
    control_outcomes: float = 0


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


def what_is_missing(counts: Counts, evidence: Evidence) -> str:
    """Why an action can't have a model yet; empty if it can.

    Outcomes that would have been expected without any effect count like observed ones, so that an action that prevents
    the goal is found out.
    """
    expected = counts.exposures * counts.control_outcomes / counts.controls if counts.controls else 0.0
    if counts.exposures < evidence.minimum_exposures:
        return f"{counts.exposures:.0f} exposures, {evidence.minimum_exposures} are needed"
    if max(counts.outcomes, expected) < evidence.minimum_outcomes:
        return f"{counts.outcomes:.0f} outcomes, {evidence.minimum_outcomes} are needed"
    if counts.control_outcomes < evidence.minimum_outcomes:
        return (
            f"{counts.control_outcomes:.0f} outcomes of those who could have got it and got nothing,"
            f" {evidence.minimum_outcomes} are needed"
        )
    return ""
