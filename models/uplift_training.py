"""Learns what actions change from logged choices, each of which was taken with a known probability."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xgboost as xgb

from models.action_effects import believed_effect, moved
from models.additive_terms import AdditiveTerms, fit_terms
from models.boosting import Rows, TreeSettings, fit_booster, logit, predict_margin
from models.choices import NO_ACTION, Choices, Evidence, recency_weights, stabilised_weights, what_is_missing
from models.early_evidence import early_estimate
from models.encoding import FeatureEncoder
from models.grouping import group_folds
from models.merged_trees import merge_trees
from models.priors import Prior
from models.responses import Messages, rates_apart
from models.uplift import GoalEffects, UpliftModel, baseline_name, beyond_name
from models.uplift_calibration import LEAST_PRIOR_DEVIATION
from models.uplift_fitting import Learnt, fit_all, fit_apart, state
from models.uplift_measuring import HeldOutEffects, Measured

BASELINE_TREES = TreeSettings(rounds=120, depth=3, learning_rate=0.07, least_weight=5.0, shrinkage=10.0)
COUNT_FOLDS = 3


@dataclass(frozen=True)
class TrainedGoal:
    """The effects on one goal with the trees they stand on; without trees and held-out effects where all are priors.

    `curves` has the Qini curve of each modelled action, on accounts that the model didn't see.
    """

    effects: GoalEffects
    baselines: tuple[xgb.Booster, ...] = ()
    beyond: tuple[Mapping[str, xgb.Booster], ...] = ()
    intercept: float = 0.0
    held_out: HeldOutEffects | None = None
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def build_uplift_model(encoder: FeatureEncoder, trained: list[TrainedGoal]) -> UpliftModel:
    """The model of all goals, its trees merged."""
    boosters: dict[str, xgb.Booster] = {}
    intercepts: dict[str, float] = {}
    for each in trained:
        named = {baseline_name(each.effects.goal_id, number): trees for number, trees in enumerate(each.baselines)}
        boosters |= named
        for fold, of_fold in enumerate(each.beyond):
            boosters |= {beyond_name(each.effects.goal_id, fold, arm): trees for arm, trees in of_fold.items()}
        intercepts |= dict.fromkeys(named, each.intercept)
    trees = merge_trees(boosters, intercepts) if boosters else None
    return UpliftModel(encoder, tuple(each.effects for each in trained), trees)


def train_goal_effects(
    goal_id: str,
    choices: Choices,
    priors: Mapping[str, Prior],
    evidence: Evidence,
    seed: int,
    *,
    families: Mapping[str, str] | None = None,
    terms: AdditiveTerms | None = None,
) -> TrainedGoal:
    """Train the effects of all actions that the policy lists for a goal.

    Args:
        priors: what is believed, by action.
        evidence: actions with less act on their prior, as far as their few choices have moved it; so do all where no
            action (`none`) has less.
        families: by action, those with which it shares strength; None: none shares.
        terms: of the features; None: fitted on these choices.

    Raises:
        ValueError: an action_probability outside (0, 1].
    """
    if len(choices.probability) and not ((choices.probability > 0) & (choices.probability <= 1)).all():
        raise ValueError(f"goal {goal_id}: action_probability must be in (0, 1]")
    families = dict(families or {action: action for action in priors})
    reasons = {action: what_is_missing(choices.counts(action, evidence.days), evidence) for action in sorted(priors)}
    modelled = tuple(action for action, reason in reasons.items() if not reason)
    early = {action: early_estimate(choices, action, evidence.half_life_days) for action in reasons}
    known = {
        action: moved(
            believed_effect(goal_id, action, priors[action], choices.counts(action, evidence.days), reason),
            early[action],
            LEAST_PRIOR_DEVIATION * choices.rate(choices.controls(action)),
        )
        for action, reason in reasons.items()
    }
    rate = choices.rate(choices.treated(NO_ACTION))
    if not modelled:
        return TrainedGoal(GoalEffects(goal_id, rate, tuple(known.values())))
    rows = np.unique(np.concatenate([of(action) for action in modelled for of in (choices.treated, choices.controls)]))
    taken = choices.take(rows)
    recency = recency_weights(taken, evidence.half_life_days)
    weight, size = stabilised_weights(taken) * recency, taken.weight * recency
    terms = terms or fit_terms(taken.features)
    response = _response_rates(taken, size, terms, families, seed)
    learnt = Learnt(taken, weight, size, modelled, tuple(families[action] for action in modelled), response)
    baselines, intercept, offset = _fit_baselines(taken, weight, seed)
    apart = fit_apart(learnt, terms, offset, seed + 100)
    additive, stated = fit_all(learnt, terms, offset, apart)
    measured = Measured(learnt, state(learnt, apart.margins), stated, priors, families)
    known |= measured.effects(known)
    known |= {
        action: measured.of_family(known[action], early[action])
        for action in known
        if reasons[action] and families[action] in learnt.families
    }
    held_out = measured.held_out(known)
    effects = GoalEffects(goal_id, rate, tuple(known.values()), len(baselines), additive, len(apart.trees), apart.share)
    held_out = replace(held_out, index=rows[held_out.index])
    return TrainedGoal(effects, baselines, apart.trees, intercept, held_out, measured.curves())


def _response_rates(
    choices: Choices, size: np.ndarray, terms: AdditiveTerms, families: Mapping[str, str], seed: int
) -> dict[str, np.ndarray]:
    """P(response) of each row to each action's message, by accounts of other folds; `size` has its age in it."""
    if choices.responded is None:
        return {}
    messages = Messages(
        choices.features, choices.action, choices.responded, size, choices.units, np.zeros(len(size))
    )  # fmt: skip
    return rates_apart(messages, terms, families, 1.0, group_folds(choices.units, COUNT_FOLDS, seed + 200))


def _fit_baselines(
    choices: Choices, weight: np.ndarray, seed: int
) -> tuple[tuple[xgb.Booster, ...], float, np.ndarray]:
    """A booster per fold of accounts, fitted on the others; what is added to all; and each row's logit from the booster
    that didn't see it.
    """
    rate = float(np.average(choices.outcome, weights=weight))
    intercept = float(logit(np.array(rate)))
    data = Rows(choices.features, choices.outcome, weight, choices.offsets + intercept)
    folds = group_folds(choices.units, COUNT_FOLDS, seed)
    offset, boosters = np.zeros(len(folds)), []
    for fold in range(COUNT_FOLDS):
        held_out = np.flatnonzero(folds == fold)
        train, test = data.take(np.flatnonzero(folds != fold)), data.take(held_out)
        boosters.append(fit_booster(train, BASELINE_TREES, seed + fold, held_out=test))
        offset[held_out] = intercept + predict_margin(boosters[-1], test.features)
    return tuple(boosters), intercept, offset
