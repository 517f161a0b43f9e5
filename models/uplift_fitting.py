"""Fits the additive effects of a goal, on all rows and on those of other accounts than a row's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import xgboost as xgb

from models.additive import AdditiveEffects, keep_effects
from models.additive_fit import AdditiveFit, AdditiveRows, fit_additive
from models.additive_terms import AdditiveTerms
from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.choices import NO_ACTION, Choices, share_come
from models.grouping import group_folds, weighted_mean

# Fits without a fifth of the accounts say nearly what the one of all does; of many actions, those without a third do.
COUNT_FOLDS, COUNT_FOLDS_OF_MANY, MANY_ACTIONS = 5, 3, 8
# What no sum of terms tells, steps and interactions, is left to small trees of each action, if outcomes bear them out.
BEYOND_TREES = TreeSettings(rounds=40, depth=3, learning_rate=0.06, least_weight=5.0, shrinkage=20.0)
SHARES_BEYOND = (0.5, 1.0)
LARGEST_INTERCEPT = 4.0


@dataclass(frozen=True)
class Learnt:
    """What the effects of a goal are learnt from: choices of the modelled actions and of their controls.

    Attributes:
        weight: of each row, with its inverse probability; size: without, [n].
        actions: the modelled ones; families: of each of them.
        response: P(response) of each row to an action's message, by what other accounts tell, [n] by action.
    """

    choices: Choices
    weight: np.ndarray
    size: np.ndarray
    actions: tuple[str, ...]
    families: tuple[str, ...]
    response: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def family_names(self) -> list[str]:
        return sorted(set(self.families))

    @property
    def share_come(self) -> np.ndarray:
        """Share of the outcomes that have come by each row's age, [n]."""
        return share_come(self.choices)

    def rows(self, terms: AdditiveTerms, offset: np.ndarray) -> AdditiveRows:
        """As what additive effects are learnt from; `offset` is the logit whatever is done, [n]."""
        numbers = {NO_ACTION: 0, **{action: 1 + number for number, action in enumerate(self.actions)}}
        arm = np.array([numbers[action] for action in self.choices.action])
        return AdditiveRows(
            terms.values(self.choices.features), arm, self.choices.outcome, self.weight,
            offset + self.choices.offsets, self.choices.units,
        )  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """Predictions for rows: probability under no action among those who could get the action, and the raw effect, each
    [n] by action; and what the controls of an action add to the logit under no action.
    """

    if_none: Mapping[str, np.ndarray]
    raw: Mapping[str, np.ndarray]
    shifts: Mapping[str, float]


@dataclass(frozen=True)
class Apart:
    """Logits of each row under no action and each action, [1 + action × n], by fits that didn't see its account.

    Attributes:
        additive: by the additive effects; beyond: what trees find beyond them; trees: those of each fold, by name of
            the action; share: of `beyond` that held-out outcomes bear out, 0 where they don't.
    """

    additive: np.ndarray
    beyond: np.ndarray
    trees: tuple[Mapping[str, xgb.Booster], ...]
    share: float

    @property
    def margins(self) -> np.ndarray:
        return self.additive + self.share * self.beyond


def fit_all(learnt: Learnt, terms: AdditiveTerms, offset: np.ndarray, apart: Apart) -> tuple[AdditiveEffects, Stated]:
    """The additive effects as they are kept, and what they state of the rows learnt from, with what is beyond them."""
    rows = learnt.rows(terms, offset)
    fit = _fit(learnt, rows)
    families = [family_arm(family) for family in learnt.family_names]
    kept = keep_effects(terms, fit, list(learnt.actions), families, rows.values)
    return kept, state(learnt, _margins(rows, offset, fit) + apart.share * apart.beyond)


def fit_apart(learnt: Learnt, terms: AdditiveTerms, offset: np.ndarray, seed: int) -> Apart:
    """Additive effects, and trees for what no sum of terms tells, each from the accounts of the other folds."""
    rows, names = learnt.rows(terms, offset), (NO_ACTION, *learnt.actions)
    additive, beyond = np.zeros((2, len(names), len(offset)))
    count = COUNT_FOLDS if len(learnt.actions) <= MANY_ACTIONS else COUNT_FOLDS_OF_MANY
    folds, trees = group_folds(learnt.choices.units, count, seed), []
    for fold in range(count):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        margins = _margins(rows, offset, _fit(learnt, rows.take(seen)))
        additive[:, unseen] = margins[:, unseen]
        of_fold = {}
        for arm, name in enumerate(names):
            own = seen[rows.arm[seen] == arm]
            come = margins[arm][own] + learnt.choices.offsets[own]
            data = Rows(learnt.choices.features[own], rows.outcome[own], rows.weight[own], come)
            of_fold[name] = fit_booster(data, BEYOND_TREES, seed + fold)
            beyond[arm, unseen] = predict_margin(of_fold[name], learnt.choices.features[unseen])
        trees.append(of_fold)
    share = _share_borne_out(learnt, rows, additive, beyond)
    return Apart(additive, beyond, tuple(trees) if share else (), share)


def _share_borne_out(learnt: Learnt, rows: AdditiveRows, additive: np.ndarray, beyond: np.ndarray) -> float:
    """The share of the trees' part with the least held-out log loss; 0 unless that is lower beyond chance."""
    index = np.arange(len(rows.arm))
    own, extra = additive[rows.arm, index] + learnt.choices.offsets, beyond[rows.arm, index]
    best, best_gain = 0.0, 0.0
    for share in SHARES_BEYOND:
        margin = own + share * extra
        loss = np.logaddexp(0, margin) - np.logaddexp(0, own) - rows.outcome * (margin - own)
        mean, error = weighted_mean(-loss, rows.weight, rows.units)
        if mean > max(best_gain, error):
            best, best_gain = share, mean
    return best


def family_arm(family: str) -> str:
    """Name of the part that a family's actions have in common."""
    return f"family:{family}"


def _fit(learnt: Learnt, rows: AdditiveRows) -> AdditiveFit:
    names = learnt.family_names
    return fit_additive(rows, [names.index(family) for family in learnt.families], len(names))


def _margins(rows: AdditiveRows, offset: np.ndarray, fit: AdditiveFit) -> np.ndarray:
    return offset + (rows.values @ fit.arms.T.astype(np.float32)).T


def state(learnt: Learnt, margins: np.ndarray) -> Stated:
    """Effects by logits of no action and each action, [1 + action × n]."""
    shifts, if_none, raw = {}, {}, {}
    for number, action in enumerate(learnt.actions):
        controls = learnt.choices.controls(action)
        come = margins[0, controls] + learnt.choices.offsets[controls]
        shifts[action] = fit_intercept(learnt.choices.outcome[controls], learnt.weight[controls], come)
        if_none[action] = sigmoid(margins[0] + shifts[action])
        raw[action] = sigmoid(margins[1 + number]) - if_none[action]
    return Stated(if_none, raw, shifts)


def fit_intercept(outcome: np.ndarray, weight: np.ndarray, offset: np.ndarray) -> float:
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
