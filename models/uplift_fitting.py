"""Fits the additive effects of a goal, on all rows and on those of other accounts than a row's own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.additive import AdditiveEffects, keep_effects
from models.additive_fit import AdditiveFit, AdditiveRows, fit_additive
from models.additive_terms import AdditiveTerms
from models.boosting import sigmoid
from models.choices import NO_ACTION, Choices
from models.grouping import group_folds

# Fits take little time, and those without a fifth of the accounts say nearly what the one of all does.
COUNT_FOLDS = 5
LARGEST_INTERCEPT = 4.0
# Of a choice whose outcomes have hardly begun to come, little can be said.
LEAST_SHARE_COME = 0.02


@dataclass(frozen=True)
class Learnt:
    """What the effects of a goal are learnt from: choices of the modelled actions and of their controls.

    Attributes:
        weight: of each row, [n]; actions: the modelled ones; families: of each of them.
    """

    choices: Choices
    weight: np.ndarray
    actions: tuple[str, ...]
    families: tuple[str, ...]

    @property
    def family_names(self) -> list[str]:
        return sorted(set(self.families))

    @property
    def share_come(self) -> np.ndarray:
        """Share of the outcomes that have come by each row's age, [n]."""
        return np.clip(np.exp(self.choices.offsets), LEAST_SHARE_COME, 1.0)

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


def fit_all(learnt: Learnt, terms: AdditiveTerms, offset: np.ndarray) -> tuple[AdditiveEffects, Stated]:
    """The effects as they are kept, and what they state of the rows learnt from."""
    rows = learnt.rows(terms, offset)
    fit = _fit(learnt, rows)
    families = [family_arm(family) for family in learnt.family_names]
    kept = keep_effects(terms, fit, list(learnt.actions), families, rows.values)
    every = np.arange(len(rows.arm))
    return kept, _state(learnt, rows, offset, fit, seen=every, asked=every)


def fit_apart(learnt: Learnt, terms: AdditiveTerms, offset: np.ndarray, seed: int) -> Stated:
    """What is stated of each row by effects that were learnt from other accounts."""
    rows, count = learnt.rows(terms, offset), len(offset)
    if_none, raw = ({action: np.zeros(count) for action in learnt.actions} for _ in range(2))
    folds = group_folds(learnt.choices.units, COUNT_FOLDS, seed)
    for fold in range(COUNT_FOLDS):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        stated = _state(learnt, rows, offset, _fit(learnt, rows.take(seen)), seen=seen, asked=unseen)
        for action in learnt.actions:
            if_none[action][unseen] = stated.if_none[action]
            raw[action][unseen] = stated.raw[action]
    return Stated(if_none, raw, {})


def family_arm(family: str) -> str:
    """Name of the part that a family's actions have in common."""
    return f"family:{family}"


def _fit(learnt: Learnt, rows: AdditiveRows) -> AdditiveFit:
    names = learnt.family_names
    return fit_additive(rows, [names.index(family) for family in learnt.families], len(names))


def _state(
    learnt: Learnt, rows: AdditiveRows, offset: np.ndarray, fit: AdditiveFit, *, seen: np.ndarray, asked: np.ndarray
) -> Stated:
    none = offset + rows.values @ fit.arms[0]
    is_seen = np.zeros(len(offset), dtype=bool)
    is_seen[seen] = True
    shifts, if_none, raw = {}, {}, {}
    for number, action in enumerate(learnt.actions):
        controls = learnt.choices.controls(action)
        controls = controls[is_seen[controls]]
        come = none[controls] + learnt.choices.offsets[controls]
        shifts[action] = fit_intercept(learnt.choices.outcome[controls], learnt.weight[controls], come)
        if_none[action] = sigmoid(none[asked] + shifts[action])
        margin = offset[asked] + rows.values[asked] @ fit.arms[1 + number]
        raw[action] = sigmoid(margin) - if_none[action]
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
