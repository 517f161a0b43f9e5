"""Minimums that can't be met within the other limits: the smallest sets in conflict, and what is possible instead.

People who could get the same kinds of actions count as one kind of person, so that the question is a small linear
program however many they are. It asks for the fewest missing actions (an elastic program); a deletion filter then
leaves of the limits those without any of which the conflict would be gone (Chinneck and Dravnieks 1991, "Locating
minimal infeasible constraint sets in linear programs").
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from models.grids import number_patterns
from models.limits import LimitFamily, Problem

FEW_LIMITS = 12  # a family with more of them is named as a whole
LOCAL_PAIRS = 20_000  # with more, limits of few contacts are left out of the question


class LimitConflictError(ValueError):
    """Minimums can't be met within the other limits, and policy doesn't permit to relax them."""


@dataclass(frozen=True)
class Conflict:
    """Limits that can't hold together; without any of them they could.

    Attributes:
        limit_ids: the minimums first; a minimum alone: too few people may get what it counts.
        wanted, possible: actions that its minimums ask for together, and those possible within all limits of the night.
    """

    limit_ids: tuple[str, ...]
    wanted: float
    possible: float


def attainable_floors(problem: Problem) -> tuple[LimitFamily, ...]:
    """The floors as far as they can be met, with the fewest actions missing."""
    if not problem.floors:
        return ()
    program = _Program.of(problem)
    shortfall = program.shortfall(np.ones(len(program.items), dtype=bool))
    ends = np.cumsum([len(floor.capacity) for floor in problem.floors])[:-1]
    return tuple(
        replace(floor, capacity=np.maximum(np.floor(floor.capacity - lacks + 1e-6), 0.0))
        for floor, lacks in zip(problem.floors, np.split(shortfall, ends), strict=True)
    )


def find_conflicts(problem: Problem) -> tuple[Conflict, ...]:
    """Why the floors can't all be met: the smallest sets in conflict, each without the minimums of those before."""
    if not problem.floors:
        return ()
    return tuple(_Program.of(problem).conflicts(problem.floors))


@dataclass(frozen=True)
class _Item:
    """What the deletion filter takes away at once: one limit, or a family of many."""

    limit_id: str
    rows: np.ndarray
    is_floor: bool


@dataclass(frozen=True)
class _Program:
    """Rows `matrix @ x <= upper` over kinds of people x patterns; then one row per limit and per floor.

    Attributes:
        matrix, upper: the rows; those of floors last, negative.
        items: over the rows of limits and floors.
        count_people: rows before those of limits.
        count_floors: rows at the end.
    """

    matrix: sp.csr_array
    upper: np.ndarray
    items: tuple[_Item, ...]
    count_people: int
    count_floors: int

    @classmethod
    def of(cls, problem: Problem) -> "_Program":
        counts = np.zeros(len(problem.value), dtype=bool)
        for floor in problem.floors:
            counts |= (floor.member >= 0) & (floor.usage > 0)
        for family in problem.families:
            counts &= family.fits_alone()
        some = problem.of_pairs(np.flatnonzero(counts))
        keeps_local = len(some.value) <= LOCAL_PAIRS
        families = [each for each in some.families if keeps_local or not each.is_local]
        people, pairs, kind = _kinds(some, (*families, *some.floors))
        rows = [sp.csr_array((np.ones(len(pairs)), (kind, np.arange(len(pairs)))), (len(people), len(pairs)))]
        upper, items, first = [people.astype(np.float64)], [], len(people)
        for family, sign in [*((each, 1.0) for each in families), *((each, -1.0) for each in some.floors)]:
            member, usage = family.member[pairs], family.usage[pairs]
            used = np.flatnonzero(member >= 0)
            shape = (len(family.capacity), len(pairs))
            rows.append(sp.csr_array((sign * usage[used], (member[used], used)), shape))
            upper.append(sign * family.capacity)
            items += _items(family, first, sign < 0)
            first += len(family.capacity)
        floors = sum(len(floor.capacity) for floor in some.floors)
        return cls(sp.csr_array(sp.vstack(rows)), np.concatenate(upper), tuple(items), len(people), floors)

    def shortfall(self, holds: np.ndarray) -> np.ndarray:
        """What each floor lacks at least, in sum, when only some items hold. [floors]."""
        rows, pairs = len(self.upper), self.matrix.shape[1]
        upper, cost = self.upper.copy(), np.ones(self.count_floors)
        for item, is_there in zip(self.items, holds, strict=True):
            if not is_there:
                upper[item.rows] = 0.0 if item.is_floor else np.inf
        above = sp.csr_array((rows - self.count_floors, self.count_floors))
        matrix = sp.hstack([self.matrix, sp.vstack([above, -sp.eye_array(self.count_floors)])])
        kept = np.flatnonzero(np.isfinite(upper))
        found = linprog(
            np.append(np.zeros(pairs), cost), A_ub=sp.csr_array(matrix)[kept], b_ub=upper[kept], method="highs"
        )
        return np.asarray(found.x[pairs:])

    def conflicts(self, floors: tuple[LimitFamily, ...]) -> list[Conflict]:
        wanted = np.concatenate([floor.capacity for floor in floors])
        first_floor = len(self.upper) - self.count_floors
        holds, found = np.ones(len(self.items), dtype=bool), []
        of_all = self.shortfall(holds)
        while self.shortfall(holds).sum() > 1e-6:
            needed = holds.copy()
            for number in sorted(np.flatnonzero(holds), key=lambda number: self.items[number].is_floor):
                needed[number] = False
                if self.shortfall(needed).sum() <= 1e-6:
                    needed[number] = True
            names = [self.items[number] for number in np.flatnonzero(needed)]
            names.sort(key=lambda item: not item.is_floor)
            lacking = np.concatenate([item.rows - first_floor for item in names if item.is_floor])
            total = float(wanted[lacking].sum())
            possible = total - float(of_all[lacking].sum())
            found.append(Conflict(tuple(item.limit_id for item in names), total, float(np.floor(possible + 1e-6))))
            holds &= ~(needed & np.array([item.is_floor for item in self.items]))
        return found


def _items(family: LimitFamily, first: int, is_floor: bool) -> list[_Item]:
    rows = first + np.arange(len(family.capacity))
    if len(rows) > FEW_LIMITS or family.is_local:
        return [_Item(family.name, rows, is_floor)]
    return [_Item(name, rows[n : n + 1], is_floor) for n, name in enumerate(family.limit_ids)]


def _kinds(problem: Problem, families: tuple[LimitFamily, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People of each kind; a pair of each kind and pattern, and its kind."""
    columns = [(each.member, np.where(each.member >= 0, each.usage, 0.0)) for each in families]
    pattern, _ = number_patterns(columns, len(problem.value))
    key = np.unique(problem.contact * (int(pattern.max(initial=0)) + 1) + pattern, return_index=True)[1]
    contact, pattern = problem.contact[key], pattern[key]
    names = np.random.default_rng(0).integers(0, 2**62, int(pattern.max(initial=0)) + 1, dtype=np.uint64)
    people, position = np.unique(contact, return_inverse=True)
    signature = np.zeros(len(people), dtype=np.uint64)
    np.add.at(signature, position, names[pattern])
    _, first, kind, count = np.unique(signature, return_index=True, return_inverse=True, return_counts=True)
    stands_for = np.isin(position, first)
    return count, key[stands_for], kind[position[stands_for]]
