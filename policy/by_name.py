"""What a goal, channel or action is by its name alone: an e-mail, a call and a meeting need no explaining.

Filled in before the types check what a file says; whatever it states itself, also null, stays.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard, get_args

from policy.kinds import Outcome

Values = dict[str, Any]

EVERY_BASIS = ["express", "implied_purchase", "implied_inquiry", "legitimate_interest"]
SILENCE = ("quiet_from_hour", "quiet_until_hour", "send_hour")
SELLER = ("needs_owner", "is_seller_action")


def _channel(consent: str, bases: list[str], address: str, **rules: int | None) -> Values:
    silence: Values = {"quiet_from_hour": None, "quiet_until_hour": None}
    return {"consent_channel": consent, "bases": bases, "is_addressed_by": address, **silence, **rules}


# Text messages ask for express consent and hours inside 8:00-21:00 of the recipient (US TCPA); ad platforms for express
# consent; caps are no looser than what the large engines ship (Pega: one e-mail and one text a week).
CHANNELS: Mapping[str, Values] = {
    "email": _channel(
        "email", EVERY_BASIS, "email", cap_count=2, cap_days=7, quiet_from_hour=20, quiet_until_hour=8, send_hour=9,
    ),
    "sms": _channel(
        "sms", ["express"], "phone", cap_count=1, cap_days=7, quiet_from_hour=20, quiet_until_hour=9, send_hour=11,
    ),
    "call": _channel(
        "phone", EVERY_BASIS, "phone", cap_count=1, cap_days=14, quiet_from_hour=18, quiet_until_hour=9, send_hour=10,
    ),
    "ads": _channel(
        "ads", ["express"], "email", cap_count=7, cap_days=7, send_hour=6,
    ),
    "push": _channel(
        "push", ["express"], "none", cap_count=2, cap_days=7, quiet_from_hour=20, quiet_until_hour=8, send_hour=10,
    ),
    "direct_mail": _channel(
        "post", EVERY_BASIS, "address", cap_count=1, cap_days=30, send_hour=10,
    ),
}  # fmt: skip
# Full cost of one use in cents, and days before the same action may come again.
ACTIONS: Mapping[str, Values] = {
    "email": {"cost_cents": 2, "cool_down_days": 14},
    "sms": {"cost_cents": 5, "cool_down_days": 14},
    "call": {"cost_cents": 1_500, "cool_down_days": 21, "needs_owner": True, "is_seller_action": True},
    "ads": {"cost_cents": 60, "cool_down_days": 3},
    "push": {"cost_cents": 1, "cool_down_days": 7},
    "direct_mail": {"cost_cents": 150, "cool_down_days": 60},
}
# Days within which the outcome counts.
HORIZONS: Mapping[str, int] = {
    "email_click": 3, "site_visit": 7, "reply": 7, "form_submission": 7, "product_event": 14, "meeting": 14,
    "opportunity_created": 30, "opportunity_won": 90, "purchase": 30, "invoice_paid": 60, "unsubscribe": 7, "churn": 90,
}  # fmt: skip
OUTCOMES: Mapping[str, str] = {
    **{name: name for name in get_args(Outcome)},
    "click": "email_click", "opportunity": "opportunity_created", "win": "opportunity_won",
}  # fmt: skip
# Cautious beliefs by channel and outcome, until something is learnt.
BELIEFS: Mapping[str, Mapping[str, float]] = {
    "email": {"email_click": 0.01, "site_visit": 0.005, "reply": 0.003, "meeting": 0.001},
    "sms": {"site_visit": 0.005, "reply": 0.003, "meeting": 0.001},
    "call": {"reply": 0.01, "meeting": 0.02, "opportunity_created": 0.01, "opportunity_won": 0.003},
    "ads": {"site_visit": 0.003, "meeting": 0.002, "opportunity_created": 0.0003},
    "push": {"site_visit": 0.005, "product_event": 0.005},
    "direct_mail": {"site_visit": 0.003, "meeting": 0.001, "opportunity_created": 0.0003},
}
# Settings that may be left out because the name says them, by type.
NAMED: Mapping[str, frozenset[str]] = {
    "Goal": frozenset({"name", "outcome", "horizon_days"}),
    "Channel": frozenset({"consent_channel", "bases", "is_addressed_by", "cap_count", "cap_days", *SILENCE}),
    "Action": frozenset({"name", "cost_cents", "cool_down_days", "prior_uplift", *SELLER}),
}


def filled_by_name(values: Values) -> Values:
    """The sections as written, with what the names say of goals, channels and actions; nothing given is changed.

    Args:
        values: plain values by section, of any shape: what isn't a list of mappings is left for the types to refuse.
    """
    goals = [_goal(entry) for entry in _entries(values.get("goals"))]
    actions = [_action(entry, goals) for entry in _entries(values.get("actions"))]
    used = dict.fromkeys(entry.get("channel") for entry in actions if _is_known(entry.get("channel"), CHANNELS))
    # Where no action has a channel that is known, all are: so a mistyped one is told, with the one that was meant.
    channels = (
        _entries(values["channels"]) if "channels" in values else [{"channel": name} for name in used or CHANNELS]
    )
    filled = {"goals": goals, "actions": actions, "channels": [_channel_entry(entry) for entry in channels]}
    return values | {
        section: _with_entries(values.get(section), entries) for section, entries in filled.items() if entries
    }


def _goal(goal: Values) -> Values:
    named = OUTCOMES[goal["goal_id"]] if _is_known(goal.get("goal_id"), OUTCOMES) else None
    known: Values = {"name": in_words(goal["goal_id"])} if isinstance(goal.get("goal_id"), str) else {}
    outcome = goal.get("outcome", named)
    if outcome is not None:
        known["outcome"] = outcome
    if _is_known(outcome, HORIZONS):
        known["horizon_days"] = HORIZONS[outcome]
    return known | goal


def _action(action: Values, goals: Iterable[Values]) -> Values:
    known: Values = {"name": in_words(action["action_id"])} if isinstance(action.get("action_id"), str) else {}
    channel = action.get("channel")
    if not _is_known(channel, ACTIONS):
        return known | action
    of_channel = _unless_any_given(ACTIONS[channel], SELLER, action)
    believed = {
        goal["goal_id"]: BELIEFS[channel][goal["outcome"]]
        for goal in goals
        if isinstance(goal.get("goal_id"), str) and _is_known(goal.get("outcome"), BELIEFS[channel])
    }
    return known | of_channel | ({"prior_uplift": believed} if believed else {}) | action


def _channel_entry(channel: Values) -> Values:
    if not _is_known(channel.get("channel"), CHANNELS):
        return channel
    return _unless_any_given(CHANNELS[channel["channel"]], SILENCE, channel) | channel


def _unless_any_given(known: Values, together: tuple[str, ...], given: Values) -> Values:
    """What is known, without the settings that only make sense together where one of them is given."""
    leave_out = together if any(name in given for name in together) else ()
    return {name: value for name, value in known.items() if name not in leave_out}


def in_words(name: str) -> str:
    """`email_case_study` as people read it: `Email case study`."""
    return name.replace("_", " ").strip().capitalize()


def _is_known(name: object, names: Mapping[str, object]) -> TypeGuard[str]:
    return isinstance(name, str) and name in names


def _entries(section: object) -> list[Values]:
    return [entry for entry in section if isinstance(entry, dict)] if isinstance(section, list) else []


def _with_entries(section: object, entries: list[Values]) -> object:
    """The section with its mappings replaced, in place; a section that isn't there is made of them."""
    if section is None:
        return entries
    if not isinstance(section, list):
        return section
    remaining = iter(entries)
    return [next(remaining) if isinstance(entry, dict) else entry for entry in section]
