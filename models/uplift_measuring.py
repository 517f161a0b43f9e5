"""Puts the raw effects of a goal on scale, by outcomes of accounts that the fit didn't see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.action_effects import ActionEffect
from models.choices import NO_ACTION
from models.priors import Estimate, Prior, combine
from models.qini import qini_coefficient, qini_curve
from models.response_lead import Lead, family_slope, lead_slope
from models.uplift_calibration import (
    LEAST_DEVIATION_BEYOND_LEAD,
    LEAST_PRIOR_DEVIATION,
    SLOPE_BEYOND_LEAD,
    SLOPE_PRIOR,
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
        response: probability of a response to the message, NaN where it isn't known.
    """

    index: np.ndarray
    effect: np.ndarray
    surprise: np.ndarray
    weight: np.ndarray
    response: np.ndarray


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
                self._lead.added(known[action], [action]),
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
            for action, slope in self._slopes[0].items()
            for mean in [shrink_mean(self._averages[action], self._prior(action), self._least_deviation(action))]
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
            self._lead.added(believed, members),
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
        index, values, surprises, weights, responses = [], [], [], [], []
        for action in self.learnt.actions:
            effect, rows = effects[action], self.learnt.choices.treated(action)
            raw = self.apart.raw[action][rows]
            centre = np.average(raw, weights=self.learnt.weight[rows])
            index.append(rows)
            values.append(effect.mean + effect.slope * (raw - centre) + self._lead.part(action, rows))
            response = self.learnt.response.get(action)
            responses.append(np.full(len(rows), np.nan) if response is None else response[rows])
            sample = self._sample(action, rows)
            surprises.append(sample.surprise)
            weights.append(sample.weight)
        return HeldOutEffects(*(np.concatenate(each) for each in (index, values, surprises, weights, responses)))

    def curves(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Qini curve of each modelled action."""
        return {action: qini_curve(*self._ranking(action)) for action in self.learnt.actions}

    @cached_property
    def _averages(self) -> dict[str, Estimate]:
        return {action: average_effect(*self._samples_beyond_lead(action)) for action in self.learnt.actions}

    @cached_property
    def _slopes(self) -> tuple[Mapping[str, Estimate], Mapping[str, Estimate]]:
        """By action, and by family; families whose responses are known have a prior of their own."""
        by_action: dict[str, Estimate] = {}
        by_family: dict[str, Estimate] = {}
        for is_led, prior in ((False, SLOPE_PRIOR), (True, SLOPE_BEYOND_LEAD)):
            actions = [each for each in self.learnt.actions if (self.families[each] in self._lead.slopes) == is_led]
            found = [effect_slope(*self._samples_beyond_lead(action)) for action in actions]
            own, of_family = shrink_slopes(found, [self.families[action] for action in actions], prior)
            by_action |= dict(zip(actions, own, strict=True))
            by_family |= of_family
        return by_action, by_family

    def _prior(self, action: str) -> Prior:
        family = self.families[action]
        others = [
            Estimate(self._averages[each].value + self._lead.level(action, each), self._averages[each].error)
            for each in self.learnt.actions
            if self.families[each] == family and each != action
        ]
        beliefs = [prior.value for each, prior in self.priors.items() if self.families[each] == family]
        return pooled_prior(self.priors[action], others, beliefs, self._least_deviation(action))

    def _rate(self, action: str) -> float:
        choices = self.learnt.choices
        controls = choices.controls(action)
        return choices.rate(controls if len(controls) else choices.treated(NO_ACTION))

    def _least_deviation(self, action: str) -> float:
        """How far the action's average effect may well lie from what is believed of it."""
        is_led = self.families[action] in self._lead.slopes
        return (LEAST_DEVIATION_BEYOND_LEAD if is_led else LEAST_PRIOR_DEVIATION) * self._rate(action)

    def _centre(self, action: str) -> float:
        rows = self.learnt.choices.treated(action)
        return float(np.average(self.stated.raw[action][rows], weights=self.learnt.weight[rows]))

    @cached_property
    def _lead(self) -> Lead:
        """How far effects go with responses; nothing of families whose responses aren't known."""
        choices, rates = self.learnt.choices, self.learnt.response
        usual = {
            action: float(np.average(rates[action][rows], weights=self.learnt.weight[rows]))
            for action in self.learnt.actions
            if action in rates
            for rows in [choices.treated(action)]
        }
        slopes = {}
        for family in sorted({self.families[action] for action in usual}):
            members = [action for action in usual if self.families[action] == family]
            measured, means = [], []
            for action in members:
                rows, samples = self._rows(action), self._samples(action)
                by_chance = [self._by_chance[each] for each in rows]
                measured.append(lead_slope(samples, [rates[action][each] for each in rows], by_chance))
                means.append(average_effect(*samples).value)
            slopes[family] = family_slope(
                measured, float(np.mean(means)), float(np.mean([usual[action] for action in members])),
                float(np.mean([self._rate(action) for action in members])),
            )  # fmt: skip
        return Lead(rates, usual, slopes, self.families)

    @property
    def _by_chance(self) -> np.ndarray:
        choices = self.learnt.choices
        return np.ones(len(choices.action), dtype=bool) if choices.by_chance is None else choices.by_chance

    def _rows(self, action: str) -> tuple[np.ndarray, np.ndarray]:
        return self.learnt.choices.treated(action), self.learnt.choices.controls(action)

    def _samples(self, action: str) -> tuple[Sample, Sample]:
        treated, controls = self._rows(action)
        return self._sample(action, treated), self._sample(action, controls)

    def _samples_beyond_lead(self, action: str) -> tuple[Sample, Sample]:
        """What comes beyond what responses tell; among the treated that is nothing on average."""
        treated, control = self._samples(action)
        part = self._lead.part(action, self._rows(action)[0])
        return replace(treated, surprise=treated.surprise - part), control

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
        rows, controls = self._rows(action)
        both, come = np.concatenate([rows, controls]), self.learnt.share_come
        return (
            self.learnt.choices.outcome[both] / come[both],
            self.apart.raw[action][both] + self._lead.part(action, both),
            np.repeat([1.0, 0.0], [len(rows), len(controls)]),
            self.learnt.weight[both] * come[both],
        )
