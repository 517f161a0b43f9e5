"""What a contact that explores would have got otherwise: without that, the probability of its choice isn't known.

Everything else stays as it is: the others' draws, and the prices of the limits that all share. What is its own is the
competition within the account, which it would have joined: so many contacts may get an action, and one of them a
seller's. That small problem is solved exactly. Without the seller's action, the contacts with the best others get
them. A seller's action takes the place of the last of those, or of its contact's own other action, so it goes to whom
it brings most beyond that.
"""

from dataclasses import dataclass

import numpy as np

from models.exploration import Draws, Explorers
from models.limits import Problem


@dataclass(frozen=True)
class _Account:
    """Who competes for an account's places, the best other action first; scores in cents, 0 without such an action.

    Attributes:
        other, seller: best scores of those who don't explore, [competitors].
        places, seller_places: left by the draws of others.
    """

    other: np.ndarray
    seller: np.ndarray
    places: int
    seller_places: int


def optimum_of_explorers(
    problem: Problem, score: np.ndarray, takes_part: np.ndarray, explorers: Explorers, draws: Draws
) -> np.ndarray:
    """The pair that each exploring contact would have got if it hadn't explored; -1 for none and for all others.

    Args:
        problem: pairs and values.
        score: float64 [pairs], value net of the prices of the limits that aren't an account's own.
        takes_part: bool [contacts], those who get what is best and don't explore.
        explorers: who may explore; at most one seller's action per account.
        draws: what was drawn.

    Returns:
        int64 [contacts], index of pairs.
    """
    best_other, other = _best(problem, score, ~explorers.is_seller_pair)
    best_seller, seller = _best(problem, score, explorers.is_seller_pair)
    account = explorers.account
    rivals = np.flatnonzero(takes_part & (account >= 0) & (np.maximum(other, seller) > 0))
    rivals = rivals[np.lexsort((-other[rivals], account[rivals]))]
    has_drawn = draws.pair >= 0
    has_drawn_seller = has_drawn & np.append(explorers.is_seller_pair, False)[draws.pair]
    drawn, drawn_seller = (np.bincount(account[of & (account >= 0)]) for of in (has_drawn, has_drawn_seller))
    optimum = np.full(problem.count_contacts, -1, dtype=np.int64)
    who = np.flatnonzero(draws.is_exploring & (explorers.share < 1))
    starts = np.searchsorted(account[rivals], account[who])
    ends = np.searchsorted(account[rivals], account[who], side="right")
    for contact, start, end in zip(who.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if account[contact] < 0:
            nobody = _Account(np.zeros(0), np.zeros(0), 1, 1)
            is_other, is_seller = _place(other[contact], seller[contact], nobody)
        else:
            among = rivals[start:end]
            places = explorers.account_cap - _count(drawn, account[contact]) + int(has_drawn[contact])
            seller_places = explorers.seller_cap - _count(drawn_seller, account[contact])
            seller_places += int(has_drawn_seller[contact])
            rivalry = _Account(other[among], seller[among], places, seller_places)
            is_other, is_seller = _place(other[contact], seller[contact], rivalry)
        optimum[contact] = best_seller[contact] if is_seller else best_other[contact] if is_other else -1
    return optimum


def _best(problem: Problem, score: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best pair of each contact among some that are worth something (-1 for none), and its score; [contacts]."""
    useful = np.flatnonzero(which & (score > 0) & (problem.value > 0))
    best = problem.best_per_contact(score[useful], useful)
    return best, np.append(score, 0.0)[best]


def _count(counts: np.ndarray, account: int) -> int:
    return int(counts[account]) if account < len(counts) else 0


def _place(other: float, seller: float, account: _Account) -> tuple[bool, bool]:
    """Whether a contact with these best scores gets its other action, and whether its seller's, in an account."""
    rank = int(np.searchsorted(-account.other, -other))  # rivals with a better one

    def rival(place: int) -> float:
        return float(account.other[place]) if place < len(account.other) else 0.0

    if account.places <= 0:
        return False, False
    last = max(rival(account.places - 1), min(other, rival(account.places - 2)) if account.places > 1 else other)
    taken_from_outside = 0
    if account.seller_places > 0:
        gains = account.seller - np.maximum(account.other, last)
        most = float(gains.max(initial=0.0))
        if seller - max(other, last) > most:
            return False, True
        taken_from_outside = int(most > 0 and float(account.other[gains.argmax()]) < last)
    return other > 0 and rank < account.places - taken_from_outside, False
