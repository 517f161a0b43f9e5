"""What each action changes in the probability of a goal, for each contact: the model as it is kept and applied.

The raw effect is a difference of two probabilities: an offset, the logit of the goal whatever is done, told by trees,
plus for no action and for each action a sum of terms (`models/additive_fit.py`). What drives the outcome is shared by
all actions, what an action changes is shared in part by its family, and only what data insist on is its own: with rare
outcomes that finds more of what is to be gained than trees of each action do (benchmarks/learning). The raw effect is
then put on scale, as mean + slope · (raw - centre), by `models/uplift_calibration.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import xgboost as xgb

from models.additive import AdditiveEffects, AdditiveMargins, effects_of_json
from models.additive_trees import additive_trees
from models.boosting import sigmoid
from models.choices import NO_ACTION, Counts
from models.contributions import EffectBoosters
from models.encoding import FeatureEncoder
from models.merged_trees import MergedTrees
from models.priors import Estimate, Prior, combine

# Each baseline holds f = 2/3 of the accounts: the estimate's variance is f / (1 - f) = 2 times that between them
# (jackknife).
JACKKNIFE_FACTOR = 2.0
SMALLEST_PRIOR_FACTOR, LARGEST_PRIOR_FACTOR = 0.5, 2.0

EvidenceKind = Literal["prior", "history", "family", "model"]


@dataclass(frozen=True)
class ActionEffect:
    """What is known of one action and goal. Effects are changes of probability.

    Attributes:
        evidence: `model` when exposures and outcomes suffice; else what the action acts on, `family`, `history` or
            `prior`, and `reason` says why.
        prior_uplift: what is believed without the action's own evidence.
        mean, mean_error: average effect among contacts who could get the action, prior and data combined; what few data
            say of an action without evidence enough is in it too.
        slope, slope_error: of the true on the raw effect.
        centre: mean raw effect.
        qini: normalised coefficient of the raw effect on accounts that the model didn't see; None for a prior.
        control_shift: what those who could get the action add to the logit under no action.
        arm: whose part of the logit is the action's: its own, or its family's; empty where neither is known.
    """

    goal_id: str
    action_id: str
    evidence: EvidenceKind
    reason: str
    prior_uplift: float
    count_exposures: int
    count_outcomes: int
    mean: float
    mean_error: float
    slope: float = 0.0
    slope_error: float = 0.0
    centre: float = 0.0
    qini: float | None = None
    control_shift: float = 0.0
    arm: str = ""


def believed_effect(goal_id: str, action_id: str, prior: Prior, counts: Counts, reason: str) -> ActionEffect:
    """An effect that stands on its prior."""
    evidence: EvidenceKind = "history" if prior.source == "history" else "prior"
    return ActionEffect(
        goal_id, action_id, evidence, reason, prior.value, round(counts.exposures),
        round(counts.outcomes), prior.value,
        prior.deviation,
    )  # fmt: skip


def moved(believed: ActionEffect, early: Estimate, least_deviation: float) -> ActionEffect:
    """A believed effect after the few choices of the action that are known.

    Args:
        least_deviation: how uncertain a belief is at least, so that data can move any.
    """
    after = combine(Estimate(believed.mean, max(believed.mean_error, least_deviation)), early)
    return replace(believed, mean=after.value, mean_error=after.error)


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
        self, goal_id: str, action_id: str, margins: "Margins", index: np.ndarray | slice = slice(None)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated effect and its standard error for the rows of the index, each float64 [n].

        Raises:
            KeyError: the action has no model for this goal.
        """
        _, effect = self._modelled(goal_id, action_id)
        of = margins.goals[goal_id]
        offset, additive = of.offset[index], of.additive
        if_none = sigmoid(offset + additive.none[index] + np.float32(effect.control_shift))
        if_action = sigmoid(offset + additive.added[effect.arm][index])
        return calibrated(effect, if_none, if_action, additive.variance[effect.arm][index], of.offset_variance[index])

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


def calibrated(
    effect: ActionEffect,
    if_none: np.ndarray,
    if_action: np.ndarray,
    variance: np.ndarray,
    offset_variance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Effect on scale and its standard error, each float64 [n].

    The error has four parts: of the average effect, of the slope, of the action's part of the logit, and of the logit
    whatever is done, which stretches the effect. A slope below 1 takes found differences back, and not the doubt.

    Args:
        if_none, if_action: probabilities, [n]; variance: of the action's part of the logit beyond that of no action,
            [n]; offset_variance: of the logit whatever is done, [n].
    """
    deviation = (if_action - if_none).astype(np.float64) - effect.centre
    steep = if_action * (1 - if_action)
    stretched = steep - if_none * (1 - if_none)
    of_raw = steep**2 * variance + stretched**2 * offset_variance
    total = effect.mean_error**2 + (effect.slope_error * deviation) ** 2 + max(effect.slope, 1.0) ** 2 * of_raw
    return effect.mean + effect.slope * deviation, np.sqrt(total)


def prior_effect(
    prior_uplift: float, propensity: np.ndarray, base_rate: float, deviation: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Effect by belief and its standard error, as uncertain as it is large unless `deviation` says else. Each [n].

    Who is likelier to reach the goal is also likelier to be moved: the belief is scaled by propensity / base rate,
    within a half and twice: a belief about all says little about one.
    """
    factor = np.clip(propensity / base_rate, SMALLEST_PRIOR_FACTOR, LARGEST_PRIOR_FACTOR)
    return prior_uplift * factor, (abs(prior_uplift) if deviation is None else deviation) * factor


def _goal_effects(about: dict) -> GoalEffects:
    effects = tuple(ActionEffect(**each) for each in about["effects"])
    return GoalEffects(**{**about, "effects": effects, "additive": effects_of_json(about["additive"])})
