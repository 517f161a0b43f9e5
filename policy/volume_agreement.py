"""What volumes must agree with: actions, channels, each other's bounds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy.agreement import Contradiction
    from policy.schema import Action, Policy
    from policy.volumes import Volume


def counted_actions(policy: "Policy", volume: "Volume") -> "list[Action]":
    """The active actions that a volume counts."""
    counts_all = not volume.actions and not volume.channels
    return [
        action
        for action in policy.actions
        if action.is_active and (counts_all or action.action_id in volume.actions or action.channel in volume.channels)
    ]


def find_volume_contradictions(policy: "Policy") -> "Iterator[Contradiction]":
    """Names that the policy doesn't have or that are used twice, and bounds that can't hold together."""
    from policy.agreement import Contradiction, unknown  # noqa: PLC0415 - that module calls this one

    known = {
        "actions": [action.action_id for action in policy.actions],
        "channels": [channel.channel for channel in policy.channels],
    }
    names = [volume.name for volume in policy.volumes]
    for position, volume in enumerate(policy.volumes):
        place = ("volumes", position)
        if volume.name in names[:position]:
            yield Contradiction((*place, "name"), f"{volume.name!r} is used twice; names must be unique")
        for field, existing in known.items():
            for at, name in enumerate(getattr(volume, field)):
                if name not in existing:
                    yield Contradiction((*place, field, at), unknown(field.removesuffix("s"), name, existing))
        for field, reason in _impossible_bounds(policy, volume):
            yield Contradiction((*place, field) if field else place, reason)


def _impossible_bounds(policy: "Policy", volume: "Volume") -> Iterator[tuple[str, str]]:
    """The field and what is wrong with it."""
    counted = counted_actions(policy, volume)
    if volume.minimum is None and volume.maximum is None and volume.maximum_cents is None:
        yield "", "bounds nothing; give one of: minimum, maximum, maximum_cents"
    if volume.minimum is None:
        return
    if not counted:
        yield "minimum", "counts no active action, so it is never reached; activate one or leave the minimum out"
        return
    if volume.maximum is not None and volume.minimum > volume.maximum:
        yield "minimum", f"is above the maximum, {volume.maximum}; lower it"
    cheapest = min(action.cost_cents for action in counted)
    if volume.maximum_cents is not None and volume.minimum * cheapest > volume.maximum_cents:
        needed = volume.minimum * cheapest
        yield "minimum", f"costs {needed} cents at least, above maximum_cents, {volume.maximum_cents}; lower it"
    channels = {action.channel for action in counted}
    volumes = [each.daily_volume for each in policy.channels if each.channel in channels]
    allowed = [each for each in volumes if each is not None]
    if len(allowed) == len(volumes) and volume.minimum > sum(allowed):
        yield "minimum", f"is above the daily_volume of its channels, {sum(allowed)} together; lower it"
