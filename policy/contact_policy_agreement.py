"""What contact policy refers to must exist, and what it asks must be possible."""

from collections.abc import Iterator, Sequence

from policy.action import Action
from policy.agreement import Contradiction, Place, unknown
from policy.schema import Policy


def find_contact_policy_contradictions(policy: Policy) -> Iterator[Contradiction]:
    """Everything that can't be meant, in the order of the settings."""
    channels = [channel.channel for channel in policy.channels]
    actions = [action.action_id for action in policy.actions]
    names = [rule.name for rule in policy.contact_policy.rules]
    for position, rule in enumerate(policy.contact_policy.rules):
        place: Place = ("contact_policy", "rules", position)
        if rule.name in names[:position]:
            yield Contradiction((*place, "name"), f"{rule.name!r} is used twice; names must be unique")
        yield from _references((*place, "channels"), "channel", rule.channels, channels)
        yield from _references((*place, "applies_to_channels"), "channel", rule.applies_to_channels, channels)
        yield from _references((*place, "applies_to_actions"), "action", rule.applies_to_actions, actions)
        if rule.channels and rule.counts not in ("touches", "ignored"):
            reason = f"an outcome ({rule.counts}) has no channel; leave channels out"
            yield Contradiction((*place, "channels"), reason)
    for position, action in enumerate(policy.actions):
        yield from _openings(("actions", position, "opens_after"), action, actions)
    yield from _closed_for_ever(policy)


def _references(place: Place, kind: str, names: Sequence[str], known: Sequence[str]) -> Iterator[Contradiction]:
    for position, name in enumerate(names):
        if name not in known:
            yield Contradiction((*place, position), unknown(kind, name, known))


def _openings(place: Place, action: Action, actions: Sequence[str]) -> Iterator[Contradiction]:
    for position, opening in enumerate(action.opens_after):
        if (opening.action is None) == (opening.outcome is None):
            reason = "name either an action or an outcome; for several give several entries, of which one is enough"
            yield Contradiction((*place, position), reason)
        if opening.action == action.action_id:
            yield Contradiction((*place, position, "action"), "would have to come before itself; name another action")
        elif opening.action is not None and opening.action not in actions:
            yield Contradiction((*place, position, "action"), unknown("action", opening.action, actions))
        if opening.after_days > opening.within_days:
            reason = f"is more than within_days, {opening.within_days}: the action would never open"
            yield Contradiction((*place, position, "after_days"), reason)


def _closed_for_ever(policy: Policy) -> Iterator[Contradiction]:
    """Actions that wait for one another: none of them ever opens."""
    opens = {action.action_id for action in policy.actions if not action.opens_after}
    waiting = [action for action in policy.actions if action.opens_after]
    while opened := [each for each in waiting if any(of.outcome or of.action in opens for of in each.opens_after)]:
        opens |= {each.action_id for each in opened}
        waiting = [each for each in waiting if each not in opened]
    known = {action.action_id for action in policy.actions}
    for position, action in enumerate(policy.actions):
        after = [of.action for of in action.opens_after]
        if action in waiting and all(of in known and of != action.action_id for of in after):
            reason = f"never opens: {', '.join(map(str, after))} waits for it; let one of them open after an outcome"
            yield Contradiction(("actions", position, "opens_after"), reason)
