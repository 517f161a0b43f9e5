"""What pydantic can't see in one field: references between sections, unique names, shares that add up."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from policy.channel import Channel
from policy.conditions import condition_problems
from policy.identifying import what_it_names
from policy.rule_agreement import find_rule_contradictions
from policy.schema import Policy
from policy.stages import StageDefinition
from policy.volume_agreement import find_volume_contradictions

Place = tuple[str | int, ...]


class Contradiction(NamedTuple):
    """Where in the policy, and what is wrong with it."""

    place: Place
    message: str


def find_contradictions(policy: Policy) -> list[Contradiction]:
    """Everything that makes a policy impossible, in the order of its sections."""
    from policy.contact_policy_agreement import (  # noqa: PLC0415 - that module needs this one
        find_contact_policy_contradictions,
    )
    from policy.routing_agreement import find_routing_contradictions  # noqa: PLC0415 - that module needs this one

    return [
        *_unique("goals", "goal_id", [goal.goal_id for goal in policy.goals]),
        *_unique("actions", "action_id", [action.action_id for action in policy.actions]),
        *_unique("channels", "channel", [channel.channel for channel in policy.channels]),
        *_unique("audiences", "audience_id", [audience.audience_id for audience in policy.audiences]),
        *_unique("traits", "trait", [trait.trait for trait in policy.traits]),
        *_traits(policy),
        *_unique("offerings", "offering_id", [offering.offering_id for offering in policy.offerings]),
        *_actions(policy),
        *_channels(policy),
        *_audiences(policy),
        *_arms(policy),
        *_offerings(policy),
        *_words(policy),
        *_lifecycle(policy),
        *_stages(policy),
        *_protected(policy),
        *(Contradiction(*problem) for problem in condition_problems(policy, policy.trait_types)),
        *find_contact_policy_contradictions(policy),
        *find_routing_contradictions(policy),
        *find_rule_contradictions(policy),
        *find_volume_contradictions(policy),
    ]


def find_warnings(policy: Policy) -> list[str]:
    """What is possible but costs proof or never happens; one sentence each."""
    warnings = []
    if policy.arms.holdout == 0:
        warnings.append("arms.holdout is 0: the total effect of marketing can't be measured")
    if policy.arms.random_control == 0 and policy.limits.exploration_share == 0:
        warnings.append("no random control and no exploration: nothing new can be learnt about any action")
    used = {action.channel for action in policy.actions if action.is_active}
    warnings += [f"channel {c.channel} has no active action" for c in policy.channels if c.channel not in used]
    wanted = {goal for action in policy.actions if action.is_active for goal in action.prior_uplift}
    warnings += [f"goal {g.goal_id} isn't served by any active action" for g in policy.goals if g.goal_id not in wanted]
    warnings += [
        f"offering {o.offering_id} has no products, opportunity_types or name_words: nothing ever belongs to it"
        for o in policy.offerings
        if not (o.is_default or o.products or o.opportunity_types or o.name_words)
    ]
    return warnings


def _unique(section: str, field: str, names: Sequence[str]) -> Iterator[Contradiction]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Contradiction((section, position, field), f"{name!r} is used twice; names must be unique")


def _words(policy: Policy) -> Iterator[Contradiction]:
    names = [words.feature for words in policy.words.features]
    for position, name in enumerate(names):
        if name in names[:position]:
            message = f"{name!r} has words already; the first entry counts"
            yield Contradiction(("words", "features", position, "feature"), message)


def _traits(policy: Policy) -> Iterator[Contradiction]:
    for position, trait in enumerate(policy.traits):
        if kind := what_it_names(trait.source_column):
            reason = f"{trait.source_column!r} names a person by {kind}: no model learns from that; leave the trait out"
            yield Contradiction(("traits", position, "source_column"), reason)


def _protected(policy: Policy) -> Iterator[Contradiction]:
    traits = [trait.trait for trait in policy.traits]
    for position, name in enumerate(policy.watch.protected):
        if name not in traits:
            yield Contradiction(("watch", "protected", position), unknown("trait", name, traits))


def _actions(policy: Policy) -> Iterator[Contradiction]:
    goals = [goal.goal_id for goal in policy.goals]
    channels = {channel.channel: channel for channel in policy.channels}
    for position, action in enumerate(policy.actions):
        place: Place = ("actions", position)
        if action.action_id == "none":
            yield Contradiction((*place, "action_id"), "'none' is reserved for doing nothing; use another name")
        for goal in action.prior_uplift:
            if goal not in goals:
                yield Contradiction((*place, "prior_uplift", goal), unknown("goal", goal, goals))
        channel = channels.get(action.channel)
        if channel is None:
            yield Contradiction((*place, "channel"), unknown("channel", action.channel, list(channels)))
        elif channel.daily_budget_cents is not None and action.cost_cents > channel.daily_budget_cents:
            reason = f"is above its channel's daily_budget_cents, {channel.daily_budget_cents}: never to be chosen"
            yield Contradiction((*place, "cost_cents"), reason)
        if action.stakes == "high" and action.autonomy_mode in ("supervised", "autonomous"):
            reason = f"{action.autonomy_mode!r} is too much for an action with high stakes; use shadow or assisted"
            yield Contradiction((*place, "autonomy_mode"), reason)
        if action.is_seller_action and not action.needs_owner:
            yield Contradiction((*place, "is_seller_action"), "takes an owner's time, so needs_owner must be true")
        variants = [(variant.slot, variant.content_variant_id) for variant in action.variants]
        for later, variant in enumerate(variants):
            if variant in variants[:later]:
                reason = f"{variant[1]!r} is used twice"
                yield Contradiction((*place, "variants", later, "content_variant_id"), reason)


def _channels(policy: Policy) -> Iterator[Contradiction]:
    for position, channel in enumerate(policy.channels):
        place: Place = ("channels", position)
        quiet = (channel.quiet_from_hour, channel.quiet_until_hour)
        if (quiet[0] is None) != (quiet[1] is None):
            given = "quiet_until_hour" if quiet[0] is None else "quiet_from_hour"
            yield Contradiction((*place, given), "quiet_from_hour and quiet_until_hour go together: give both or none")
        elif quiet[0] is not None and quiet[0] == quiet[1]:
            yield Contradiction((*place, "quiet_until_hour"), "equals quiet_from_hour: unclear if all day or never")
        elif is_quiet(channel, channel.send_hour):
            reason = f"{channel.send_hour} lies in the quiet hours {quiet[0]}-{quiet[1]}"
            yield Contradiction((*place, "send_hour"), reason)


def is_quiet(channel: Channel, hour: int) -> bool:
    """Whether nothing may be sent through the channel at this local hour; quiet hours may run over midnight."""
    start, end = channel.quiet_from_hour, channel.quiet_until_hour
    if start is None or end is None:
        return False
    return start <= hour < end if start < end else hour >= start or hour < end


def _audiences(policy: Policy) -> Iterator[Contradiction]:
    actions = {action.action_id: action for action in policy.actions}
    consent = {channel.channel: channel.consent_channel for channel in policy.channels}
    for position, audience in enumerate(policy.audiences):
        place: Place = ("audiences", position, "action_id")
        action = actions.get(audience.action_id)
        if action is None:
            yield Contradiction(place, unknown("action", audience.action_id, list(actions)))
        elif consent.get(action.channel, "ads") != "ads":
            reason = f"{action.action_id} travels by {action.channel}, whose consent_channel isn't ads"
            yield Contradiction(place, reason)


def _arms(policy: Policy) -> Iterator[Contradiction]:
    total = math.fsum(policy.arms.model_dump().values())
    if not math.isclose(total, 1, abs_tol=1e-9):
        yield Contradiction(("arms",), f"the shares must add up to 1 (they add up to {total:g})")


def _lifecycle(policy: Policy) -> Iterator[Contradiction]:
    risk, lapsed = policy.lifecycle.at_risk_after_days, policy.lifecycle.lapsed_after_days
    if risk >= lapsed:
        reason = f"must be less than lapsed_after_days (got {risk}, lapsed_after_days is {lapsed})"
        yield Contradiction(("lifecycle", "at_risk_after_days"), reason)


def _offerings(policy: Policy) -> Iterator[Contradiction]:
    defaults = [position for position, offering in enumerate(policy.offerings) if offering.is_default]
    if not defaults:
        yield Contradiction(("offerings",), "one offering must say `is_default: true`: it takes what no other claims")
    for position in defaults[1:]:
        yield Contradiction(("offerings", position, "is_default"), "another offering is the default already; keep one")
    claimed: dict[tuple[str, str], str] = {}
    for position, offering in enumerate(policy.offerings):
        place: Place = ("offerings", position)
        roles = [needed.role for needed in offering.roles]
        for later, role in enumerate(roles):
            if role in roles[:later]:
                reason = f"{role!r} is used twice; use count for more people"
                yield Contradiction((*place, "roles", later, "role"), reason)
        for setting in ("products", "opportunity_types", "name_words"):
            for later, value in enumerate(getattr(offering, setting)):
                owner = claimed.setdefault((setting, value.casefold().strip()), offering.offering_id)
                if owner != offering.offering_id:
                    reason = f"{value!r} already belongs to the offering {owner!r}"
                    yield Contradiction((*place, setting, later), reason)


def _stages(policy: Policy) -> Iterator[Contradiction]:
    """Each list ends with the stage of everybody else, and no stage before it takes everybody."""
    lists: dict[str, Sequence[StageDefinition]] = {
        "account_stages": policy.lifecycle.account_stages,
        "buying_group_stages": policy.lifecycle.buying_group_stages,
        "contact_stages": policy.lifecycle.contact_stages,
    }
    for setting, definitions in lists.items():
        names = [definition.stage for definition in definitions]
        for position, definition in enumerate(definitions):
            place: Place = ("lifecycle", setting, position)
            is_last = position == len(definitions) - 1
            if definition.stage in names[:position]:
                reason = f"{definition.stage!r} is used twice; give one stage more conditions under any_of"
                yield Contradiction((*place, "stage"), reason)
            if is_last and definition.any_of:
                reason = "the last stage takes everybody whom no stage above takes, so it has no conditions"
                yield Contradiction((*place, "any_of"), reason)
            if not is_last and not definition.any_of:
                yield Contradiction((*place, "stage"), "has no conditions, so the stages below it are never reached")
            for later, condition in enumerate(definition.any_of):
                if not condition.model_dump(exclude_none=True):
                    yield Contradiction((*place, "any_of", later), "says nothing; name what must hold")
    stages = [definition.stage for definition in policy.lifecycle.contact_stages]
    for position, action in enumerate(policy.actions):
        for later, stage in enumerate(action.stages):
            if stage not in stages:
                yield Contradiction(("actions", position, "stages", later), unknown("contact stage", stage, stages))


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """`no goal 'repl'; did you mean 'reply'?`, or the known names when none is close."""
    import difflib  # noqa: PLC0415 - only on the way to an error

    close = difflib.get_close_matches(name, known, n=1)
    return f"no {kind} {name!r}; " + (f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}")
