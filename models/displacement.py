"""Who gives way when somebody of a unit explores: the unit's own limits (an account's caps) hold for all its people.

At most one person of a unit with an optimum explores (`exploration.py`). If the action it draws finds no room in a
limit of the unit, those whose optimum is worth least there get nothing. So what happens to the others is known from
who explores and what it draws, and so is how probable it is.
"""

from dataclasses import dataclass

import numpy as np

from models.limits import TOLERANCE, LimitFamily, Problem


@dataclass(frozen=True)
class Displacement:
    """One row per pair that an explorer may get and contact that then loses its optimum: both int64, sorted by pair."""

    pair: np.ndarray
    contact: np.ndarray

    def by(self, drawn: np.ndarray, count_contacts: int) -> np.ndarray:
        """Who loses its optimum when these pairs (index) are drawn. bool [contacts]."""
        is_drawn = np.isin(self.pair, drawn)
        loses = np.zeros(count_contacts, dtype=bool)
        loses[self.contact[is_drawn]] = True
        return loses


def find_displaced(problem: Problem, pairs: np.ndarray, optimum: np.ndarray, score: np.ndarray) -> Displacement:
    """Who gives way to whom.

    Args:
        problem: pairs and limits.
        pairs: int64, index of the pairs that an explorer of a unit with an optimum may get.
        optimum: int64 [contacts], what each gets who doesn't explore; -1 for none.
        score: float64 [pairs], what a pair is worth; who has least gives way first.
    """
    keys = [np.zeros(0, dtype=np.int64)]
    for family in problem.families:
        if family.is_local:
            keys += _displaced_by(problem, family, pairs, optimum, score)
    found = np.unique(np.concatenate(keys))
    return Displacement(found // problem.count_contacts, found % problem.count_contacts)


def freed_by_explorer(problem: Problem, family: LimitFamily, pairs: np.ndarray, optimum: np.ndarray) -> np.ndarray:
    """How much of a pair's limit its contact's optimum would have used, which exploring sets free. float64 [pairs]."""
    holds = optimum >= 0
    member, usage = np.full(len(optimum), -2, dtype=np.int64), np.zeros(len(optimum))
    member[holds], usage[holds] = family.member[optimum[holds]], family.usage[optimum[holds]]
    contact = problem.contact[pairs]
    return np.where(member[contact] == family.member[pairs], usage[contact], 0.0)


def _displaced_by(
    problem: Problem, family: LimitFamily, pairs: np.ndarray, optimum: np.ndarray, score: np.ndarray
) -> list[np.ndarray]:
    """Of one family: pair × number of contacts + contact, in as many parts as may have to give way to one pair."""
    holding = optimum[optimum >= 0]
    room = family.capacity * (1 + TOLERANCE) - family.used_by(holding)
    pairs = pairs[family.usage[pairs] > family.per_pair(room, np.inf)[pairs]]
    limit, contact = family.member[pairs], problem.contact[pairs]
    missing = family.usage[pairs] - freed_by_explorer(problem, family, pairs, optimum) - room[limit]
    is_short = missing > 0
    pairs, limit, contact, missing = pairs[is_short], limit[is_short], contact[is_short], missing[is_short]

    holders = holding[family.member[holding] >= 0]
    holders = holders[np.lexsort((holders, score[holders], family.member[holders]))]
    ends = np.searchsorted(family.member[holders], limit, side="right")
    at = np.searchsorted(family.member[holders], limit)
    keys = []
    while len(pairs):
        holder = np.append(holders, -1)[np.minimum(at, len(holders))]
        who = np.append(problem.contact, -1)[holder]
        gives = (at < ends) & (who != contact)
        keys.append(pairs[gives] * problem.count_contacts + who[gives])
        missing = missing - np.where(gives, family.usage[holder], 0.0)
        at = at + 1
        go_on = (missing > 0) & (at < ends)
        pairs, limit, contact, missing, at, ends = (of[go_on] for of in (pairs, limit, contact, missing, at, ends))
    return keys
