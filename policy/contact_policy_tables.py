"""Contact policy as tables: what each rule counts, and which actions it holds back."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from policy.schema import Policy

TEXT, INTEGER = pl.String, pl.Int32
Row = Mapping[str, object]

CONTACT_POLICY_SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "contact_policy": {"offer_days": INTEGER, "roles_first_days": INTEGER},
    "contact_rules": {
        "name": TEXT, "place": INTEGER, "counts": TEXT, "per": TEXT, "at_least": INTEGER, "within_days": INTEGER,
        "pause_days": INTEGER,
    },
    "contact_rule_channels": {"name": TEXT, "channel": TEXT},
    "contact_rule_actions": {"name": TEXT, "action_id": TEXT},
    "action_openings": {
        "action_id": TEXT, "place": INTEGER, "opened_by": TEXT, "event": TEXT, "after_days": INTEGER,
        "within_days": INTEGER,
    },
}  # fmt: skip


def contact_policy_rows(policy: Policy) -> dict[str, Iterable[Row]]:
    """Rows by the names of `CONTACT_POLICY_SCHEMAS`. A rule that counts all channels has no row of channels."""
    rules = policy.contact_policy.rules
    return {
        "contact_policy": [policy.contact_policy.model_dump()],
        "contact_rules": ({"place": place, **rule.model_dump()} for place, rule in enumerate(rules, 1)),
        "contact_rule_channels": ({"name": rule.name, "channel": of} for rule in rules for of in rule.channels),
        "contact_rule_actions": _held_back(policy),
        "action_openings": _openings(policy),
    }


def _held_back(policy: Policy) -> Iterator[Row]:
    """The actions that a rule makes wait; priority actions never do."""
    for rule in policy.contact_policy.rules:
        is_for_all = not rule.applies_to_channels and not rule.applies_to_actions
        for action in policy.actions:
            is_named = action.channel in rule.applies_to_channels or action.action_id in rule.applies_to_actions
            if (is_for_all or is_named) and not action.is_priority:
                yield {"name": rule.name, "action_id": action.action_id}


def _openings(policy: Policy) -> Iterator[Row]:
    for action in policy.actions:
        for place, opening in enumerate(action.opens_after, 1):
            yield {
                "action_id": action.action_id, "place": place,
                "opened_by": "action" if opening.action else "outcome", "event": opening.action or opening.outcome,
                "after_days": opening.after_days, "within_days": opening.within_days,
            }  # fmt: skip
