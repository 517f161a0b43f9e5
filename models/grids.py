"""From pairs with limits to a grid with patterns, and prices back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.batches import Batch, SharedLimits
from models.limits import TOLERANCE, LimitFamily, Problem
from models.local_prices import LocalLimits

FEW_LOCAL_LIMITS = 300  # so many can bind: their prices are found together with those of the shared limits
DENSE_CODES = 2**22  # codes up to here are numbered by a table, others by sorting


@dataclass(frozen=True)
class Grid:
    """A problem as a grid of the contacts that have pairs which can be chosen.

    Attributes:
        batch: their pairs.
        contact: int64 [grid contacts], the problem's contact.
        pair: int64 [rows, grid contacts], the problem's pair; -1 for none.
        limits: those that can bind, of the shared families, and the minima.
        places: per family and then per floor, where its limits are in `limits`; -1: not there. int64 [limits] each.
        local: the local families of which some limit can bind; None for none.
        local_families: which families those are.
    """

    batch: Batch
    contact: np.ndarray
    pair: np.ndarray
    limits: SharedLimits
    places: tuple[np.ndarray, ...]
    local: LocalLimits | None
    local_families: tuple[int, ...]

    def by_family(self, shared: np.ndarray, local: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """A number of the limits brought back to the problem's families and floors, 0 for all others."""
        found = [np.append(shared, 0.0)[places] for places in self.places]
        for number, of_family in zip(self.local_families, local, strict=True):
            found[number] = of_family
        return tuple(found)


def to_grid(problem: Problem) -> Grid:
    """A problem of which all pairs can be chosen, with the limits that can bind."""
    binding = [can_bind(problem, family) for family in problem.families]
    local_families = _local_families(problem, binding)
    places, capacity = _places(problem, binding, local_families)
    columns, signs = [], [1] * len(problem.families) + [-1] * len(problem.floors)
    for family, place, sign in zip((*problem.families, *problem.floors), places, signs, strict=True):
        if (place >= 0).any():
            member = np.append(place, -1)[family.member]
            columns.append((member, np.where(member >= 0, sign * family.usage, 0.0)))
    inside = [np.append(binding[n], False)[problem.families[n].member] for n in local_families]
    pattern, first = number_patterns(
        [*columns, *((flags, np.zeros(len(problem.value))) for flags in inside)], len(problem.value)
    )
    contact, starts, column = _runs(problem.contact)
    row = np.arange(len(problem.value)) - starts[column]
    shape = (int(row.max(initial=0)) + 1, len(contact))
    value, patterns = np.full(shape, -np.inf), np.zeros(shape, dtype=np.int32)
    pair = np.full(shape, -1, dtype=np.int64)
    value[row, column], patterns[row, column], pair[row, column] = problem.value, pattern, np.arange(len(problem.value))
    table = (len(columns), len(first))
    member = np.array([of[first] for of, _ in columns], dtype=np.int64).reshape(table).T
    usage = np.array([of[first] for _, of in columns], dtype=np.float64).reshape(table).T
    members = np.full((len(local_families), len(contact)), -1, dtype=np.int64)
    for spot, (number, flags) in enumerate(zip(local_families, inside, strict=True)):
        members[spot][column[flags]] = problem.families[number].member[flags]
    local = LocalLimits(
        member=members,
        inside=np.array([flags[first] for flags in inside], dtype=bool).reshape(len(inside), len(first)).T,
        capacity=tuple(problem.families[number].capacity for number in local_families),
    )
    limits = SharedLimits(member, usage, capacity)
    return Grid(
        Batch(value, patterns), contact, pair, limits, places, local if local_families else None, local_families
    )


def can_be_chosen(problem: Problem) -> np.ndarray:
    """Which pairs are worth something, or count for a minimum, and fit. bool [pairs]."""
    wanted = problem.value > 0
    for floor in problem.floors:
        wanted |= (floor.per_pair(floor.capacity) > 0) & (floor.usage > 0)
    for family in problem.families:
        wanted &= family.fits_alone()
    return wanted


def can_bind(problem: Problem, family: LimitFamily) -> np.ndarray:
    """Limits that can be exceeded when each contact takes its most demanding pair. bool [limits]."""
    used = np.flatnonzero((family.member >= 0) & (family.usage > 0))
    key = problem.contact[used] * len(family.capacity) + family.member[used]
    order = np.lexsort((-family.usage[used], key))
    is_first = np.append(True, np.diff(key[order]) != 0)[: len(order)]
    demand = family.used_by(used[order[is_first]])
    return demand > family.capacity * (1 + TOLERANCE)


def _local_families(problem: Problem, binding: Sequence[np.ndarray]) -> tuple[int, ...]:
    """The families whose limits concern few contacts each and are many; each contact uses at most one, once."""
    numbers = []
    for number, (family, flags) in enumerate(zip(problem.families, binding, strict=True)):
        inside = np.flatnonzero(np.append(flags, False)[family.member])
        if family.is_local and flags.sum() > FEW_LOCAL_LIMITS and (family.usage[inside] == 1).all():
            contact, member = problem.contact[inside], family.member[inside]
            same_contact = contact[1:] == contact[:-1]
            if (member[1:] == member[:-1])[same_contact].all():
                numbers.append(number)
    return tuple(numbers)


def _places(
    problem: Problem, binding: Sequence[np.ndarray], local: Sequence[int]
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Per family and floor, the place of each limit among all that are priced together, -1 for none; capacities."""
    places, capacity, count = [], [np.zeros(0)], 0
    for number, family in enumerate((*problem.families, *problem.floors)):
        is_floor = number >= len(problem.families)
        flags = family.capacity > 0 if is_floor else binding[number] & (number not in local)
        places.append(np.where(flags, count + np.cumsum(flags) - 1, -1))
        capacity.append(family.capacity[flags] * (-1 if is_floor else 1))
        count += int(flags.sum())
    return tuple(places), np.concatenate(capacity)


def number_patterns(columns: Sequence[tuple[np.ndarray, np.ndarray]], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers for what is the same in all columns, [pairs], and a pair of each number."""
    code = np.zeros(count, dtype=np.int64)
    for member, usage in columns:
        for part in (member.astype(np.int64) + 1, _numbered(usage) if (usage != 1).any() else 0 * code):
            code = code * (int(part.max(initial=0)) + 1) + part
            if int(code.max(initial=0)) > DENSE_CODES:
                code = np.unique(code, return_inverse=True)[1]
    seen = np.zeros(int(code.max(initial=0)) + 1, dtype=bool)
    seen[code] = True
    number = np.cumsum(seen) - 1
    first = np.zeros(int(seen.sum()), dtype=np.int64)
    first[number[code[::-1]]] = np.arange(count)[::-1]
    return number[code].astype(np.int32), first


def _numbered(values: np.ndarray) -> np.ndarray:
    """Equal numbers for equal values; without sorting where there are few values."""
    few = np.unique(values[:: max(1, len(values) // 4096)])
    place = np.minimum(np.searchsorted(few, values), len(few) - 1)
    if len(values) and (few[place] == values).all():
        return place
    return np.unique(values, return_inverse=True)[1]


def _runs(contact: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct contacts, where each begins, and each pair's position among them."""
    is_first = np.append(True, contact[1:] != contact[:-1])[: len(contact)]
    starts = np.flatnonzero(is_first)
    return contact[starts], starts, np.cumsum(is_first) - 1
