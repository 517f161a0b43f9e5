"""What routing refers to must exist, once."""

from collections.abc import Iterator, Sequence

from policy.agreement import Contradiction, Place, unknown
from policy.routing import rep_key
from policy.schema import Policy


def find_routing_contradictions(policy: Policy) -> Iterator[Contradiction]:
    """Everything in `routing` that can't be meant, in the order of its settings; then volumes by the hour."""
    routing = policy.routing
    territories = [each.territory for each in routing.territories]
    reps = [rep_key(each.rep) for each in routing.reps]
    skills = sorted({skill for rep in routing.reps for skill in rep.skills})
    yield from _unique("territories", "territory", territories)
    yield from _unique("territories", "name", [each.name for each in routing.territories])
    for position, needed in enumerate(routing.skills_needed):
        place: Place = ("routing", "skills_needed", position)
        if needed.skill not in skills:
            reason = f"no rep has the skill {needed.skill!r}, so nobody could do it; name it under `skills` of a rep"
            yield Contradiction((*place, "skill"), reason)
        yield from _references((*place, "territories"), "territory", needed.territories, territories)
        yield from _owned_actions((*place, "actions"), needed.actions, policy)
    yield from _unique("reps", "rep", reps)
    for position, rep in enumerate(routing.reps):
        place = ("routing", "reps", position)
        yield from _references((*place, "territories"), "territory", rep.territories, territories)
        for later, absence in enumerate(rep.absences):
            if absence.away_until is not None and absence.away_until < absence.away_from:
                reason = f"lies before away_from, {absence.away_from}; it is the last day away"
                yield Contradiction((*place, "absences", later, "away_until"), reason)
    yield from _unique("teams", "team", [each.team for each in routing.teams])
    for position, team in enumerate(routing.teams):
        place = ("routing", "teams", position)
        yield from _references((*place, "reps"), "rep", [rep_key(rep) for rep in team.reps], reps)
        yield from _owned_actions((*place, "actions"), team.actions, policy)
    yield from _unique("speed_to_lead", "name", [each.name for each in routing.speed_to_lead])
    yield from _hourly_volumes(policy)


def _hourly_volumes(policy: Policy) -> Iterator[Contradiction]:
    """Hourly volumes of channels whose messages don't leave by the hour."""
    for position, channel in enumerate(policy.channels):
        if channel.hourly_volume is not None and channel.consent_channel not in ("email", "sms", "push"):
            reason = "only e-mail, sms and push leave by the hour; use daily_volume"
            yield Contradiction(("channels", position, "hourly_volume"), reason)


def _unique(setting: str, field: str, names: Sequence[str]) -> Iterator[Contradiction]:
    for position, name in enumerate(names):
        if name in names[:position]:
            place: Place = ("routing", setting, position, field)
            yield Contradiction(place, f"{name!r} is used twice; names must be unique")


def _references(place: Place, kind: str, names: Sequence[str], known: Sequence[str]) -> Iterator[Contradiction]:
    for position, name in enumerate(names):
        if not known:
            yield Contradiction((*place, position), f"no {kind} {name!r}; none is listed under `routing`")
        elif name not in known:
            yield Contradiction((*place, position), unknown(kind, name, known))


def _owned_actions(place: Place, names: Sequence[str], policy: Policy) -> Iterator[Contradiction]:
    actions = {action.action_id: action for action in policy.actions}
    for position, name in enumerate(names):
        if name not in actions:
            yield Contradiction((*place, position), unknown("action", name, list(actions)))
        elif not actions[name].needs_owner:
            reason = f"{name} needs no owner, so no rep does it; set needs_owner: true or take it out"
            yield Contradiction((*place, position), reason)
