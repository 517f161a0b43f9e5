"""What each action changes in the probability of a goal, for each contact: the model as it is kept and applied.

The raw effect is a difference of two probabilities: an offset, the logit of the goal whatever is done, plus for no
action and for each action a few small trees of its own. That shares what drives the outcome among all actions and
regularises only how they differ, which is what works with rare outcomes. Six bags, each without a third of the
accounts, are averaged. The raw effect is then put on scale, as mean + slope · (raw - centre), by
`models/uplift_calibration.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import xgboost as xgb

from models.boosting import pack_boosters, predict_margin, sigmoid, unpack_boosters
from models.encoding import FeatureEncoder

NO_ACTION = "none"
# Bags hold f = 2/3 of the accounts: the estimate's variance is f / (1 - f) = 2 times that between bags (jackknife).
JACKKNIFE_FACTOR = 2.0
SMALLEST_PRIOR_FACTOR, LARGEST_PRIOR_FACTOR = 0.25, 4.0


@dataclass(frozen=True)
class ActionEffect:
    """What is known of one action and goal. Effects are changes of probability.

    Attributes:
        evidence: `model` when exposures and outcomes suffice; else `prior`, and `reason` says why.
        mean, mean_error: average effect among contacts who could get the action, prior and data combined.
        slope, slope_error: of the true on the raw effect.
        centre, bag_centres: mean raw effect, over all bags and of each.
        qini: normalised coefficient of the raw effect on accounts that the trees didn't see; NaN for a prior.
    """

    goal_id: str
    action_id: str
    evidence: Literal["prior", "model"]
    reason: str
    prior_uplift: float
    count_exposures: int
    count_outcomes: int
    mean: float
    mean_error: float
    slope: float = 0.0
    slope_error: float = 0.0
    centre: float = 0.0
    bag_centres: tuple[float, ...] = ()
    qini: float = float("nan")


@dataclass(frozen=True)
class Bag:
    """Trees beyond the offset, fitted without one fold of accounts: by action, `none` among them."""

    boosters: Mapping[str, xgb.Booster]
    intercepts: Mapping[str, float]

    def margin(self, action_id: str, offset: np.ndarray, encoded: np.ndarray) -> np.ndarray:
        """Logit of the goal under the action, [n]."""
        return offset + self.intercepts[action_id] + predict_margin(self.boosters[action_id], encoded)


@dataclass(frozen=True)
class GoalEffects:
    """All effects on one goal; without bags when no action of the goal has a model."""

    goal_id: str
    control_rate: float
    effects: tuple[ActionEffect, ...]
    baselines: tuple[xgb.Booster, ...] = ()
    bags: tuple[Bag, ...] = ()

    def effect_of(self, action_id: str) -> ActionEffect | None:
        """The effect of an action; None if the goal was trained without it."""
        return next((effect for effect in self.effects if effect.action_id == action_id), None)

    def offset(self, encoded: np.ndarray) -> np.ndarray:
        """Logit of the goal whatever is done, [n]."""
        return np.mean([predict_margin(booster, encoded) for booster in self.baselines], axis=0)

    def raw_effects(self, action_id: str, encoded: np.ndarray, base: "BaseMargins") -> np.ndarray:
        """Uncalibrated effect by bag, [bag × n]."""
        return np.stack(
            [
                sigmoid(bag.margin(action_id, base.offset, encoded)) - sigmoid(none)
                for bag, none in zip(self.bags, base.none, strict=True)
            ]
        )

    def base_margins(self, encoded: np.ndarray) -> "BaseMargins":
        """What all actions have in common, so that it is computed once."""
        offset = self.offset(encoded)
        return BaseMargins(offset, np.stack([bag.margin(NO_ACTION, offset, encoded) for bag in self.bags]))

    def predict(self, action_id: str, encoded: np.ndarray, base: "BaseMargins") -> tuple[np.ndarray, np.ndarray]:
        """Calibrated effect and its standard error, each float64 [n].

        Raises:
            KeyError: the action has no model for this goal.
        """
        effect = self.effect_of(action_id)
        if effect is None or effect.evidence == "prior":
            raise KeyError(f"action {action_id} has no model for goal {self.goal_id}")
        raw = self.raw_effects(action_id, encoded, base)
        return calibrated(effect, raw)


@dataclass(frozen=True)
class BaseMargins:
    """Logit whatever is done, [n], and under no action by bag, [bag × n]."""

    offset: np.ndarray
    none: np.ndarray

    def take(self, index: np.ndarray) -> "BaseMargins":
        return BaseMargins(self.offset[index], self.none[:, index])


@dataclass(frozen=True)
class UpliftModel:
    """The effects on all goals, with the encoder they were trained with."""

    encoder: FeatureEncoder
    goals: tuple[GoalEffects, ...]

    def goal(self, goal_id: str) -> GoalEffects | None:
        """The effects on a goal; None if it wasn't trained."""
        return next((goal for goal in self.goals if goal.goal_id == goal_id), None)

    def to_files(self) -> dict[str, bytes]:
        """The model as named files; equal models give equal bytes."""
        boosters, about = {}, []
        for goal in self.goals:
            for number, booster in enumerate(goal.baselines):
                boosters[f"{goal.goal_id}/baseline/{number}"] = booster
            for number, bag in enumerate(goal.bags):
                boosters |= {f"{goal.goal_id}/{number}/{action}": each for action, each in bag.boosters.items()}
            about.append(
                {
                    "goal_id": goal.goal_id,
                    "control_rate": goal.control_rate,
                    "effects": [asdict(effect) for effect in goal.effects],
                    "count_baselines": len(goal.baselines),
                    "bags": [dict(bag.intercepts) for bag in goal.bags],
                }
            )
        return {
            "boosters.zip": pack_boosters(boosters),
            "encoder.json": self.encoder.to_json().encode(),
            "uplift.json": json.dumps(about, indent=1).encode(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "UpliftModel":
        """The model of `to_files`.

        Raises:
            KeyError: a file, or trees that `uplift.json` lists, are missing.
            ValueError: the files don't belong together.
        """
        boosters = unpack_boosters(files["boosters.zip"])
        encoder = FeatureEncoder.from_json(files["encoder.json"].decode())
        for name, booster in boosters.items():
            if booster.num_features() != len(encoder.feature_names):
                raise ValueError(f"trees {name} have another number of features than the encoder")
        return cls(encoder, tuple(_goal_effects(about, boosters) for about in json.loads(files["uplift.json"])))


def calibrated(effect: ActionEffect, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effect on scale and its standard error, each [n], from raw effects [bag × n].

    The error has three parts: of the average effect, of the slope, and of the raw effect between bags.
    """
    deviation = raw.mean(axis=0) - effect.centre
    between = (raw - np.array(effect.bag_centres)[:, None]).var(axis=0)
    variance = (
        effect.mean_error**2 + (effect.slope_error * deviation) ** 2 + effect.slope**2 * JACKKNIFE_FACTOR * between
    )
    return effect.mean + effect.slope * deviation, np.sqrt(variance)


def prior_effect(prior_uplift: float, propensity: np.ndarray, base_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Effect by the policy's belief, and as standard error the effect itself: as uncertain as it is large. Each [n].

    Who is likelier to reach the goal is also likelier to be moved: the belief is scaled by propensity / base rate,
    within a quarter and four times.
    """
    factor = np.clip(propensity / base_rate, SMALLEST_PRIOR_FACTOR, LARGEST_PRIOR_FACTOR)
    return prior_uplift * factor, np.abs(prior_uplift) * factor


def _goal_effects(about: dict, boosters: Mapping[str, xgb.Booster]) -> GoalEffects:
    goal_id = about["goal_id"]
    effects = tuple(ActionEffect(**{**each, "bag_centres": tuple(each["bag_centres"])}) for each in about["effects"])
    bags = tuple(
        Bag({action: boosters[f"{goal_id}/{number}/{action}"] for action in intercepts}, intercepts)
        for number, intercepts in enumerate(about["bags"])
    )
    baselines = tuple(boosters[f"{goal_id}/baseline/{number}"] for number in range(about["count_baselines"]))
    return GoalEffects(goal_id, about["control_rate"], effects, baselines, bags)
