"""Who acts for each contact where an action needs an owner.

The owner of the account or the contact who is active, present, skilled and has room tonight; else the rep who did
something for the account before; else, of the team, the one who has least to do for the room that she has
(count-based, as LeanData's weighted round robin: https://www.leandata.com/blog/round-robin-lead-assignment-tactics/).
All people of one account go to the same rep where that rep may act for them. Where only those without room are left,
the contact waits for its owner: that is for the limits to say, not for a gate.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.draws import draw_uniforms
from models.routing_desks import Desk, Staff, desks_of
from models.routing_words import pool_reasons, why_nobody

OWNER_WORDS = {"account_owner": "account owner", "contact_owner": "contact owner"}
NO_ROOM = "; no room tonight"
SCHEMA = {
    "contact_id": pl.String, "action_id": pl.String, "owner_id": pl.String, "reason": pl.String, "detail": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class RoutingRules:
    """What policy says.

    Attributes:
        owner_order: `account_owner`, `contact_owner`; who is asked first.
        actions: one row per active action that needs an owner; action_id, name.
        territories: territory → name; the first that fits is told.
        teams: one row per team; team, name.
        team_actions: one row per action that a team does alone; team, action_id.
        skills_needed: one row per need; skill, territory, action_id (null: any).
        night: ties between reps are broken by it.
    """

    owner_order: tuple[str, ...]
    actions: pl.DataFrame
    territories: dict[str, str]
    teams: pl.DataFrame
    team_actions: pl.DataFrame
    skills_needed: pl.DataFrame
    night: date


def route(people: pl.DataFrame, reps: pl.DataFrame, rules: RoutingRules) -> pl.DataFrame:
    """One row per contact and action that needs an owner (`SCHEMA`), sorted; owner_id and reason or, where nobody may
    act, detail.

    Args:
        people: one row per contact; contact_id, account_id, account_owner_id, contact_owner_id, previous_owner_id,
            country_code, territories (names, separated by commas).
        reps: one row per owner; owner_id, name, absence (null: there), capacity (tonight), and territories, skills and
            teams (separated by commas; without territories: everywhere).
        rules: see there.
    """
    people, staff = people.sort("contact_id"), Staff.of(reps.sort("owner_id"))
    rooms = _Rooms(people, staff, rules)
    parts = [pl.DataFrame(schema=SCHEMA)]
    for desk in desks_of(rules.actions, rules.team_actions, rules.skills_needed, rules.teams):
        owner, reason, detail = rooms.assign(desk)
        told = pl.DataFrame(
            {"contact_id": people["contact_id"], "owner_id": owner, "reason": reason, "detail": detail},
            schema_overrides=SCHEMA,
        )
        parts += [told.with_columns(pl.lit(action).alias("action_id")).select(*SCHEMA) for action in desk.actions]
    return pl.concat(parts).sort("contact_id", "action_id")


class _Rooms:
    """The contacts, and what each rep has got so far tonight; desk after desk."""

    def __init__(self, people: pl.DataFrame, staff: Staff, rules: RoutingRules) -> None:
        self.staff, self.rules, self.people = staff, rules, people
        owner_ids = pl.Series(staff.owner_ids, dtype=pl.String)
        self.owners = {
            kind: _places(people[f"{kind}_id"], owner_ids) for kind in (*rules.owner_order, "previous_owner")
        }
        units = people.select(pl.coalesce("account_id", "contact_id")).to_series()
        self.unit_ids = units.unique().sort()
        self.unit = _places(units, self.unit_ids)
        self.patterns = people["territories"].unique().sort()
        self.pattern = _places(people["territories"], self.patterns)
        self.load = np.zeros(len(staff.owner_ids), dtype=np.int64)
        self.rep_of_unit = np.full(len(self.unit_ids), -1, dtype=np.int64)
        self.turn = np.argsort(np.argsort(draw_uniforms(staff.owner_ids, "rep's turn", rules.night, 0)))

    def assign(self, desk: Desk) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Owner, reason and detail for the actions of a desk, [contacts] each."""
        territories = [frozenset(filter(None, pattern.split(","))) for pattern in self.patterns]
        usable, pooled = desk.who_may(territories, self.staff)
        night = _Night(self, usable, pooled)
        for kind in self.rules.owner_order:
            night.take(self.owners[kind], usable & self.staff.has_room, OWNER_WORDS[kind])
        night.take(self.owners["previous_owner"], pooled & self.staff.has_room, "worked on the account before")
        reasons = pool_reasons(territories, self.rules.territories, self.staff, desk)
        night.share(pooled & self.staff.has_room, reasons, "")
        for kind in self.rules.owner_order:
            night.take(self.owners[kind], usable, OWNER_WORDS[kind] + NO_ROOM)
        night.share(pooled, reasons, NO_ROOM)
        detail = why_nobody(
            np.flatnonzero(night.owner < 0),
            [self.owners[kind] for kind in self.rules.owner_order],
            (self.pattern, territories),
            self.people["country_code"],
            (self.staff, desk),
        )
        return _gathered(self.staff.owner_ids, night.owner), _gathered(night.words, night.reason), detail


class _Night:
    """The owners of one desk's actions, as they are found."""

    def __init__(self, rooms: _Rooms, usable: np.ndarray, pooled: np.ndarray) -> None:
        self.rooms = rooms
        self.owner = np.full(len(rooms.unit), -1, dtype=np.int64)
        self.reason = np.full(len(rooms.unit), -1, dtype=np.int64)
        self.words: list[str] = []

    def take(self, wanted: np.ndarray, allowed: np.ndarray, reason: str) -> None:
        """Give each contact without owner the rep it wants (-1: none), where the rep may act for it."""
        index = np.flatnonzero((self.owner < 0) & (wanted >= 0))
        index = index[allowed[self.rooms.pattern[index], wanted[index]]]
        self._give(index, wanted[index], [reason] * len(self.rooms.staff.owner_ids))

    def share(self, allowed: np.ndarray, reasons: dict[tuple[int, int], str], ending: str) -> None:
        """Share what has no owner among the reps who may, the territories with fewest of them first."""
        rooms = self.rooms
        for pattern in np.argsort(allowed.sum(axis=1), kind="stable"):
            candidates = np.flatnonzero(allowed[pattern])
            if not len(candidates):
                continue
            words = [reasons.get((int(pattern), rep), "") + ending for rep in range(allowed.shape[1])]
            index = np.flatnonzero((self.owner < 0) & (rooms.pattern == pattern))
            known = rooms.rep_of_unit[rooms.unit[index]]
            is_same = (known >= 0) & allowed[pattern, known]
            self._give(index[is_same], known[is_same], ["same rep as for others of the account" + ending] * len(words))
            index = index[~is_same]
            units, of_unit, counts = np.unique(rooms.unit[index], return_inverse=True, return_counts=True)
            reps = self._least_loaded(units, counts, candidates)
            self._give(index, reps[of_unit], words)

    def _least_loaded(self, units: np.ndarray, counts: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """A rep for each unit: the one with least to do for her room; ties and order by hash. [units]."""
        rooms, load = self.rooms, self.rooms.load.copy()
        room = np.maximum(rooms.staff.capacity, 1)
        drawn = draw_uniforms(rooms.unit_ids.gather(units).to_list(), "routed unit", None, 0)
        heap = [((load[rep] + 1) / room[rep], int(rooms.turn[rep]), int(rep)) for rep in candidates]
        heapq.heapify(heap)
        found = np.full(len(units), -1, dtype=np.int64)
        for place in np.argsort(drawn, kind="stable").tolist():
            _, turn, rep = heap[0]
            found[place] = rep
            load[rep] += counts[place]
            heapq.heapreplace(heap, ((load[rep] + 1) / room[rep], turn, rep))
        return found

    def _give(self, index: np.ndarray, reps: np.ndarray, words: Sequence[str]) -> None:
        rooms = self.rooms
        self.owner[index] = reps
        self.reason[index] = len(self.words) + reps
        self.words.extend(words)
        rooms.load += np.bincount(reps, minlength=len(rooms.load))
        is_first = rooms.rep_of_unit[rooms.unit[index]] < 0
        rooms.rep_of_unit[rooms.unit[index[is_first][::-1]]] = reps[is_first][::-1]


def _places(ids: pl.Series, among: pl.Series) -> np.ndarray:
    """Where each id stands among distinct ones; -1 where it doesn't. int64 [ids]."""
    numbered = among.to_frame("id").with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    joined = ids.to_frame("id").join(numbered, on="id", how="left", maintain_order="left", validate="m:1")
    return joined["place"].fill_null(-1).to_numpy()


def _gathered(texts: Sequence[str], place: np.ndarray) -> pl.Series:
    return pl.Series(list(texts), dtype=pl.String).gather(pl.Series(place).replace(-1, None))
