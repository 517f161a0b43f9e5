"""What is known of one action and goal: by belief, after a few choices, or by a model, and on which scale."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.choices import Counts
from models.priors import Estimate, Prior, combine

# Of a contact's propensity to the usual one, as far as it scales a belief.
SMALLEST_RATIO, LARGEST_RATIO = 0.5, 2.0


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
        lead, lead_error: by how much the effect rises with the probability of a response to the action's message.
        usual_response: the probability at which it is as the mean says; 0 where responses tell nothing.
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
    lead: float = 0.0
    lead_error: float = 0.0
    usual_response: float = 0.0


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


def led(
    effect: ActionEffect, uplift: np.ndarray, error: np.ndarray, response: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """An effect on scale and its standard error with what the probability of a response tells, each float64 [n].

    Args:
        response: P(response) to the action's message, [n]; None where it isn't known.
    """
    if response is None or not effect.usual_response:
        return uplift, error
    beyond = np.where(np.isnan(response), 0.0, response - effect.usual_response)
    return uplift + effect.lead * beyond, np.hypot(error, effect.lead_error * beyond)


def prior_effect(
    prior_uplift: float, propensity: np.ndarray, base_rate: float, deviation: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Effect by belief and its standard error, as uncertain as it is large unless `deviation` says else. Each [n].

    An action may add as much for everybody, or in proportion to who is likely to reach the goal anyway, with propensity
    / base rate. A belief about all doesn't say which, so it is taken half way between, the ratio within a half and
    twice: else those who are likely anyway would get all that is dear, on a belief that says nothing of them.
    """
    ratio = np.clip(propensity / base_rate, SMALLEST_RATIO, LARGEST_RATIO)
    factor = (1.0 + ratio) / 2
    return prior_uplift * factor, (abs(prior_uplift) if deviation is None else deviation) * factor
