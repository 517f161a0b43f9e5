"""How far the effects on a goal go with responses: a lead, measured for each family on the goal's own outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.action_effects import ActionEffect
from models.grouping import weighted_slope
from models.priors import Estimate, combine
from models.uplift_calibration import LEAST_PRIOR_DEVIATION, Sample, precision

# How far the lead of one action may lie from its family's, as a share of what the family's is believed to be.
BETWEEN_ACTIONS = 0.5


@dataclass(frozen=True)
class Lead:
    """What responses tell of a goal's effects.

    Attributes:
        rates: P(response) of each row to an action's message, [n] by action; usual: its mean among the treated.
        slopes: by family, rise of the effect with the probability of a response.
        families: by action.
    """

    rates: Mapping[str, np.ndarray]
    usual: Mapping[str, float]
    slopes: Mapping[str, Estimate]
    families: Mapping[str, str]

    def part(self, action: str, rows: np.ndarray) -> np.ndarray:
        """What responses add to the average effect, [rows]; 0 where they tell nothing."""
        if action not in self.usual:
            return np.zeros(len(rows))
        return self.slopes[self.families[action]].value * (self.rates[action][rows] - self.usual[action])

    def level(self, action: str, other: str) -> float:
        """What the one action's mean effect is believed to be above the other's, of the same family, by responses."""
        if action not in self.usual or other not in self.usual:
            return 0.0
        return self.slopes[self.families[action]].value * (self.usual[action] - self.usual[other])

    def added(self, effect: ActionEffect, members: Sequence[str]) -> ActionEffect:
        """The effect with its lead, if there is one; `members` are the actions whose usual rate counts."""
        usual = [self.usual[each] for each in members if each in self.usual]
        slope = self.slopes.get(self.families[effect.action_id])
        if not usual or slope is None:
            return effect
        return replace(effect, lead=slope.value, lead_error=slope.error, usual_response=float(np.mean(usual)))


def lead_slope(samples: Sequence[Sample], rates: Sequence[np.ndarray], by_chance: Sequence[np.ndarray]) -> Estimate:
    """Slope of the effect on the probability of a response; what goes with it under no action drops out.

    Only contacts count whose later actions are drawn at random too: of the others, who is likely to respond and got
    nothing tonight gets it tomorrow, and the slope would be lost. Rows count without their inverse probabilities: who
    is likely to respond is a matter of features, and given those, who was treated is one of chance.

    Args:
        samples: treated and controls; rates: P(response), and by_chance: who counts, of each, [n].
    """
    slopes = []
    for sample, rate, counts in zip(samples, rates, by_chance, strict=True):
        if not counts.any():
            return Estimate(0.0, float("inf"))
        slopes.append(_slope(rate[counts], sample, counts))
    treated, control = slopes
    return Estimate(treated.value - control.value, float(np.hypot(treated.error, control.error)))


def _slope(rate: np.ndarray, sample: Sample, counts: np.ndarray) -> Estimate:
    """Slope of the surprise; few rows that reach the goal vary by chance less than such a rate lets expect."""
    weight, surprise, units = precision(sample, sample.size)[counts], sample.surprise[counts], sample.units[counts]
    slope, error = weighted_slope(rate, surprise, weight, units)
    outcomes = np.clip(sample.expected[counts] + surprise, 0.0, 1.0)
    usual = float(np.clip(np.average(outcomes, weights=sample.size[counts]), 0.0, 0.5))
    beyond = weight * (rate - np.average(rate, weights=weight))
    spread = float((beyond * rate).sum())
    least = np.sqrt(usual * (1 - usual) * (beyond**2).sum()) / spread if spread > 0 else float("inf")
    return Estimate(slope, max(error, float(least)))


def family_slope(measured: Sequence[Estimate], mean: float, usual: float, goal_rate: float) -> Estimate:
    """Posterior slope of a family.

    Before data, effects are believed to be in proportion to responses, as uncertain as that is large, and by a quarter
    of the goal's rate at least: an action that nobody responds to moves nobody.

    Args:
        measured: of its actions; mean: their mean effect; usual: their mean rate of responses.
    """
    least = LEAST_PRIOR_DEVIATION * goal_rate / usual
    believed = max(mean / usual, least)
    slope = Estimate(believed, believed)
    for each in measured:
        slope = combine(slope, Estimate(each.value, float(np.hypot(each.error, BETWEEN_ACTIONS * believed))))
    return Estimate(max(slope.value, 0.0), slope.error)
