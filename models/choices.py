"""Logged choices with known probabilities: what is learnt from, and when it is enough.

An action's treated are compared with controls who chose nothing and could have got it: who couldn't (no consent, no
owner, another stage) is another kind of person. Each row counts 1 / action_probability, its probability given the arm,
what was eligible and the limits. Arms are drawn by account, so the weighted rows of each arm stand for all who could
get the action, and arms may be put together:

- holdout: left out, as a holdout contact gets nothing on later nights either, so that tomorrow's actions would count as
  tonight's effect. Business as usual: left out, as its rules act unlogged.
- model: the optimum has the probability of not exploring and not giving way to one who does, plus that of drawing it;
  anything else has that of drawing it alone. Both are over all draws of the night, those of others included.
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
# Of a choice whose outcomes have hardly begun to come, little can be said.
LEAST_SHARE_COME = 0.02


@dataclass(frozen=True)
class Choices:
    """Logged choices with matured outcomes of one goal; every array [n].

    Attributes:
        features: encoded, float32 [n × d].
        action: action_id, or `none`.
        probability: action_probability, with which the choice was taken; in (0, 1].
        outcome: whether the goal was reached, 0/1, or its probability from what is known so far.
        weight: rows that each row stands for, where unreached ones were thinned.
        units: accounts.
        can_get: by action, whether it was among those that the contact could have got, bool; an action that isn't
            named could be got by nobody. Where that isn't known: False.
        age_days: days since the choice; None: all of one day.
        offset: what must be added to the logit because outcomes are still to come, about the log of the share that has
            come by that age; None: all have come.
        responded: whether the contact responded to the action's message, 0/1; NaN: there is none, or its days of
            response haven't passed; None: none is known.
        by_chance: whether what the contact gets on later nights is drawn at random too, bool; None: of all.
    """

    features: np.ndarray
    action: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    units: np.ndarray
    can_get: Mapping[str, np.ndarray]
    age_days: np.ndarray | None = None
    offset: np.ndarray | None = None
    responded: np.ndarray | None = None
    by_chance: np.ndarray | None = None

    @property
    def ages(self) -> np.ndarray:
        """Days since each choice, [n]."""
        return np.zeros(len(self.action)) if self.age_days is None else self.age_days

    @property
    def offsets(self) -> np.ndarray:
        """What is added to each logit, [n]."""
        return np.zeros(len(self.action)) if self.offset is None else self.offset

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
            age_days=self.ages[index],
            offset=self.offsets[index],
            responded=None if self.responded is None else self.responded[index],
            by_chance=None if self.by_chance is None else self.by_chance[index],
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

    def counts(self, action: str, days: int | None = None) -> "Counts":
        """Rows that stand for themselves and for those that were thinned out.

        Args:
            days: counts the choices of so many days up to the newest one of the action; None counts all.
        """
        treated, controls = self.treated(action), self.controls(action)
        if days is not None and len(treated):
            oldest = self.ages[treated].min() + days
            treated, controls = (rows[self.ages[rows] < oldest] for rows in (treated, controls))
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
    """How much must be known of an action before a model speaks, and for how long it counts.

    Attributes:
        days: within which the minima must be reached, up to the action's newest choice; None: at any time.
        half_life_days: age at which a choice counts half; None: all count alike.
    """

    minimum_exposures: int
    minimum_outcomes: int
    days: int | None = None
    half_life_days: float | None = None


def stabilised_weights(choices: Choices) -> np.ndarray:
    """1 / action_probability relative to its mean within the action, cut at 10, times the sampling weight, [n]."""
    weight = np.zeros(len(choices.action))
    for action in np.unique(choices.action):
        rows = choices.action == action
        inverse = 1.0 / choices.probability[rows]
        relative = np.minimum(inverse / np.average(inverse, weights=choices.weight[rows]), LARGEST_WEIGHT)
        weight[rows] = choices.weight[rows] * relative
    return weight


def share_come(choices: Choices) -> np.ndarray:
    """Share of each choice's outcomes that have come by its age, [n]."""
    return np.clip(np.exp(choices.offsets), LEAST_SHARE_COME, 1.0)


def recency_weights(choices: Choices, half_life_days: float | None) -> np.ndarray:
    """Halves with each half-life of age, 1 for the newest choice, [n]: what an action does may change."""
    if half_life_days is None or not len(choices.action):
        return np.ones(len(choices.action))
    return 0.5 ** ((choices.ages - choices.ages.min()) / half_life_days)


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
