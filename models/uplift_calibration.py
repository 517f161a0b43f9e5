"""Puts raw effects on scale: the average effect from data and prior, and how much of the raw differences is real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.grouping import weighted_mean, weighted_slope
from models.priors import Estimate, Prior, combine, family_prior

# Before data, the differences between contacts that the model finds are believed to be real, give or take.
SLOPE_PRIOR = Estimate(1.0, 0.4)
# Where responses tell who is moved, what the model finds beyond them has to be borne out first: of goals that are rare
# it finds much that isn't there.
SLOPE_BEYOND_LEAD = Estimate(0.0, 0.2)
# How far the slope of one action may lie from its family's, and a family's from that of all: not far, as one action's
# measured slope is mostly noise where outcomes are rare.
SLOPE_BETWEEN_ACTIONS, SLOPE_BETWEEN_FAMILIES = 0.1, 0.08
LARGEST_SLOPE = 2.0
# Outcomes of rows that hardly ever reach the goal count at most as if they varied by this share of the mean.
LEAST_SPREAD = 0.05
# The prior of an average effect is as uncertain as it is large, and by a quarter of the goal's rate at least.
LEAST_PRIOR_DEVIATION = 0.25
# Of actions whose responses tell how they differ, half as much.
LEAST_DEVIATION_BEYOND_LEAD = 0.125


@dataclass(frozen=True)
class Sample:
    """Contacts who got one choice, on accounts that the trees didn't see, each array [n].

    Attributes:
        surprise: outcome minus predicted probability under no action.
        raw: raw effect of the action in question; expected: predicted probability under no action.
        weight: stabilised 1 / action_probability, times `size`; size: what each row counts for by its age and by those
            that were thinned out.
        units: accounts.
    """

    surprise: np.ndarray
    raw: np.ndarray
    expected: np.ndarray
    weight: np.ndarray
    size: np.ndarray
    units: np.ndarray


def average_effect(treated: Sample, control: Sample) -> Estimate:
    """Average effect on those who could be treated: surprise of the treated minus that of controls.

    Weighted by inverse probability it is unbiased whatever the model says, and noisy where a few rare draws speak for
    many. With all rows alike, and the model's differences between contacts taken out, it is precise, and as right as
    the model. The two are combined as far as their difference lets (Green and Strawderman 1991, "A James-Stein type
    estimator for combining unbiased and possibly biased estimators").
    """
    usual = float(np.average(treated.raw, weights=treated.weight))
    unbiased = _difference(
        _mean(treated, treated.surprise, treated.weight), _mean(control, control.surprise, control.weight)
    )
    alike = _difference(
        _mean(treated, treated.surprise - treated.raw + usual, treated.size),
        _mean(control, control.surprise, control.size),
    )
    noise, apart = unbiased.error**2 - alike.error**2, alike.value - unbiased.value
    if not 0 < noise < np.inf:
        return unbiased
    of_bias = noise * apart**2 / (noise + apart**2)
    return Estimate(unbiased.value + noise / (noise + apart**2) * apart, float(np.sqrt(alike.error**2 + of_bias)))


def _mean(sample: Sample, values: np.ndarray, weight: np.ndarray) -> Estimate:
    """Weighted mean of values that vary as outcomes do.

    A few rows with large weights mostly reach no goal, and would pass for certain: the error is at least what the rate
    of all lets expect of them.
    """
    mean, error = weighted_mean(values, weight, sample.units)
    outcomes = np.clip(sample.expected + sample.surprise, 0.0, 1.0)
    rate = float(np.clip(np.average(outcomes, weights=sample.size), 0.0, 0.5))
    least = np.sqrt(rate * (1 - rate) * (weight**2).sum()) / weight.sum()
    return Estimate(mean, max(error, float(least)))


def _difference(treated: Estimate, control: Estimate) -> Estimate:
    return Estimate(treated.value - control.value, float(np.hypot(treated.error, control.error)))


def effect_slope(treated: Sample, control: Sample) -> Estimate:
    """Slope of the doubly robust effect on the raw effect; errors of the baseline drop out with the controls.

    Rows count by the precision of their outcome, so that the few who often reach the goal don't drown the rest.
    """
    slope, error = weighted_slope(treated.raw, treated.surprise, precision(treated, treated.weight), treated.units)
    control_slope, control_error = weighted_slope(
        control.raw, control.surprise, precision(control, control.weight), control.units
    )
    return Estimate(slope - control_slope, float(np.hypot(error, control_error)))


def precision(sample: Sample, weight: np.ndarray) -> np.ndarray:
    """Weight of each row by how little outcomes like its own vary, [n]."""
    spread = sample.expected * (1 - sample.expected)
    return weight / np.maximum(spread, LEAST_SPREAD * spread.mean())


def pooled_prior(prior: Prior, others: Sequence[Estimate], beliefs: Sequence[float], least_deviation: float) -> Prior:
    """What is believed of an action given the measured actions of its family; without any, the prior as it is.

    The old rules' logs tell of this very action, so they count beside the family.

    Args:
        least_deviation: how far apart effects of a family are believed to lie at least.
    """
    if not others:
        return prior
    family = family_prior(others, beliefs, least_deviation)
    if prior.source != "history":
        return family
    both = combine(Estimate(prior.value, prior.deviation), Estimate(family.value, family.deviation))
    return Prior(both.value, both.error, "history" if prior.deviation <= family.deviation else "family")


def shrink_mean(estimate: Estimate, prior: Prior, least_deviation: float) -> Estimate:
    """Posterior of the average effect: normal data, normal prior."""
    return combine(Estimate(prior.value, max(prior.deviation, least_deviation)), estimate)


def shrink_slopes(
    estimates: Sequence[Estimate], families: Sequence[str], prior: Estimate = SLOPE_PRIOR
) -> tuple[list[Estimate], Mapping[str, Estimate]]:
    """Posterior slopes of the actions and of the families, each within 0 to 2.

    An action's is shrunk to its family's, a family's to the one all actions share, and that to the prior. So noise
    keeps little of its spread, and an action with few data borrows from the others.
    """
    apart = float(np.hypot(SLOPE_BETWEEN_ACTIONS, SLOPE_BETWEEN_FAMILIES))
    shared = _after(prior, estimates, apart)
    members = {
        family: [each for each, of in zip(estimates, families, strict=True) if of == family] for family in families
    }
    by_family = {
        family: _after(Estimate(shared.value, SLOPE_BETWEEN_FAMILIES), of, SLOPE_BETWEEN_ACTIONS)
        for family, of in members.items()
    }
    own = [
        _bounded(combine(Estimate(by_family[family].value, SLOPE_BETWEEN_ACTIONS), estimate))
        for estimate, family in zip(estimates, families, strict=True)
    ]
    return own, {family: _bounded(each) for family, each in by_family.items()}


def _after(prior: Estimate, estimates: Sequence[Estimate], apart: float) -> Estimate:
    for estimate in estimates:
        prior = combine(prior, Estimate(estimate.value, float(np.hypot(estimate.error, apart))))
    return prior


def _bounded(slope: Estimate) -> Estimate:
    return Estimate(min(max(slope.value, 0.0), LARGEST_SLOPE), slope.error)
