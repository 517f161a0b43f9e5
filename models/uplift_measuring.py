"""Puts the raw effects of a goal on scale, by outcomes of accounts that the fit didn't see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.action_effects import ActionEffect
from models.choices import NO_ACTION
from models.priors import Estimate, Prior, combine
from models.qini import qini_coefficient, qini_curve
from models.uplift_calibration import (
    Sample,
    average_effect,
    effect_slope,
    pooled_prior,
    shrink_mean,
    shrink_slopes,
)
from models.uplift_fitting import Learnt, Stated, family_arm


@dataclass(frozen=True)
class HeldOutEffects:
    """Effects on accounts that the model didn't see, one row per treated contact, each array [n].

    Attributes:
        index: row in the choices; effect: calibrated effect of the action taken; surprise: outcome minus the predicted
            probability under no action, so its mean given features is the true effect; weight: as in training.
    """

    index: np.ndarray
    effect: np.ndarray
    surprise: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Measured:
    """What is measured of the modelled actions.

    Attributes:
        apart: stated by effects learnt from other accounts; stated: by those that are kept.
        priors, families: by action, also of actions that have no model yet.
    """

    learnt: Learnt
    apart: Stated
    stated: Stated
    priors: Mapping[str, Prior]
    families: Mapping[str, str]

    def effects(self, known: Mapping[str, ActionEffect]) -> dict[str, ActionEffect]:
        """Modelled actions with average, slope and Qini."""
        return {
            action: replace(
                known[action],
                evidence="model",
                mean=mean.value,
                mean_error=mean.error,
                slope=slope.value,
                slope_error=slope.error,
                centre=self._centre(action),
                qini=qini_coefficient(*self._ranking(action)),
                control_shift=self.stated.shifts[action],
                arm=action,
            )
            for action, slope in zip(self.learnt.actions, self._slopes[0], strict=True)
            for mean in [shrink_mean(self._averages[action], self._prior(action), self._rate(action))]
        }

    def of_family(self, believed: ActionEffect, early: Estimate) -> ActionEffect:
        """An action without evidence enough, as its family's measured actions let expect, moved by what its few choices
        say; as it was where the old rules' logs know better.
        """
        prior = self._prior(believed.action_id)
        if prior.source != "family":
            return believed
        family = self.families[believed.action_id]
        slope = self._slopes[1][family]
        members = [action for action in self.learnt.actions if self.families[action] == family]
        mean = combine(Estimate(prior.value, prior.deviation), early)
        return replace(
            believed,
            evidence="family",
            reason=f"{believed.reason}; acts as {family} does",
            prior_uplift=prior.value,
            mean=mean.value,
            mean_error=mean.error,
            slope=slope.value,
            slope_error=slope.error,
            centre=float(np.mean([self._centre(action) for action in members])),
            arm=family_arm(family),
        )

    def held_out(self, effects: Mapping[str, ActionEffect]) -> HeldOutEffects:
        """Of all treated rows, by action."""
        index, values, surprises, weights = [], [], [], []
        for action in self.learnt.actions:
            effect, rows = effects[action], self.learnt.choices.treated(action)
            raw = self.apart.raw[action][rows]
            centre = np.average(raw, weights=self.learnt.weight[rows])
            index.append(rows)
            values.append(effect.mean + effect.slope * (raw - centre))
            sample = self._sample(action, rows)
            surprises.append(sample.surprise)
            weights.append(sample.weight)
        return HeldOutEffects(*(np.concatenate(each) for each in (index, values, surprises, weights)))

    def curves(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Qini curve of each modelled action."""
        return {action: qini_curve(*self._ranking(action)) for action in self.learnt.actions}

    @cached_property
    def _averages(self) -> dict[str, Estimate]:
        return {action: average_effect(*self._samples(action)) for action in self.learnt.actions}

    @cached_property
    def _slopes(self) -> tuple[list[Estimate], Mapping[str, Estimate]]:
        slopes = [effect_slope(*self._samples(action)) for action in self.learnt.actions]
        return shrink_slopes(slopes, self.learnt.families)

    def _prior(self, action: str) -> Prior:
        family = self.families[action]
        others = [
            self._averages[each] for each in self.learnt.actions if self.families[each] == family and each != action
        ]
        beliefs = [prior.value for each, prior in self.priors.items() if self.families[each] == family]
        return pooled_prior(self.priors[action], others, beliefs, self._rate(action))

    def _rate(self, action: str) -> float:
        choices = self.learnt.choices
        controls = choices.controls(action)
        return choices.rate(controls if len(controls) else choices.treated(NO_ACTION))

    def _centre(self, action: str) -> float:
        rows = self.learnt.choices.treated(action)
        return float(np.average(self.stated.raw[action][rows], weights=self.learnt.weight[rows]))

    def _samples(self, action: str) -> tuple[Sample, Sample]:
        choices = self.learnt.choices
        return self._sample(action, choices.treated(action)), self._sample(action, choices.controls(action))

    def _sample(self, action: str, rows: np.ndarray) -> Sample:
        """A choice whose outcomes have come in part counts as that part, and its outcomes as many times as were to
        come, so that averages are of all outcomes.
        """
        come, choices = self.learnt.share_come[rows], self.learnt.choices
        return Sample(
            choices.outcome[rows] / come - self.apart.if_none[action][rows],
            self.apart.raw[action][rows],
            self.apart.if_none[action][rows],
            self.learnt.weight[rows] * come,
            self.learnt.size[rows] * come,
            choices.units[rows],
        )

    def _ranking(self, action: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rows, controls = self.learnt.choices.treated(action), self.learnt.choices.controls(action)
        both, come = np.concatenate([rows, controls]), self.learnt.share_come
        return (
            self.learnt.choices.outcome[both] / come[both],
            self.apart.raw[action][both],
            np.repeat([1.0, 0.0], [len(rows), len(controls)]),
            self.learnt.weight[both] * come[both],
        )
