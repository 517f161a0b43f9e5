"""Reps, and which of them may do what for whom."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Staff:
    """The reps, in a fixed order.

    Attributes:
        owner_ids, names: [reps].
        absences: why a rep gets nothing tonight, in words; None: she is there. [reps].
        capacity: int64 [reps], what she can take tonight.
        territories, skills, teams: [reps]; no territories: everywhere.
    """

    owner_ids: tuple[str, ...]
    names: tuple[str, ...]
    absences: tuple[str | None, ...]
    capacity: np.ndarray
    territories: tuple[frozenset[str], ...]
    skills: tuple[frozenset[str], ...]
    teams: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, reps: pl.DataFrame) -> "Staff":
        lists = [tuple(_parts(text) for text in reps[column]) for column in ("territories", "skills", "teams")]
        capacity = reps["capacity"].cast(pl.Int64).to_numpy()
        return cls(tuple(reps["owner_id"]), tuple(reps["name"]), tuple(reps["absence"]), capacity, *lists)

    @property
    def has_room(self) -> np.ndarray:
        return np.asarray(self.capacity > 0)

    @property
    def is_there(self) -> np.ndarray:
        return np.array([absence is None for absence in self.absences], dtype=bool)


@dataclass(frozen=True)
class Desk:
    """Actions that the same reps may do.

    Attributes:
        actions: their ids.
        name: of the first of them, for people.
        is_reserved: only members of the teams do them, also for the accounts of others.
        teams: team → name, of those who stand in where no owner can act.
        skills_needed: skill and the territory in which it is needed (None: everywhere).
    """

    actions: tuple[str, ...]
    name: str
    is_reserved: bool
    teams: dict[str, str]
    skills_needed: tuple[tuple[str, str | None], ...]

    def members(self, staff: Staff) -> np.ndarray:
        """Who is in a team of the desk. bool [reps]."""
        return np.array([bool(teams & self.teams.keys()) for teams in staff.teams], dtype=bool)

    def needed(self, territories: frozenset[str]) -> frozenset[str]:
        """The skills that contacts in these territories need."""
        return frozenset(skill for skill, where in self.skills_needed if where is None or where in territories)

    def is_skilled(self, territories: list[frozenset[str]], staff: Staff) -> np.ndarray:
        """Who has the skills. bool [patterns of territories, reps]."""
        needs = [self.needed(each) for each in territories]
        table = [[need <= skills for skills in staff.skills] for need in needs]
        return np.array(table, dtype=bool).reshape(len(territories), len(staff.owner_ids))

    def covers(self, territories: list[frozenset[str]], staff: Staff) -> np.ndarray:
        """Who takes contacts from there that nobody owns, were she there. bool [patterns of territories, reps]."""
        table = [[not own or bool(own & each) for own in staff.territories] for each in territories]
        in_place = np.array(table, dtype=bool).reshape(len(territories), len(staff.owner_ids))
        return in_place & self.is_skilled(territories, staff) & self.members(staff)

    def who_may(self, territories: list[frozenset[str]], staff: Staff) -> tuple[np.ndarray, np.ndarray]:
        """Who may act for her own contacts, and who for those that nobody owns. bool [patterns, reps] each."""
        allowed = self.members(staff) if self.is_reserved else np.ones(len(staff.owner_ids), dtype=bool)
        usable = self.is_skilled(territories, staff) & staff.is_there & allowed
        return usable, self.covers(territories, staff) & staff.is_there


def desks_of(
    actions: pl.DataFrame, team_actions: pl.DataFrame, skills_needed: pl.DataFrame, teams: pl.DataFrame
) -> list[Desk]:
    """The actions, grouped by who may do them; in the order of their ids. The columns are those of `RoutingRules`."""
    names = dict(teams.select("team", "name").iter_rows())
    stand_ins = tuple(team for team in names if team not in set(team_actions["team"]))
    grouped: dict[tuple, list[str]] = {}
    for action in actions["action_id"].sort():
        reserved = tuple(sorted(team_actions.filter(action_id=action)["team"]))
        concerns = pl.col("action_id").is_null() | (pl.col("action_id") == action)
        skills = tuple(skills_needed.filter(concerns).select("skill", "territory").sort(pl.all()).iter_rows())
        grouped.setdefault((reserved, skills), []).append(action)
    known = dict(actions.select("action_id", "name").iter_rows())
    return [
        Desk(tuple(each), known[each[0]], bool(reserved), {team: names[team] for team in reserved or stand_ins}, skills)
        for (reserved, skills), each in grouped.items()
    ]


def _parts(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
