"""In words: why a rep acts for a contact, and why nobody does."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from models.routing_desks import Desk, Staff

NO_OWNER = "no active owner of the contact or its account"


def pool_reasons(
    patterns: list[frozenset[str]], territories: Mapping[str, str], staff: Staff, desk: Desk
) -> dict[tuple[int, int], str]:
    """Why a rep gets what nobody owns, by pattern of territories and rep; for those who may be asked."""
    covers = desk.covers(patterns, staff)
    reasons = {}
    for pattern, rep in np.argwhere(covers).tolist():
        shared = patterns[pattern] & staff.territories[rep]
        place = next((name for territory, name in territories.items() if territory in shared), None)
        team = next(name for team, name in desk.teams.items() if team in staff.teams[rep])
        skills = "".join(f", skill {skill}" for skill in sorted(desk.needed(patterns[pattern])))
        reasons[pattern, rep] = f"{f'territory {place}' if place else f'team {team}'}{skills}, least load"
    return reasons


def why_nobody(
    contacts: np.ndarray,
    owners: Sequence[np.ndarray],
    pattern: tuple[np.ndarray, list[frozenset[str]]],
    country: pl.Series,
    who: tuple[Staff, Desk],
) -> pl.Series:
    """Why nobody may act, for these contacts (index); null for all others. [contacts].

    Args:
        contacts: index of those for whom nobody may act.
        owners: number of the rep who owns the contact or its account, the first asked first; -1: nobody. [contacts].
        pattern: number of each contact's pattern of territories, and the patterns.
        country: code of each contact's country; null: unknown.
        who: the reps, and the desk.
    """
    staff, desk = who
    of_contact, patterns = pattern
    owner = np.full(len(of_contact), -1, dtype=np.int64)
    for each in reversed(owners):
        owner = np.where(each >= 0, each, owner)
    known = country.fill_null("")
    places, number = known.unique().sort(), known.rank("dense").cast(pl.Int64) - 1
    cases = np.stack([owner, of_contact, number.to_numpy()], axis=1)[contacts]
    distinct, case = np.unique(cases, axis=0, return_inverse=True)
    covered = np.asarray(desk.covers(patterns, staff).any(axis=1), dtype=bool)
    words = [
        _owner_part(rep, patterns[where], staff, desk) + _team_part(rep, places[place], bool(covered[where]), desk)
        for rep, where, place in distinct.tolist()
    ]
    told = np.full(len(of_contact), -1, dtype=np.int64)
    told[contacts] = case.ravel()
    return pl.Series(words, dtype=pl.String).gather(pl.Series(told).replace(-1, None))


def _owner_part(rep: int, territories: frozenset[str], staff: Staff, desk: Desk) -> str:
    if rep < 0:
        return NO_OWNER
    who = f"owner {staff.names[rep]}"
    if staff.absences[rep] is not None:
        return f"{who} {staff.absences[rep]}"
    if desk.is_reserved and not staff.teams[rep] & desk.teams.keys():
        return f"{who} is in no team that does “{desk.name}”"
    return f"{who} lacks the skill {', '.join(sorted(desk.needed(territories) - staff.skills[rep]))}"


def _team_part(rep: int, place: str, is_covered: bool, desk: Desk) -> str:
    if not desk.teams:
        return ""
    other = "" if rep < 0 else " else"
    where = f"covers {place}" if place else "covers its territory"
    return f" and everybody{other} who {where} is away" if is_covered else f" and nobody{other} {where}"
