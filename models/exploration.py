"""Who explores in a night, and with what probability which action is drawn, so that what is learnt stays unbiased.

Contacts that share a limit of their own (an account's caps) form a unit. A unit has slots, each of which can lead to
one action at most, and the unit's people are dealt to the slots by a hash that never changes. In each slot one person
at most is picked, with a probability that is known: the person's share, or less where the shares of a slot add up to
more than one. What a slot may be used for depends on its turn, which is drawn too: a limit of one seller per account
is for the slot whose turn is the first, one of two messages for the first two. So whatever is drawn, a unit's own
limits hold, no draw depends on another unit's, and within a unit what can happen is few enough to be counted.

A unit in which anybody gets the optimum has one slot: at most one person of it explores in a night.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.limits import TOLERANCE, LimitFamily, Problem

MOST_SLOTS = 8  # of a unit


@dataclass(frozen=True)
class Explorers:
    """Who may explore.

    Attributes:
        hashes: uint64 [contacts], of the contact ids.
        share: float64 [contacts], probability that the contact explores (1: random control; 0: never).
        is_optimised: bool [contacts], those who get the optimum when they don't explore.
    """

    hashes: np.ndarray
    share: np.ndarray
    is_optimised: np.ndarray


@dataclass(frozen=True)
class Seats:
    """Who can be picked to explore; nothing in it depends on a draw.

    Attributes:
        unit: int64 [contacts], code of the contact's unit.
        slot: int64 [contacts], code of the slot that the contact belongs to, over all units; -1 for who never explores.
        chance: float64 [contacts], probability that the contact is picked.
        count_slots: int64 [units].
        rights: int64 [pairs], how many of a unit's slots may draw the pair; 0 for a pair that no limit has room for.
        first: int64 [slots], the contact by whose hash the slot's draws are made.
        unit_of_slot: int64 [slots].
        turn: int64 [slots], position of the slot in its unit.
    """

    unit: np.ndarray
    slot: np.ndarray
    chance: np.ndarray
    count_slots: np.ndarray
    rights: np.ndarray
    first: np.ndarray
    unit_of_slot: np.ndarray
    turn: np.ndarray


def find_seats(problem: Problem, explorers: Explorers) -> Seats:
    """The units, their slots, and how probably each contact is picked."""
    rights = _rights(problem)
    unit = _units(problem, rights)
    count = int(unit.max(initial=-1)) + 1
    can_draw = np.bincount(problem.contact[rights > 0], minlength=problem.count_contacts) > 0
    explores = can_draw & (explorers.share > 0)
    most_rights = np.zeros(count, dtype=np.int64)
    np.maximum.at(most_rights, unit[problem.contact], rights)
    people = np.bincount(unit[explores], minlength=count)
    has_optimum = np.bincount(unit[can_draw & explorers.is_optimised], minlength=count) > 0
    count_slots = np.where(has_optimum, 1, np.minimum(np.minimum(people, most_rights), MOST_SLOTS))
    count_slots = np.where(people > 0, np.maximum(count_slots, 1), 0)

    index = np.flatnonzero(explores)
    index = index[np.lexsort((explorers.hashes[index], unit[index]))]
    turn = _position(unit[index]) % count_slots[unit[index]]
    offset = np.cumsum(count_slots) - count_slots
    slot = np.full(problem.count_contacts, -1, dtype=np.int64)
    slot[index] = offset[unit[index]] + turn
    slots = int(count_slots.sum())
    first = np.zeros(slots, dtype=np.int64)
    first[slot[index[::-1]]] = index[::-1]
    total = np.bincount(slot[index], weights=explorers.share[index], minlength=slots)
    chance = np.zeros(problem.count_contacts)
    chance[index] = explorers.share[index] / np.maximum(1.0, total[slot[index]])
    unit_of_slot = np.repeat(np.arange(count), count_slots)
    return Seats(unit, slot, chance, count_slots, rights, first, unit_of_slot, _position(unit_of_slot))


@dataclass(frozen=True)
class Turn:
    """What can be drawn at one turn: int64 index of pairs, sorted, and the probability that the pair is drawn in it."""

    pairs: np.ndarray
    drawing: np.ndarray


def even_turns(problem: Problem, seats: Seats) -> tuple[Turn, ...]:
    """By turn: with what probability a contact is picked and draws each pair, when it draws evenly among nothing and
    what its slot may be used for. No turn without pairs."""
    turns = []
    slots = np.where(seats.slot >= 0, seats.count_slots[seats.unit], 0)
    pairs = np.flatnonzero((seats.chance > 0)[problem.contact] & (seats.rights > 0))
    for turn in range(int(slots.max(initial=0))):
        pairs = pairs[(seats.rights[pairs] > turn) & (slots[problem.contact[pairs]] > turn)]
        contact = problem.contact[pairs]
        choices = np.bincount(contact, minlength=problem.count_contacts) + 1
        turns.append(Turn(pairs, (seats.chance / np.maximum(slots, 1) / choices)[contact]))
    return tuple(turn for turn in turns if len(turn.pairs))


def over_turns(turns: Sequence[Turn], count_pairs: int) -> np.ndarray:
    """Probability that each pair is drawn, at any turn. float64 [pairs]."""
    drawing = np.zeros(count_pairs)
    for turn in turns:
        drawing[turn.pairs] += turn.drawing
    return drawing


def pick_explorers(seats: Seats, uniform: np.ndarray, turning: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who is picked, and whose turn each slot has.

    Args:
        seats: who can be picked.
        uniform: float64 [contacts], decides who is picked (of each slot, its first contact's counts).
        turning: float64 [contacts], decides the turns (of each unit, its first slot's first contact's counts).

    Returns:
        bool [contacts], and int64 [contacts] the turn of each contact's slot (0 for who has none).
    """
    index = np.flatnonzero(seats.slot >= 0)
    index = index[np.argsort(seats.slot[index], kind="stable")]
    slot, chance = seats.slot[index], seats.chance[index]
    total = np.cumsum(chance)
    starts = np.flatnonzero(np.append(True, slot[1:] != slot[:-1])[: len(slot)])
    before = np.repeat((total - chance)[starts], np.diff(np.append(starts, len(slot))))
    upper = total - before
    drawn = uniform[seats.first[slot]]
    is_picked = np.zeros(len(seats.slot), dtype=bool)
    is_picked[index] = (upper - chance <= drawn) & (drawn < upper)
    slots = seats.count_slots[seats.unit_of_slot]
    head = np.cumsum(seats.count_slots) - seats.count_slots
    shift = np.floor(turning[seats.first[head[seats.unit_of_slot]]] * slots).astype(np.int64)
    turn = np.zeros(len(seats.slot), dtype=np.int64)
    turn[index] = ((seats.turn + shift) % np.maximum(slots, 1))[slot]
    return is_picked, turn


def draw_pairs(problem: Problem, picked: np.ndarray, weight: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """One pair or none for each of the picked contacts. int64 [contacts], -1 for none.

    Args:
        problem: the pairs.
        picked: bool [contacts].
        weight: float64 [pairs], probability that a picked contact draws the pair; what is missing to 1 is for none.
        uniform: float64 [contacts].
    """
    pairs = np.flatnonzero(picked[problem.contact] & (weight > 0))
    contact = problem.contact[pairs]
    upper = np.cumsum(weight[pairs])
    starts = np.flatnonzero(np.append(True, contact[1:] != contact[:-1])[: len(pairs)])
    before = np.repeat((upper - weight[pairs])[starts], np.diff(np.append(starts, len(pairs))))
    upper = upper - before
    is_drawn = (upper - weight[pairs] <= uniform[contact]) & (uniform[contact] < upper)
    drawn = np.full(problem.count_contacts, -1, dtype=np.int64)
    drawn[contact[is_drawn]] = pairs[is_drawn]
    return drawn


def _rights(problem: Problem) -> np.ndarray:
    """How many pairs like this one the limits of its unit have room for; 0 where it doesn't fit a limit alone."""
    rights = np.full(len(problem.contact), MOST_SLOTS, dtype=np.int64)
    for family in problem.families:
        if family.is_local:
            largest = np.zeros(len(family.capacity))
            used = family.member >= 0
            np.maximum.at(largest, family.member[used], family.usage[used])
            room = family.capacity * (1 + TOLERANCE) / np.where(largest > 0, largest, 1.0)
            room = np.where(largest > 0, room, MOST_SLOTS)
            fit = np.minimum(np.floor(room), MOST_SLOTS)
            # a pair that is smaller than the largest of its limit fits alone where that one doesn't
            rights = np.minimum(rights, np.maximum(family.per_pair(fit, MOST_SLOTS), 1).astype(np.int64))
        rights = np.where(family.fits_alone(), rights, 0)
    return rights


def _units(problem: Problem, rights: np.ndarray) -> np.ndarray:
    """Code of each contact's unit: the contacts whom limits of their own that can bind hold together. [contacts]."""
    nodes = problem.count_contacts  # contacts first, then the limits
    starts, ends = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for family in problem.families:
        if family.is_local:
            contact, member = _binding_members(problem, family, rights)
            starts.append(contact)
            ends.append(nodes + member)
            nodes += len(family.capacity)
    start, end = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    return np.unique(label[: problem.count_contacts], return_inverse=True)[1]


def _binding_members(problem: Problem, family: LimitFamily, rights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row per contact and limit of the family that could be exceeded: contact, limit."""
    pairs = np.flatnonzero((family.member >= 0) & (family.usage > 0) & (rights > 0))
    contact, member, usage = problem.contact[pairs], family.member[pairs], family.usage[pairs]
    contact, member, usage = _largest_of_neighbours(contact, member, usage)
    order = np.lexsort((member, contact))
    contact, member, usage = _largest_of_neighbours(contact[order], member[order], usage[order])
    demand = np.bincount(member, weights=usage, minlength=len(family.capacity))
    can_bind = (demand > family.capacity * (1 + TOLERANCE))[member]
    return contact[can_bind], member[can_bind]


def _largest_of_neighbours(
    contact: np.ndarray, member: np.ndarray, usage: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with the same contact and member as the row before are put together, with the largest usage."""
    is_first = np.append(True, (np.diff(contact) != 0) | (np.diff(member) != 0))[: len(contact)]
    starts = np.flatnonzero(is_first)
    largest = np.maximum.reduceat(usage, starts) if len(starts) else usage
    return contact[starts], member[starts], largest


def _position(sorted_codes: np.ndarray) -> np.ndarray:
    """Position of each row among the rows with its code; the codes are sorted."""
    starts = np.append(True, sorted_codes[1:] != sorted_codes[:-1])[: len(sorted_codes)]
    return np.arange(len(sorted_codes)) - np.flatnonzero(starts)[np.cumsum(starts) - 1]
