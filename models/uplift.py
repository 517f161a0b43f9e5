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

from models.boosting import sigmoid
from models.choices import NO_ACTION
from models.contributions import EffectBoosters
from models.encoding import FeatureEncoder
from models.merged_trees import MergedTrees

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
        control_shifts: by bag, what those who could get the action add to the logit under no action.
        qini: normalised coefficient of the raw effect on accounts that the trees didn't see; None for a prior.
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
    qini: float | None = None
    control_shifts: tuple[float, ...] = ()


@dataclass(frozen=True)
class GoalEffects:
    """All effects on one goal. The counts are 0 when no action of the goal has a model."""

    goal_id: str
    control_rate: float
    effects: tuple[ActionEffect, ...]
    count_baselines: int = 0
    count_bags: int = 0

    @property
    def has_model(self) -> bool:
        return self.count_bags > 0

    def effect_of(self, action_id: str) -> ActionEffect | None:
        """The effect of an action; None if the goal was trained without it."""
        return next((effect for effect in self.effects if effect.action_id == action_id), None)


@dataclass(frozen=True)
class UpliftModel:
    """The effects on all goals, with the encoder and the trees; no trees where no goal has a model."""

    encoder: FeatureEncoder
    goals: tuple[GoalEffects, ...]
    trees: MergedTrees | None

    def goal(self, goal_id: str) -> GoalEffects | None:
        """The effects on a goal; None if it wasn't trained."""
        return next((goal for goal in self.goals if goal.goal_id == goal_id), None)

    def margins(self, encoded: np.ndarray) -> "Margins":
        """What `predict` needs of a batch, computed once for all goals and actions.

        Raises:
            ValueError: another number of features than at training.
        """
        if self.trees is None:
            return Margins({}, {}, {})
        outputs = dict(zip(self.trees.names, np.ascontiguousarray(self.trees.margins(encoded).T), strict=True))
        offsets, none = {}, {}
        for goal in (goal for goal in self.goals if goal.has_model):
            baselines = [outputs[baseline_name(goal.goal_id, number)] for number in range(goal.count_baselines)]
            offsets[goal.goal_id] = np.stack(baselines).mean(axis=0, dtype=np.float64)
            none_margins = [outputs[bag_name(goal.goal_id, bag, NO_ACTION)] for bag in range(goal.count_bags)]
            none[goal.goal_id] = offsets[goal.goal_id] + np.stack(none_margins)
        return Margins(outputs, offsets, none)

    def predict(
        self, goal_id: str, action_id: str, margins: "Margins", index: np.ndarray | slice = slice(None)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated effect and its standard error for the rows of the index, each float64 [n].

        Raises:
            KeyError: the action has no model for this goal.
        """
        goal, effect = self._modelled(goal_id, action_id)
        added = [margins.outputs[bag_name(goal_id, bag, action_id)][index] for bag in range(goal.count_bags)]
        if_none = sigmoid(margins.none[goal_id][:, index] + np.array(effect.control_shifts)[:, None])
        raw = sigmoid(margins.offsets[goal_id][index] + np.stack(added)) - if_none
        return calibrated(effect, raw)

    def explain_boosters(self, goal_id: str, action_id: str) -> EffectBoosters:
        """The trees behind an action's raw effect, averaged over the bags, over `encoder.feature_names`.

        Raises:
            KeyError: the action has no model for this goal.
        """
        goal, effect = self._modelled(goal_id, action_id)
        if self.trees is None:
            raise KeyError(f"no trees for goal {goal_id}")
        baselines = {baseline_name(goal_id, each): 1 / goal.count_baselines for each in range(goal.count_baselines)}
        action, none = (
            {bag_name(goal_id, bag, each): 1 / goal.count_bags for bag in range(goal.count_bags)}
            for each in (action_id, NO_ACTION)
        )
        return EffectBoosters(
            shared=self.trees.combine(baselines),
            action=self.trees.combine(action),
            none=self.trees.combine(none),
            action_shift=self.trees.intercept(baselines | action),
            none_shift=self.trees.intercept(baselines | none) + float(np.mean(effect.control_shifts)),
        )

    def _modelled(self, goal_id: str, action_id: str) -> tuple[GoalEffects, ActionEffect]:
        goal = self.goal(goal_id)
        effect = goal.effect_of(action_id) if goal else None
        if goal is None or effect is None or effect.evidence != "model":
            raise KeyError(f"action {action_id} has no model for goal {goal_id}")
        return goal, effect

    def to_files(self) -> dict[str, bytes]:
        """The model as named files; equal models give equal bytes."""
        return {
            **(self.trees.to_files() if self.trees else {}),
            "encoder.json": self.encoder.to_json().encode(),
            "uplift.json": json.dumps([asdict(goal) for goal in self.goals], indent=1).encode(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "UpliftModel":
        """The model of `to_files`.

        Raises:
            KeyError: a file is missing.
            ValueError: the files don't belong together.
        """
        encoder = FeatureEncoder.from_json(files["encoder.json"].decode())
        goals = tuple(_goal_effects(about) for about in json.loads(files["uplift.json"]))
        trees = MergedTrees.from_files(files) if any(goal.has_model for goal in goals) else None
        if trees and trees.booster.num_features() != len(encoder.feature_names):
            raise ValueError(
                f"trees of {trees.booster.num_features()} features, an encoder of {len(encoder.feature_names)}"
            )
        return cls(encoder, goals, trees)


@dataclass(frozen=True)
class Margins:
    """What the trees say of a batch.

    Attributes:
        outputs: of each output of the trees, [n].
        offsets: by goal, logit whatever is done, [n]; none: by goal, logit under no action, [bag × n].
    """

    outputs: Mapping[str, np.ndarray]
    offsets: Mapping[str, np.ndarray]
    none: Mapping[str, np.ndarray]


def baseline_name(goal_id: str, number: int) -> str:
    """Output with the logit of the goal whatever is done."""
    return f"{goal_id}/baseline/{number}"


def bag_name(goal_id: str, bag: int, action_id: str) -> str:
    """Output with what an action adds to the logit, in one bag."""
    return f"{goal_id}/bag/{bag}/{action_id}"


def calibrated(effect: ActionEffect, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effect on scale and its standard error, each [n], from raw effects [bag × n].

    The error has three parts: of the average effect, of the slope, and of the raw effect between bags. It leaves out
    differences between people that the trees didn't find, of which data say nothing: in simulations, two errors on
    either side hold the effect of 98 % of people where all are alike, of 90 % where effects differ a little and of 60
    to 80 % where they differ much.
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


def _goal_effects(about: dict) -> GoalEffects:
    no_shifts = (0.0,) * about["count_bags"]  # as in models of before there were any
    effects = tuple(
        ActionEffect(**{
            **each,
            "bag_centres": tuple(each["bag_centres"]),
            "control_shifts": tuple(each.get("control_shifts", no_shifts)),
        })
        for each in about["effects"]
    )  # fmt: skip
    return GoalEffects(**{**about, "effects": effects})
