"""What is believed of an action's average effect before its own evidence counts."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["policy", "family", "history"]


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
