"""Rows of the report that tell what was decided, and what limits and people say to it. Money is in cents."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ActionChoice:
    """Contacts that got an action in an arm; money in cents, over all of them."""

    action: str
    action_id: str
    arm: str
    contacts: int
    sent: int
    expected_value_cents: float
    cost_cents: float


@dataclass(frozen=True)
class GateCount:
    """How many contacts an action could reach (gate `eligible`), or lost at a gate."""

    action: str
    gate: str
    contacts: int


@dataclass(frozen=True)
class NoActionCount:
    """Contacts without an action, by what stood in the way."""

    gate: str
    contacts: int


@dataclass(frozen=True)
class ReasonCount:
    """Contacts whose action has this reason."""

    reason: str
    contacts: int


@dataclass(frozen=True)
class LimitUse:
    """A limit of the night, in units or in cents; `shadow_price_cents`: what one more unit, or dollar, would bring."""

    name: str
    is_money: bool
    capacity: float
    used: float
    shadow_price_cents: float


@dataclass(frozen=True)
class LimitCurvePoint:
    """What tonight would bring more (or less) with this share of a limit's capacity; all other limits as they are."""

    limit: str
    capacity_share: float
    gain_cents: float


@dataclass(frozen=True)
class LimitConflict:
    """Limits that can't hold together: the actions that the minimums among them ask for, and those possible."""

    limits: str
    wanted: int
    possible: int


@dataclass(frozen=True)
class GoalTarget:
    """How far a goal has come: times reached, what each night left must bring (null: none left), and the forecast.

    `pace` is reached, on pace, behind or missed.
    """

    goal: str
    pace: str
    reached: int
    target: int
    by: date
    needed_per_night: float | None
    expected_per_night: float
    forecast: float


@dataclass(frozen=True)
class SellerSpeed:
    """How soon sellers answered what a rule of speed-to-lead asks for; `judged`: answered or overdue."""

    rule: str
    hours: int
    events: int
    judged: int
    in_time: int
    median_hours: float | None


@dataclass(frozen=True)
class AbsentRep:
    """A rep of the policy who gets nothing tonight, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class ModeAdvice:
    """An action that deserves another mode by what a use was measured to bring beyond its cost, with its interval."""

    action: str
    mode: str
    advised_mode: str
    low_cents: float
    high_cents: float
    why: str


@dataclass(frozen=True)
class WaitingCount:
    """Decisions that wait for a person, by the reason."""

    reason: str
    contacts: int
