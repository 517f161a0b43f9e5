"""Routing as tables: who the reps are, what they cover, when they are away."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from policy.conditions import condition_id
from policy.routing import rep_key
from policy.schema import Policy

TEXT, INTEGER, BOOLEAN, DATE = pl.String, pl.Int32, pl.Boolean, pl.Date
Row = Mapping[str, object]

ROUTING_SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "routing": {"counts_open_tasks": BOOLEAN},
    "routing_owner_order": {"place": INTEGER, "owner_kind": TEXT},
    "territories": {"territory": TEXT, "name": TEXT, "place": INTEGER},
    "territory_parts": {"territory": TEXT, "part": TEXT, "value": TEXT},
    "reps": {"rep": TEXT, "place": INTEGER, "daily_capacity": INTEGER},
    "rep_territories": {"rep": TEXT, "territory": TEXT},
    "rep_skills": {"rep": TEXT, "skill": TEXT},
    "rep_working_days": {"rep": TEXT, "weekday": TEXT},
    "rep_absences": {"rep": TEXT, "away_from": DATE, "away_until": DATE},
    "teams": {"team": TEXT, "name": TEXT, "place": INTEGER},
    "team_reps": {"team": TEXT, "rep": TEXT},
    "team_actions": {"team": TEXT, "action_id": TEXT},
    "speed_to_lead": {
        "rule": TEXT, "place": INTEGER, "activity": TEXT, "hours": INTEGER, "urgent_days": INTEGER,
        "condition_id": TEXT,
    },
    "speed_to_lead_details": {"rule": TEXT, "detail": TEXT},
    "skills_needed": {"skill": TEXT, "territory": TEXT, "action_id": TEXT},
}  # fmt: skip


def routing_rows(policy: Policy) -> dict[str, Iterable[Row]]:
    """Rows by the names of `ROUTING_SCHEMAS`; reps and parts as they are compared."""
    routing = policy.routing
    return {
        "routing": [{"counts_open_tasks": routing.counts_open_tasks}],
        "routing_owner_order": [
            {"place": place, "owner_kind": kind} for place, kind in enumerate(dict.fromkeys(routing.owner_order), 1)
        ],
        "territories": [
            {"territory": each.territory, "name": each.name, "place": place}
            for place, each in enumerate(routing.territories, 1)
        ],
        "territory_parts": _territory_parts(policy),
        "reps": [
            {"rep": rep_key(each.rep), "place": place, "daily_capacity": each.daily_capacity}
            for place, each in enumerate(routing.reps, 1)
        ],
        "rep_territories": _of_reps(policy, "territories", "territory"),
        "rep_skills": _of_reps(policy, "skills", "skill"),
        "rep_working_days": _of_reps(policy, "working_days", "weekday"),
        "rep_absences": [
            {"rep": rep_key(rep.rep), **absence.model_dump()} for rep in routing.reps for absence in rep.absences
        ],
        "teams": [
            {"team": each.team, "name": each.name, "place": place} for place, each in enumerate(routing.teams, 1)
        ],
        "team_reps": [{"team": team.team, "rep": rep_key(rep)} for team in routing.teams for rep in team.reps],
        "team_actions": [{"team": team.team, "action_id": action} for team in routing.teams for action in team.actions],
        "skills_needed": [
            {"skill": needed.skill, "territory": territory, "action_id": action}
            for needed in routing.skills_needed
            for territory in needed.territories or (None,)
            for action in needed.actions or (None,)
        ],
        "speed_to_lead": _speed_to_lead(policy),
        "speed_to_lead_details": [
            {"rule": each.name, "detail": detail.strip().lower()}
            for each in routing.speed_to_lead
            for detail in each.details
        ],
    }


def _of_reps(policy: Policy, setting: str, column: str) -> Iterator[Row]:
    for rep in policy.routing.reps:
        for value in dict.fromkeys(getattr(rep, setting)):
            yield {"rep": rep_key(rep.rep), column: value}


def _speed_to_lead(policy: Policy) -> Iterator[Row]:
    for place, each in enumerate(policy.routing.speed_to_lead, 1):
        asked = condition_id("routing", each.name, "speed_to_lead.who") if each.who is not None else None
        yield {"rule": each.name, "place": place, "condition_id": asked, **each.model_dump(exclude={"name"})}


def _territory_parts(policy: Policy) -> Iterator[Row]:
    for territory in policy.routing.territories:
        for part, values in (
            ("country", territory.countries),
            ("state", territory.states),
            ("industry", territory.industries),
        ):
            for value in values:
                yield {"territory": territory.territory, "part": part, "value": value.strip().lower()}
        if territory.who is not None:
            asked = condition_id("routing", territory.name, "territories.who")
            yield {"territory": territory.territory, "part": "condition", "value": asked}
