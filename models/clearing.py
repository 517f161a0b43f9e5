"""Prices at which exactly those who fit are willing to pay: one limit at a time, all other prices held.

Exact where each contact uses at most one limit of a family, as with reps and accounts; and it finds prices however far
away, where Newton's steps would be many.
"""

import numpy as np

from models.batches import Batch, SharedLimits

MANY_LIMITS = 10  # with fewer, Newton's steps find a family's prices well


def clear_families(grid: Batch, limits: SharedLimits, prices: np.ndarray) -> np.ndarray:
    """Each family with many limits, of which each contact uses at most one, at the prices that clear it. [limits]."""
    for family in range(limits.member.shape[1]):
        if not _may_clear(limits, family):
            continue
        member = limits.member[:, family][grid.pattern]
        member[grid.value == -np.inf] = -1
        highest = member.max(axis=0, initial=-1)
        is_inside = member >= 0
        if (is_inside & (member != highest)).any():
            continue
        held = prices.copy()
        held[np.unique(highest[highest >= 0])] = 0.0
        cost = (limits.use @ held).astype(grid.value.dtype)
        score = grid.value - np.take(cost, grid.pattern)
        inside = np.where(is_inside, score, -np.inf).max(axis=0, initial=-np.inf)
        outside = np.where(is_inside, -np.inf, score).max(axis=0, initial=0)
        found = clearing_price(inside - outside, highest, np.maximum(limits.capacity, 0))
        prices = np.where(np.bincount(highest[highest >= 0], minlength=len(prices)) > 0, found, prices)
    return prices


def clearing_price(pays: np.ndarray, member: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Half way between what the last contact that fits would pay and what the first that doesn't would. [limits].

    Args:
        pays: float [contacts], what each would pay.
        member: int [contacts], the limit of each; -1 for none.
        capacity: float64 [limits], how many fit.
    """
    among = np.flatnonzero((pays > 0) & (member >= 0))
    is_contested = np.bincount(member[among], minlength=len(capacity)) > capacity + 1e-9
    among = among[is_contested[member[among]]]
    price = np.zeros(len(capacity))
    if not len(among):
        return price
    order = among[np.lexsort((-pays[among], member[among]))]
    limit, pays = member[order], pays[order].astype(np.float64)
    starts = np.flatnonzero(np.append(True, limit[1:] != limit[:-1]))
    room = np.floor(capacity[limit[starts]] + 1e-9).astype(np.int64)
    first_out = pays[starts + room]
    last_in = np.where(room > 0, pays[starts + np.maximum(room, 1) - 1], 2 * first_out)
    price[limit[starts]] = (first_out + np.minimum(last_in, 2 * first_out)) / 2
    return price


def _may_clear(limits: SharedLimits, family: int) -> bool:
    member, usage = limits.member[:, family], limits.usage[:, family]
    used = member >= 0
    return bool((usage[used] == 1).all() and len(np.unique(member[used])) >= MANY_LIMITS)
