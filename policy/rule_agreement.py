"""What rules that name goals, actions and channels must agree with, and targets with themselves."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, get_args

from policy.guardrails import BOUNDS
from policy.kinds import AutonomyMode
from policy.section import Section

if TYPE_CHECKING:
    from policy.agreement import Contradiction
    from policy.schema import Policy

MODES = get_args(AutonomyMode)


def find_rule_contradictions(policy: "Policy") -> "Iterator[Contradiction]":
    """Names that a rule refers to and that the policy doesn't have, and rules that share a name."""
    sections: dict[str, Sequence[Section]] = {
        "levers": policy.levers, "autonomy": policy.autonomy, "review_rules": policy.review_rules,
        "guardrails": policy.guardrails, "ideal_customer": policy.ideal_customer,
    }  # fmt: skip
    for section, rules in sections.items():
        yield from _unique_names(section, rules)
        yield from _references(policy, section, rules)
    yield from _empty_guardrails(policy)
    yield from _useless_modes(policy)
    yield from _targets(policy)
    yield from _fit(policy)


def _unique_names(section: str, rules: Sequence[Section]) -> "Iterator[Contradiction]":
    from policy.agreement import Contradiction  # noqa: PLC0415 - that module calls this one

    names = [rule.model_dump()["name"] for rule in rules]
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Contradiction((section, position, "name"), f"{name!r} is used twice; names must be unique")


def _references(policy: "Policy", section: str, rules: Sequence[Section]) -> "Iterator[Contradiction]":
    from policy.agreement import Contradiction, unknown  # noqa: PLC0415 - that module calls this one

    known = {
        "goal_id": [goal.goal_id for goal in policy.goals],
        "action_id": [action.action_id for action in policy.actions],
        "channel": [channel.channel for channel in policy.channels],
    }
    for position, rule in enumerate(rules):
        for field, names in known.items():
            name = getattr(rule, field, None)
            if name is not None and name not in names:
                reason = unknown(field.removesuffix("_id"), name, names)
                yield Contradiction((section, position, field), reason)


def _empty_guardrails(policy: "Policy") -> "Iterator[Contradiction]":
    from policy.agreement import Contradiction  # noqa: PLC0415 - that module calls this one

    for position, guardrail in enumerate(policy.guardrails):
        if all(getattr(guardrail, bound) is None for bound in BOUNDS):
            yield Contradiction(("guardrails", position), f"bounds nothing; give one of: {', '.join(BOUNDS)}")


def _useless_modes(policy: "Policy") -> "Iterator[Contradiction]":
    """A rule for one action that is looser than the action itself would never hold."""
    from policy.agreement import Contradiction  # noqa: PLC0415 - that module calls this one

    modes = {action.action_id: action.autonomy_mode for action in policy.actions}
    for position, rule in enumerate(policy.autonomy):
        own = modes.get(rule.action_id or "")
        if own is not None and MODES.index(rule.mode) >= MODES.index(own):
            reason = f"{rule.mode!r} isn't stricter than the action's own autonomy_mode, {own!r}, so it never holds"
            yield Contradiction(("autonomy", position, "mode"), reason)


def _targets(policy: "Policy") -> "Iterator[Contradiction]":
    from policy.agreement import Contradiction  # noqa: PLC0415 - that module calls this one

    for position, goal in enumerate(policy.goals):
        if goal.target is not None and goal.by is None:
            yield Contradiction(
                ("goals", position, "target"), "a target needs a day by which: give `by`, like 2026-12-31"
            )
        if goal.target is None and (goal.by or goal.since):
            given = "by" if goal.by else "since"
            yield Contradiction(
                ("goals", position, given), "is a day of a target, and there is none: give `target` too"
            )
        if goal.by and goal.since and goal.by < goal.since:
            yield Contradiction(("goals", position, "by"), f"{goal.by} is before since, {goal.since}")


def _fit(policy: "Policy") -> "Iterator[Contradiction]":
    from policy.agreement import Contradiction  # noqa: PLC0415 - that module calls this one

    if policy.ideal_customer and not any(rule.points > 0 for rule in policy.ideal_customer):
        yield Contradiction(("ideal_customer",), "nothing speaks for any account; give a rule with positive points")
