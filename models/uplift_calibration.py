"""Puts raw effects on scale: the average effect from data and prior, and how much of the raw differences is real."""

from dataclasses import dataclass

import numpy as np

from models.grouping import weighted_mean, weighted_slope

# Before data, half of the differences between contacts that trees find is believed to be real, give or take.
SLOPE_PRIOR, SLOPE_PRIOR_DEVIATION = 0.5, 0.5
# How far the slope of one action may lie from the slope that all actions of the goal share.
SLOPE_BETWEEN_ACTIONS = 0.25
LARGEST_SLOPE = 2.0
# The prior of an average effect is as uncertain as it is large, and by a quarter of the goal's rate at least.
LEAST_PRIOR_DEVIATION = 0.25


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Sample:
    """Contacts who got one choice, on accounts that the trees didn't see, each array [n].

    Attributes:
        surprise: outcome minus predicted probability under no action.
        raw: raw effect of the action in question.
        weight: stabilised 1 / action_probability, times the sampling weight.
        units: accounts.
    """

    surprise: np.ndarray
    raw: np.ndarray
    weight: np.ndarray
    units: np.ndarray


def average_effect(treated: Sample, control: Sample) -> Estimate:
    """Doubly robust average effect on those who could be treated: surprise of the treated minus that of controls."""
    mean, error = weighted_mean(treated.surprise, treated.weight, treated.units)
    control_mean, control_error = weighted_mean(control.surprise, control.weight, control.units)
    return Estimate(mean - control_mean, float(np.hypot(error, control_error)))


def effect_slope(treated: Sample, control: Sample) -> Estimate:
    """Slope of the doubly robust effect on the raw effect; errors of the baseline drop out with the controls."""
    slope, error = weighted_slope(treated.raw, treated.surprise, treated.weight, treated.units)
    control_slope, control_error = weighted_slope(control.raw, control.surprise, control.weight, control.units)
    return Estimate(slope - control_slope, float(np.hypot(error, control_error)))


def shrink_mean(estimate: Estimate, prior_uplift: float, control_rate: float) -> Estimate:
    """Posterior of the average effect: normal data, normal prior around the policy's belief."""
    deviation = max(abs(prior_uplift), LEAST_PRIOR_DEVIATION * control_rate)
    return _combine(Estimate(prior_uplift, deviation), estimate)


def shrink_slopes(estimates: list[Estimate]) -> list[Estimate]:
    """Posterior slopes, each shrunk to a slope that all actions share, which is shrunk to one half; within 0 to 2.

    So noise keeps little of its spread, and an action with few data borrows from the others.
    """
    shared = Estimate(SLOPE_PRIOR, SLOPE_PRIOR_DEVIATION)
    for estimate in estimates:
        shared = _combine(shared, Estimate(estimate.value, float(np.hypot(estimate.error, SLOPE_BETWEEN_ACTIONS))))
    prior = Estimate(shared.value, SLOPE_BETWEEN_ACTIONS)
    combined = [_combine(prior, estimate) for estimate in estimates]
    return [Estimate(min(max(each.value, 0.0), LARGEST_SLOPE), each.error) for each in combined]


def _combine(prior: Estimate, data: Estimate) -> Estimate:
    if not np.isfinite(data.error):
        return prior
    precision = prior.error**-2 + max(data.error, 1e-12) ** -2
    value = (prior.value * prior.error**-2 + data.value * max(data.error, 1e-12) ** -2) / precision
    return Estimate(value, precision**-0.5)
