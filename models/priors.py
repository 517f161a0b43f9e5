"""What is believed of an action's average effect before its own evidence counts, and what its family says of it.

Partial pooling by empirical Bayes (Efron and Morris 1975): the effects of a family's actions lie around the family's,
as far from it as the data show. So a new action starts at its family's estimate, and moves as its evidence comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Source = Literal["policy", "family", "history"]
# How many actions the belief about the distance between actions of a family is worth.
BETWEEN_COUNT = 2.0


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Prior:
    """A belief about an average effect, a change of probability: normal around `value`.

    Attributes:
        deviation: standard deviation, how far the truth may well lie from `value`.
        source: the policy's belief, the other actions of the family, or the old rules' logs.
    """

    value: float
    deviation: float
    source: Source


def policy_prior(prior_uplift: float) -> Prior:
    """The policy's belief, as uncertain as it is large."""
    return Prior(prior_uplift, abs(prior_uplift), "policy")


def combine(prior: Estimate, data: Estimate) -> Estimate:
    """Mean and deviation of a normal belief after normal data; data of infinite error change nothing."""
    if not np.isfinite(data.error):
        return prior
    precision = prior.error**-2 + max(data.error, 1e-12) ** -2
    value = (prior.value * prior.error**-2 + data.value * max(data.error, 1e-12) ** -2) / precision
    return Estimate(value, precision**-0.5)


def family_prior(estimates: Sequence[Estimate], beliefs: Sequence[float], least_deviation: float) -> Prior:
    """What a family's measured actions say of another action of the family.

    Args:
        estimates: average effects of the measured actions, at least one.
        beliefs: the policy's, of the family's actions; around their mean the family's effect is believed to lie.
        least_deviation: how far apart effects of a family, and a family and its belief, are believed to lie at least.
    """
    belief = float(np.mean(beliefs))
    between = _between(estimates, least_deviation)
    family = Estimate(belief, max(abs(belief), least_deviation))
    for each in estimates:
        family = combine(family, Estimate(each.value, float(np.hypot(each.error, between))))
    return Prior(family.value, float(np.hypot(family.error, between)), "family")


def _between(estimates: Sequence[Estimate], least_deviation: float) -> float:
    """Standard deviation between actions: what is seen beyond the errors, with a belief worth two actions."""
    values = np.array([each.value for each in estimates])
    errors = np.array([each.error for each in estimates])
    seen = max(values.var(ddof=1) - float((errors**2).mean()), 0.0) if len(values) > 1 else 0.0
    weight = len(values) - 1
    return float(np.sqrt((BETWEEN_COUNT * least_deviation**2 + weight * seen) / (BETWEEN_COUNT + weight)))
