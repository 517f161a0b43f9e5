"""How long outcomes take, so that choices too young for a final answer can be learnt from without bias.

Of outcomes that come within the horizon, a share F(age) has come by the age of a choice. A young choice shows its
outcome with probability p · F(age) instead of p, so a model of p learns from it with an offset on the logit (Chapelle
2014 treats the same delays in advertising). F is counted from choices whose horizon has passed, so it holds as long as
delays stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.boosting import logit

# Below this share of its outcomes a young choice says little, and rests on few early days.
LEAST_SHARE = 0.25
# The delays of one action are shrunk to those of all, as by this many outcomes.
PRIOR_OUTCOMES = 5.0


@dataclass(frozen=True)
class Delays:
    """Days until a goal was reached, among matured choices that reached it.

    Attributes:
        counts: outcomes by days until the outcome (0 on the day of the choice), [horizon]; of all actions.
        by_action: the same of each action.
    """

    counts: np.ndarray
    by_action: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def count_outcomes(self) -> float:
        return float(self.counts.sum())

    def shares(self, action: str | None = None) -> np.ndarray:
        """Share of outcomes that have come by each age 0..horizon in days, rising from 0 to 1, [horizon + 1].

        An action's own share counts as much as it has outcomes, next to 5 of all actions.

        Raises:
            ValueError: no outcome is known.
        """
        if not self.count_outcomes:
            raise ValueError("delays need an outcome")
        counts = self.counts / self.count_outcomes
        own = self.by_action.get(action) if action else None
        if own is not None:
            counts = (own + PRIOR_OUTCOMES * counts) / (own.sum() + PRIOR_OUTCOMES)
        return np.minimum(np.concatenate([[0.0], np.cumsum(counts)]), 1.0)

    @property
    def least_age(self) -> int:
        """Age in days from which on a choice can be learnt from."""
        return int(np.argmax(self.shares() >= LEAST_SHARE))


def count_delays(days: np.ndarray, action: np.ndarray, count: np.ndarray, horizon_days: int) -> Delays:
    """Delays from counts by action and days.

    Args:
        days: days from choice to outcome, 0 to horizon - 1; action: action_id; count: outcomes; each [n].
    """
    by_action = {
        str(each): np.bincount(days[action == each], weights=count[action == each], minlength=horizon_days)
        for each in np.unique(action)
    }
    return Delays(np.bincount(days, weights=count, minlength=horizon_days).astype(np.float64), by_action)


def outcome_offsets(delays: Delays, action: np.ndarray, age_days: np.ndarray, rate: float) -> np.ndarray:
    """What youth takes from the logit of having reached the goal so far, [n]; 0 from the horizon on.

    logit(p F) - logit(p) at the goal's rate p: log F for rare outcomes, and exact on average for others.

    Args:
        action: action_id of each choice; age_days: whole days from the choice to tonight; rate: share of matured
            choices that reached the goal.
    """
    offsets = np.zeros(len(age_days))
    p = min(max(rate, 1e-6), 1 - 1e-6)
    for each in np.unique(action):
        rows = action == each
        shares = delays.shares(str(each))
        share = np.maximum(shares[np.minimum(age_days[rows], len(shares) - 1)], 1e-6)
        offsets[rows] = logit(p * share) - logit(np.array(p))
    return np.minimum(offsets, 0.0)
