"""What each action changes in the probability of a goal, for each contact: the model as it is kept and applied.

The raw effect is a difference of two probabilities: an offset, the logit of the goal whatever is done, told by trees,
plus for no action and for each action a sum of terms (`models/additive_fit.py`). What drives the outcome is shared by
all actions, what an action changes is shared in part by its family, and only what data insist on is its own: with rare
outcomes that finds more of what is to be gained than trees of each action do (benchmarks/learning). The raw effect is
then put on scale, as mean + slope · (raw - centre), by `models/uplift_calibration.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import xgboost as xgb

from models.action_effects import ActionEffect, calibrated, led
from models.additive import AdditiveEffects, AdditiveMargins, effects_of_json
from models.additive_trees import additive_trees
from models.boosting import sigmoid
from models.choices import NO_ACTION
from models.contributions import EffectBoosters
from models.encoding import FeatureEncoder
from models.merged_trees import MergedTrees

# Each baseline holds f = 2/3 of the accounts: the estimate's variance is f / (1 - f) = 2 times that between them
# (jackknife).
JACKKNIFE_FACTOR = 2.0


@dataclass(frozen=True)
class GoalEffects:
    """All effects on one goal; without baselines and additive effects when no action of the goal has a model.

    Of what trees find beyond the additive effects, `share_beyond` counts, as the mean of `count_beyond` folds.
    """

    goal_id: str
    control_rate: float
    effects: tuple[ActionEffect, ...]
    count_baselines: int = 0
    additive: AdditiveEffects | None = None
    count_beyond: int = 0
    share_beyond: float = 0.0

    @property
    def has_model(self) -> bool:
        return self.additive is not None

    @property
    def arms_beyond(self) -> tuple[str, ...]:
        """Actions with trees of their own beyond the additive effects."""
        return tuple(effect.action_id for effect in self.effects if effect.evidence == "model")

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
            return Margins({})
        outputs = dict(zip(self.trees.names, np.ascontiguousarray(self.trees.margins(encoded).T), strict=True))
        goals = {}
        for goal in self.goals:
            if goal.additive is None:
                continue
            baselines = np.stack([outputs[baseline_name(goal.goal_id, each)] for each in range(goal.count_baselines)])
            offset, variance = baselines.mean(axis=0), JACKKNIFE_FACTOR * baselines.var(axis=0)
            additive = _with_beyond(goal.additive.margins(encoded), goal, outputs)
            goals[goal.goal_id] = GoalMargins(offset, variance, additive)
        return Margins(goals)

    def predict(
        self,
        goal_id: str,
        action_id: str,
        margins: "Margins",
        index: np.ndarray | slice = slice(None),
        response: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated effect and its standard error for the rows of the index, each float64 [n].

        Args:
            response: P(response) to the action's message of the rows of the index, where it is known.

        Raises:
            KeyError: the action has no model for this goal.
        """
        _, effect = self._modelled(goal_id, action_id)
        of = margins.goals[goal_id]
        offset, additive = of.offset[index], of.additive
        if_none = sigmoid(offset + additive.none[index] + np.float32(effect.control_shift))
        if_action = sigmoid(offset + additive.added[effect.arm][index])
        variances = additive.variance[effect.arm][index], of.offset_variance[index]
        return led(effect, *calibrated(effect, if_none, if_action, *variances), response)

    def explain_boosters(self, goal_id: str, action_id: str) -> EffectBoosters:
        """The parts of an action's raw effect as trees over `encoder.feature_names`.

        Raises:
            KeyError: the action has no model for this goal.
        """
        additive, effect = self._modelled(goal_id, action_id)
        goal = self.goal(goal_id)
        if self.trees is None or goal is None:
            raise KeyError(f"no trees for goal {goal_id}")
        baselines = {baseline_name(goal_id, each): 1 / goal.count_baselines for each in range(goal.count_baselines)}
        count, own = len(self.encoder.feature_names), additive.effects[effect.arm].coefficients
        intercept = self.trees.intercept(baselines)
        return EffectBoosters(
            shared=self.trees.combine(baselines),
            action=self._arm_booster(goal, effect.arm, additive_trees(additive.terms, own, count)),
            none=self._arm_booster(goal, NO_ACTION, additive_trees(additive.terms, additive.none, count)),
            action_shift=intercept + own[0],
            none_shift=intercept + additive.none[0] + effect.control_shift,
        )

    def _arm_booster(self, goal: GoalEffects, arm: str, trees: list[dict]) -> xgb.Booster:
        if self.trees is None:
            raise KeyError(f"no trees for goal {goal.goal_id}")
        own = arm if arm in goal.arms_beyond else NO_ACTION
        share = goal.share_beyond / max(goal.count_beyond, 1)
        shares = {beyond_name(goal.goal_id, fold, own): share for fold in range(goal.count_beyond)}
        return self.trees.of_trees(trees + self.trees.scaled_trees(shares))

    def _modelled(self, goal_id: str, action_id: str) -> tuple[AdditiveEffects, ActionEffect]:
        goal = self.goal(goal_id)
        effect = goal.effect_of(action_id) if goal else None
        if goal is None or goal.additive is None or effect is None or not effect.arm:
            raise KeyError(f"action {action_id} has no model for goal {goal_id}")
        return goal.additive, effect

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
            TypeError: a model of an older form.
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
class GoalMargins:
    """What one goal's model says of a batch: the logit whatever is done and its variance, float32 [n]; and what no
    action and each action add to it.
    """

    offset: np.ndarray
    offset_variance: np.ndarray
    additive: AdditiveMargins

    @property
    def none(self) -> np.ndarray:
        """Logit under no action, [n]."""
        return self.offset + self.additive.none


@dataclass(frozen=True)
class Margins:
    """What the model says of a batch, by goal."""

    goals: Mapping[str, GoalMargins]


def baseline_name(goal_id: str, number: int) -> str:
    """Output with the logit whatever is done, in one fold."""
    return f"{goal_id}/baseline/{number}"


def beyond_name(goal_id: str, fold: int, arm: str) -> str:
    """Output with what the trees of one fold find beyond the additive effects."""
    return f"{goal_id}/beyond/{fold}/{arm}"


def _with_beyond(margins: AdditiveMargins, goal: GoalEffects, outputs: Mapping[str, np.ndarray]) -> AdditiveMargins:
    """What the trees add; a family's new action gets what no action gets, so that it makes no difference."""
    if not goal.count_beyond:
        return margins
    arms = (NO_ACTION, *goal.arms_beyond)
    found = {
        arm: np.stack([outputs[beyond_name(goal.goal_id, fold, arm)] for fold in range(goal.count_beyond)])
        for arm in arms
    }
    share, factor = np.float32(goal.share_beyond), np.float32(goal.count_beyond - 1)
    added, variance = {}, {}
    for arm, of_arm in margins.added.items():
        own = found.get(arm, found[NO_ACTION])
        added[arm] = of_arm + share * own.mean(axis=0)
        between = (own - found[NO_ACTION]).var(axis=0)
        variance[arm] = margins.variance[arm] + factor * share**2 * between
    return AdditiveMargins(margins.none + share * found[NO_ACTION].mean(axis=0), added, variance)


def _goal_effects(about: dict) -> GoalEffects:
    effects = tuple(ActionEffect(**each) for each in about["effects"])
    return GoalEffects(**{**about, "effects": effects, "additive": effects_of_json(about["additive"])})
