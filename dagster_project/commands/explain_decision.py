"""How `nightjar explain` tells tonight's decision: action, hour and content, worth, and the reasons."""

import json
from typing import Any

from dagster_project.commands.console import out, text_of
from dagster_project.reporting.words import money, percent, points

HOURS = {
    "default": "the channel's own: none is known to be better",
    "everyone": "people respond more then",
    "segment": "people like this one respond more then",
    "contact": "the contact is more active, or responds more, then",
    "volume": "the hour that would be better has as many messages as it may",
    "explored": "drawn among those that are allowed, to keep learning",
}


def _model(row: dict[str, Any]) -> str:
    """Which model chose, and a comma; nothing where none did."""
    return f"model {row['model_version']}, " if row.get("model_version") else ""


def print_decision(row: dict[str, Any]) -> None:
    """The choice in words; what the decision doesn't have is left out."""
    goal, action = row.get("goal_id"), row.get("action_id")
    at = f", {text_of(row['send_at'])} UTC" if row.get("send_at") else ""
    told = {
        "action": f"{action} by {row.get('channel')}{at}" if action else f"none ({row.get('no_action_gate')})",
        "hour": _hour(row),
        "content": _content(row),
        "approval": action and _approval(row),
        "goal": goal and f"{goal}: {percent(row['propensity'], 2)} likely anyway, {points(row['uplift'])} by this",
        "worth": action and _worth(row),
        "probability": f"{percent(row.get('action_probability'), 0)} for this choice in the arm {row.get('arm')}",
        "runner-up": row.get("runner_up_action_id"),
        "made by": f"{_model(row)}policy {row.get('policy_version')}, seed {row.get('seed')}",
        "decision id": row.get("decision_id"),
    }
    for name, text in told.items():
        if text:
            out.print(f"  {name:<14} {text}", markup=False)
    for number, reason in enumerate(row.get("reason_codes") or []):
        out.print(f"  {'' if number else 'reasons':<14} {reason}", markup=False)


def _approval(row: dict[str, Any]) -> str:
    """The mode, what people said, and why they were asked."""
    why = "; ".join(row.get("review_reasons") or [])
    who = f" by {row['reviewer']}" if row.get("reviewer") else ""
    status = text_of(row.get("approval_status")).replace("_", " ")
    return f"{row.get('autonomy_mode')}: {status}{who}{f' ({why})' if why else ''}"


def _worth(row: dict[str, Any]) -> str:
    """Value, cost, and what levers and the price of contact make of it; of older nights value and cost."""
    parts = f"{money(row.get('expected_value'))} expected for {money(row.get('cost'))}"
    if row.get("net_value") is None:
        return parts
    lever, price = row.get("lever_factor"), row.get("contact_price")
    levers = f", × {lever:.2f} by levers" if lever not in (None, 1.0) else ""
    contact = f", {money(price)} for the contact's patience" if price else ""
    return f"{parts}{levers}{contact}: {money(row['net_value'])} net"


def _hour(row: dict[str, Any]) -> str:
    """Why the message leaves when it does; nothing where the hour wasn't chosen."""
    why = HOURS.get(row.get("send_hour_basis") or "")
    return f"{why} (probability {percent(row['send_hour_probability'], 0)})" if why else ""


def _content(row: dict[str, Any]) -> str | None:
    """What stands in each slot, and how likely this choice was; of older nights the one variant."""
    if not row.get("content"):
        return row.get("content_variant_id")
    slots = ", ".join(f"{slot} {variant}" for slot, variant in json.loads(row["content"]).items())
    return f"{slots} (probability {percent(row.get('content_probability'), 0)})"
