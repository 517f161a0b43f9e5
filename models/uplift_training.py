"""Learns what actions change from logged choices, each of which was taken with a known probability."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import xgboost as xgb

from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.choices import NO_ACTION, Choices, Evidence, stabilised_weights, what_is_missing
from models.encoding import FeatureEncoder
from models.grouping import group_folds
from models.merged_trees import merge_trees
from models.qini import qini_coefficient, qini_curve
from models.uplift import ActionEffect, GoalEffects, UpliftModel, bag_name, baseline_name
from models.uplift_calibration import Sample, average_effect, effect_slope, shrink_mean, shrink_slopes

BASELINE_TREES = TreeSettings(rounds=120, depth=3, learning_rate=0.07, least_weight=5.0, shrinkage=10.0)
EFFECT_TREES = TreeSettings(rounds=25, depth=2, learning_rate=0.06, least_weight=5.0, shrinkage=20.0)
COUNT_FOLDS = 3
COUNT_PARTITIONS = 2
LARGEST_INTERCEPT = 4.0


@dataclass(frozen=True)
class Bag:
    """Trees beyond the offset, fitted without one fold of accounts: by action, `none` among them.

    The trees of `none` are learnt from all who got nothing; `control_shifts` is what the controls of each action add to
    their logit.
    """

    boosters: Mapping[str, xgb.Booster]
    intercepts: Mapping[str, float]
    control_shifts: Mapping[str, float] = field(default_factory=dict)

    def margin(self, action_id: str, offset: np.ndarray, encoded: np.ndarray) -> np.ndarray:
        """Logit of the goal under the action, [n]."""
        return offset + self.intercepts[action_id] + predict_margin(self.boosters[action_id], encoded)


@dataclass(frozen=True)
class HeldOutEffects:
    """Effects on accounts that the trees didn't see, one row per treated contact, each array [n].

    Attributes:
        index: row in the choices; effect: calibrated effect of the action taken; surprise: outcome minus the predicted
            probability under no action, so its mean given features is the true effect; weight: as in training.
    """

    index: np.ndarray
    effect: np.ndarray
    surprise: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class TrainedGoal:
    """The effects on one goal with the trees they stand on; without trees and held-out effects where all are priors.

    `curves` has the Qini curve of each modelled action, on accounts that the trees didn't see.
    """

    effects: GoalEffects
    baselines: tuple[xgb.Booster, ...] = ()
    bags: tuple[Bag, ...] = ()
    held_out: HeldOutEffects | None = None
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def build_uplift_model(encoder: FeatureEncoder, trained: list[TrainedGoal]) -> UpliftModel:
    """The model of all goals, its trees merged."""
    boosters: dict[str, xgb.Booster] = {}
    intercepts: dict[str, float] = {}
    for each in trained:
        goal_id = each.effects.goal_id
        boosters |= {baseline_name(goal_id, number): booster for number, booster in enumerate(each.baselines)}
        for number, bag in enumerate(each.bags):
            boosters |= {bag_name(goal_id, number, action): booster for action, booster in bag.boosters.items()}
            intercepts |= {bag_name(goal_id, number, action): shift for action, shift in bag.intercepts.items()}
    trees = merge_trees(boosters, intercepts) if boosters else None
    return UpliftModel(encoder, tuple(each.effects for each in trained), trees)


def train_goal_effects(
    goal_id: str, choices: Choices, prior_uplifts: Mapping[str, float], evidence: Evidence, seed: int
) -> TrainedGoal:
    """Train the effects of all actions that the policy lists for a goal.

    Args:
        prior_uplifts: the policy's belief by action.
        evidence: actions with less stay on their prior, and so do all where no action (`none`) has less.

    Raises:
        ValueError: an action_probability outside (0, 1].
    """
    if len(choices.probability) and not ((choices.probability > 0) & (choices.probability <= 1)).all():
        raise ValueError(f"goal {goal_id}: action_probability must be in (0, 1]")
    rate = choices.rate(choices.treated(NO_ACTION))
    beliefs = sorted(prior_uplifts.items())
    known = {action: _what_is_known(goal_id, action, prior, choices, evidence) for action, prior in beliefs}
    modelled = [action for action, effect in known.items() if effect.evidence == "model"]
    if not modelled:
        return TrainedGoal(GoalEffects(goal_id, rate, tuple(known.values())))
    rows = np.unique(np.concatenate([of(action) for action in modelled for of in (choices.treated, choices.controls)]))
    taken = choices.take(rows)
    weight = stabilised_weights(taken)
    baselines, offset = _fit_baselines(taken, seed)
    bags, unseen = _fit_bags(taken, weight, offset, modelled, seed)
    with_shifts = [
        replace(known[action], control_shifts=tuple(bag.control_shifts[action] for bag in bags)) for action in modelled
    ]
    fitted, curves = _calibrate(taken, weight, unseen, with_shifts)
    held_out = _held_out(taken, weight, unseen, fitted)
    known |= {effect.action_id: effect for effect in fitted}
    effects = GoalEffects(goal_id, rate, tuple(known.values()), len(baselines), len(bags))
    return TrainedGoal(effects, baselines, bags, replace(held_out, index=rows[held_out.index]), curves)


def _what_is_known(goal_id: str, action: str, prior: float, choices: Choices, evidence: Evidence) -> ActionEffect:
    """An effect on its prior, its evidence `model` if there are data enough."""
    counts = choices.counts(action)
    reason = what_is_missing(counts, evidence)
    exposures, outcomes = round(counts.exposures), round(counts.outcomes)
    kind: Literal["prior", "model"] = "prior" if reason else "model"
    return ActionEffect(goal_id, action, kind, reason, prior, exposures, outcomes, prior, abs(prior))


def _fit_baselines(choices: Choices, seed: int) -> tuple[tuple, np.ndarray]:
    """A booster per fold of accounts, fitted on the others; each row's logit from the one that didn't see it."""
    data = Rows(choices.features, choices.outcome, choices.weight)
    folds = group_folds(choices.units, COUNT_FOLDS, seed)
    offset, boosters = np.zeros(len(folds)), []
    for fold in range(COUNT_FOLDS):
        held_out = np.flatnonzero(folds == fold)
        train, test = data.take(np.flatnonzero(folds != fold)), data.take(held_out)
        boosters.append(fit_booster(train, BASELINE_TREES, seed + fold, held_out=test))
        offset[held_out] = predict_margin(boosters[-1], test.features)
    return tuple(boosters), offset


@dataclass(frozen=True)
class _Unseen:
    """Predictions of each bag for the accounts it didn't see, NaN for the others, [bag × n] by action: the raw effect,
    and the probability under no action among those who could get the action.
    """

    raw: Mapping[str, np.ndarray]
    none: Mapping[str, np.ndarray]

    def effect(self, action: str, rows: np.ndarray) -> np.ndarray:
        return np.nanmean(self.raw[action][:, rows], axis=0)

    def surprise(self, action: str, choices: Choices, rows: np.ndarray) -> np.ndarray:
        return choices.outcome[rows] - np.nanmean(self.none[action][:, rows], axis=0)


def _fit_bags(
    choices: Choices, weight: np.ndarray, offset: np.ndarray, modelled: list[str], seed: int
) -> tuple[tuple[Bag, ...], _Unseen]:
    bags: list[Bag] = []
    shape = COUNT_FOLDS * COUNT_PARTITIONS, len(offset)
    raw, none = ({action: np.full(shape, np.nan) for action in modelled} for _ in range(2))
    for partition in range(COUNT_PARTITIONS):
        folds = group_folds(choices.units, COUNT_FOLDS, seed + 100 + partition)
        for fold in range(COUNT_FOLDS):
            seen = np.flatnonzero(folds != fold)
            bag = _fit_bag(choices.take(seen), weight[seen], offset[seen], modelled, seed + len(bags))
            unseen = np.flatnonzero(folds == fold)
            features = choices.features[unseen]
            none_margin = bag.margin(NO_ACTION, offset[unseen], features)
            for action in modelled:
                if_none = sigmoid(none_margin + bag.control_shifts[action])
                none[action][len(bags)][unseen] = if_none
                raw[action][len(bags)][unseen] = sigmoid(bag.margin(action, offset[unseen], features)) - if_none
            bags.append(bag)
    return tuple(bags), _Unseen(raw, none)


def _fit_bag(choices: Choices, weight: np.ndarray, offset: np.ndarray, modelled: list[str], seed: int) -> Bag:
    boosters, intercepts = {}, {}
    for action in [NO_ACTION, *modelled]:
        rows = choices.treated(action)
        intercept = _intercept(choices.outcome[rows], weight[rows], offset[rows])
        data = Rows(choices.features[rows], choices.outcome[rows], weight[rows], offset[rows] + intercept)
        boosters[action], intercepts[action] = fit_booster(data, EFFECT_TREES, seed), intercept
    margin = Bag(boosters, intercepts).margin(NO_ACTION, offset, choices.features)
    shifts = {}
    for action in modelled:
        rows = choices.controls(action)
        shifts[action] = _intercept(choices.outcome[rows], weight[rows], margin[rows])
    return Bag(boosters, intercepts, shifts)


def _intercept(outcome: np.ndarray, weight: np.ndarray, offset: np.ndarray) -> float:
    """The shift of the offset that fits the rate, with the prior weight of one outcome at no shift."""
    intercept = 0.0
    for _ in range(30):
        expected = sigmoid(offset + intercept)
        gradient = (weight * (outcome - expected)).sum() - intercept
        step = gradient / ((weight * expected * (1 - expected)).sum() + 1.0)
        intercept = float(np.clip(intercept + np.clip(step, -1, 1), -LARGEST_INTERCEPT, LARGEST_INTERCEPT))
        if abs(step) < 1e-9:
            break
    return intercept


def _calibrate(
    choices: Choices, weight: np.ndarray, unseen: _Unseen, effects: list[ActionEffect]
) -> tuple[list[ActionEffect], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """The effects with average, slope and Qini, and their Qini curves, from accounts that the trees didn't see."""
    averaged, slopes, curves = [], [], {}
    for effect in effects:
        action = effect.action_id
        rows, control_rows = choices.treated(action), choices.controls(action)
        treated, control = (
            Sample(
                unseen.surprise(action, choices, each), unseen.effect(action, each), weight[each], choices.units[each]
            )
            for each in (rows, control_rows)
        )
        mean = shrink_mean(average_effect(treated, control), effect.prior_uplift, choices.rate(control_rows))
        slopes.append(effect_slope(treated, control))
        both = np.concatenate([rows, control_rows])
        is_treated = np.repeat([1.0, 0.0], [len(rows), len(control_rows)])
        ranking = choices.outcome[both], np.concatenate([treated.raw, control.raw]), is_treated, weight[both]
        curves[action] = qini_curve(*ranking)
        qini = qini_coefficient(*ranking)
        centres = _centres(unseen.raw[action][:, rows], weight[rows])
        averaged.append(replace(
            effect, mean=mean.value, mean_error=mean.error, qini=qini,
            centre=float(np.mean(centres)), bag_centres=centres,
        ))  # fmt: skip
    shrunk = zip(averaged, shrink_slopes(slopes), strict=True)
    return [replace(effect, slope=slope.value, slope_error=slope.error) for effect, slope in shrunk], curves


def _centres(raw: np.ndarray, weight: np.ndarray) -> tuple[float, ...]:
    """Weighted mean of each bag over the rows that it predicts, from [bag × n]."""
    known = ~np.isnan(raw)
    return tuple(
        float(np.average(bag[is_known], weights=weight[is_known])) if is_known.any() else 0.0
        for bag, is_known in zip(raw, known, strict=True)
    )


def _held_out(choices: Choices, weight: np.ndarray, unseen: _Unseen, effects: list[ActionEffect]) -> HeldOutEffects:
    index, values, surprises = [], [], []
    for effect in effects:
        rows = choices.treated(effect.action_id)
        index.append(rows)
        values.append(effect.mean + effect.slope * (unseen.effect(effect.action_id, rows) - effect.centre))
        surprises.append(unseen.surprise(effect.action_id, choices, rows))
    rows = np.concatenate(index)
    return HeldOutEffects(rows, np.concatenate(values), np.concatenate(surprises), weight[rows])
