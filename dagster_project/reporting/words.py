"""Numbers and names as the report's reader wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import TypeGuard

from dagster_project.reporting.contents import Lift

GATES = (
    "eligibility", "applicability", "suitability", "consent", "suppression", "frequency_cap", "cool_down",
    "offer", "roles_first", "sequence", "quiet_hours",
)  # fmt: skip
GATE_MEANINGS = {
    "eligibility": "the action is not for this contact's stage, or is switched off",
    "applicability": "the action cannot reach this contact: no address, or no owner to make the call",
    "suitability": "the action would do harm now, such as during an open deal or after an objection",
    "consent": "no consent that holds on the day of sending",
    "suppression": "unsubscribed, bounced, objected, or on a legal list",
    "frequency_cap": "touched often enough already",
    "cool_down": "had the same action not long ago",
    "offer": "its account got another offer, which nobody there is to contradict",
    "roles_first": "approached lately, while others whom the purchase needs were not",
    "sequence": "opens only after something that has not happened, or not long enough ago",
    "quiet_hours": "no hour is allowed in every time zone the contact could be in",
    "arm": "the account is in the holdout, or the team's own rules run it",
    "capacity": "a limit of the night is used up, or its account has its share; others bring more",
    "no_gain": "no allowed action is worth more than it costs",
    "exploration": "drawn at random to get nothing, so that doing nothing stays measured",
    "no_score": "no score for any of the allowed actions",
}
CHECKS = {
    "drift": "a feature has moved since the training",
    "calibration": "what was stated against what came true",
    "effect": "the stated effect of an action against randomised choices",
    "rate_ratio": "a group gets an action more, or less, often than others",
    "gini": "an action goes to high, or low, values of an attribute",
}
CONSEQUENCES = {
    "warn": "told",
    "review": "waits for a person",
    "stop": "not used tonight",
}
APPROVALS = {"not_needed": "no approval needed", "pending": "waits for approval", "shadow": "only recorded"}


@dataclass(frozen=True)
class LiftUnits:
    """How a metric is shown: `factor` times the figure per account."""

    factor: float
    symbol: str
    unit: str

    def show(self, value: float, is_difference: bool = True) -> str:
        scaled = value * self.factor
        digits = 2 if abs(scaled) < (100 if self.symbol else 10) else 0 if self.symbol else 1
        sign = "−" if scaled < 0 else "+" if is_difference else ""
        return f"{sign}{self.symbol}{abs(scaled):,.{digits}f}"


def units_of(lift: Lift) -> LiftUnits:
    """Money in dollars per account; outcomes per 100 accounts."""
    return LiftUnits(0.01, "$", "per account") if lift.is_money else LiftUnits(100, "", "per 100 accounts")


def verdict(lift: Lift) -> str:
    """What can be said, and no more."""
    return {"too few outcomes": "too few outcomes to tell", "not told apart": "not told apart yet"}.get(
        lift.verdict, lift.verdict
    )


def is_number(value: float | None) -> TypeGuard[float]:
    """Neither absent nor NaN nor infinite."""
    return value is not None and isfinite(value)


def count(value: float | None) -> str:
    """A whole number with thousands."""
    return "–" if not is_number(value) else f"{value:,.0f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share or probability in percent."""
    return "–" if not is_number(value) else f"{100 * value:.{digits}f} %"


def change(value: float | None) -> str:
    """A relative change in percent, with its sign; no change has none."""
    if not is_number(value):
        return "–"
    shown = round(100 * value, 1)
    return f"{shown:+.1f} %".replace("-", "−") if shown else "0.0 %"


def decimal(value: float | None, digits: int) -> str:
    """A number with so many digits after the point."""
    return "–" if not is_number(value) else f"{value:.{digits}f}"


def points(value: float | None) -> str:
    """A difference of probabilities, in percentage points."""
    return "–" if not is_number(value) else f"{100 * value:+.2f} pp".replace("-", "−")


def money(cents: float | None) -> str:
    """Cents as dollars; cents are shown below $10."""
    if not is_number(cents):
        return "–"
    dollars = abs(cents) / 100
    return f"{'−' if cents < 0 else ''}${dollars:,.{2 if dollars < 10 else 0}f}"


def spaced(name: str | None) -> str:
    """An identifier as words."""
    return "–" if name is None else name.replace("_", " ")


def long_date(day: date) -> str:
    """Such as Monday, 2 March 2026."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def day(at: datetime | None) -> str:
    """Such as 2 Mar 2026."""
    return "–" if at is None else f"{at.day} {at:%b %Y}"


def moment(at: datetime | None) -> str:
    """Such as 2 Mar 2026, 15:00."""
    return "–" if at is None else f"{at.day} {at:%b %Y, %H:%M}"


def share(part: float, whole: float) -> float:
    """Part of a whole; 0 of nothing."""
    return part / whole if whole else 0.0


def gate_order(gates: Sequence[str]) -> list[str]:
    """The gates that occur, in the order in which they are judged."""
    known = [gate for gate in GATES if gate in gates]
    return known + sorted(set(gates) - set(known) - {"eligible"})
