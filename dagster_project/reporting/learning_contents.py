"""Rows of the report on what was learnt and what is watched. Money is in cents, probabilities between 0 and 1."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class GoalEvidence:
    """Where the propensities for a goal come from; `mean_propensity` is a probability."""

    goal: str
    goal_id: str
    horizon_days: int
    is_prior: bool
    model_version: str | None
    mean_propensity: float


@dataclass(frozen=True)
class ActionEvidence:
    """What an action is believed to change, in probability of its goal, over the contacts it is eligible for.

    `count_exposures` are past choices of it with a known result, and what is needed before a model may speak.
    """

    action: str
    action_id: str
    goal: str
    evidence: str
    contacts: int
    mean_uplift: float
    mean_standard_error: float | None
    mean_value_cents: float
    prior_uplift: float | None
    count_exposures: int | None
    needed_exposures: int | None


@dataclass(frozen=True)
class ActionDriver:
    """What makes an action do more for some than for others; parts and mean size are changes of probability."""

    action: str
    goal: str
    text: str
    share: float
    mean_absolute: float
    most_part: float
    least_part: float


@dataclass(frozen=True)
class VariantEvidence:
    """What a variant of an action's content does: effect and its error are parts of the action's usual responses.

    Null responses: too few messages to be told; null share: drawn no more.
    """

    action: str
    slot: str
    variant: str
    messages: int
    response_rate: float | None
    effect: float
    effect_error: float
    share: float | None


@dataclass(frozen=True)
class ModelInUse:
    """A model of the night: which version speaks, why, on what it learnt, and how good it is; null where unmeasured."""

    model: str
    version: str
    status: str
    reason: str
    trained_on: date | None
    count_rows: int | None
    count_outcomes: int | None
    base_rate: float | None
    auc: float | None
    log_loss: float | None
    base_log_loss: float | None
    calibration_error: float | None
    qini: float | None


@dataclass(frozen=True)
class WatchFinding:
    """What watching the models found and isn't ok; `status` warn, review or stop, `since` the first night of it.

    `threshold` is the policy's bound that was reached; null where there is no figure.
    """

    status: str
    check: str
    model: str
    subject: str
    segment: str
    value: float | None
    threshold: float | None
    detail: str
    since: date


@dataclass(frozen=True)
class WatchCount:
    """How many figures of a check are watched, how many of them aren't ok, and how many can't be told yet."""

    check: str
    figures: int
    found: int
    untold: int
