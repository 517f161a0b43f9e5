"""Shadow prices of limits that concern few contacts each: what an account or a buying group may get in a night.

They are many, and independent of each other at given prices of the shared limits. So a limit's price becomes the one
at which exactly those who fit are willing to pay, family by family; and the shared prices are found again for what is
left of the values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.batches import Batch, Batches, SharedLimits
from models.clearing import clearing_price
from models.prices import SharedPrices, find_prices

SWEEPS = 3  # over the families, per round
ROUNDS = 8
SMALL_GAIN = 1e-5  # of the bound: another round isn't worth it


@dataclass(frozen=True)
class LocalLimits:
    """Limits on how many of a few contacts get an action of some kind.

    Attributes:
        member: int64 [families, contacts], the contact's limit; -1 for none.
        inside: bool [patterns, families], whether a pair of the pattern counts.
        capacity: float64 [limits], per family.
    """

    member: np.ndarray
    inside: np.ndarray
    capacity: tuple[np.ndarray, ...]

    def per_contact(self, prices: Sequence[np.ndarray]) -> np.ndarray:
        """Each contact's price of each family. [families, contacts]."""
        return np.array([np.append(price, 0.0)[member] for price, member in zip(prices, self.member, strict=True)])


@dataclass(frozen=True)
class NetBatches:
    """Batches whose values are net of local prices, [families, contacts]."""

    batches: Batches
    local: LocalLimits
    prices: np.ndarray

    @property
    def count_contacts(self) -> int:
        return self.batches.count_contacts

    def __iter__(self) -> Iterator[Batch]:
        offset = 0
        for batch in self.batches:
            value = batch.value.copy()
            for inside, price in zip(self.local.inside.T, self.prices, strict=True):
                of_contacts = price[offset : offset + batch.count_contacts]
                value -= inside[batch.pattern] * of_contacts.astype(value.dtype)
            offset += batch.count_contacts
            yield Batch(value, batch.pattern)


def find_all_prices(
    batches: Batches, limits: SharedLimits, local: LocalLimits
) -> tuple[SharedPrices, tuple[np.ndarray, ...]]:
    """Shared and local prices; the bound is that of both."""
    shared = find_prices(batches, limits)
    zero = tuple(np.zeros(len(capacity)) for capacity in local.capacity)
    best, of_best, prices = shared, zero, zero
    for _ in range(ROUNDS):
        prices = _clear(batches, limits, shared.of_limits, local, prices)
        net = NetBatches(batches, local, local.per_contact(prices))
        shared = find_prices(net, limits, start=shared.of_limits)
        limits_cost = sum(price @ capacity for price, capacity in zip(prices, local.capacity, strict=True))
        bound = shared.upper_bound + float(limits_cost)
        gain = best.upper_bound - bound
        if gain > 0:
            best, of_best = SharedPrices(shared.of_limits, bound, shared.worth), prices
        if gain < SMALL_GAIN * abs(best.upper_bound):
            break
    return best, of_best


def _clear(
    batches: Batches,
    limits: SharedLimits,
    shared_prices: np.ndarray,
    local: LocalLimits,
    prices: tuple[np.ndarray, ...],
) -> tuple[np.ndarray, ...]:
    """Each local family's clearing prices, all others held."""
    kinds, kind_of = np.unique(local.inside, axis=0, return_inverse=True)
    best = _best_by_kind(batches, limits.use @ shared_prices, kind_of.ravel().astype(np.int8), len(kinds))
    found = list(prices)
    for _ in range(SWEEPS):
        for family, (member, capacity) in enumerate(zip(local.member, local.capacity, strict=True)):
            found[family] = np.zeros(len(capacity))
            net = best - kinds.astype(best.dtype) @ local.per_contact(found).astype(best.dtype)
            is_inside = kinds[:, family]
            inside = net[is_inside].max(axis=0, initial=-np.inf)
            outside = net[~is_inside].max(axis=0, initial=0)
            found[family] = clearing_price(inside - outside, member, capacity)
    return tuple(found)


def _best_by_kind(batches: Batches, cost: np.ndarray, kind_of: np.ndarray, count: int) -> np.ndarray:
    """Each contact's best score among the pairs that count in the same families. [kinds, contacts]."""
    parts = []
    for batch in batches:
        score = batch.value - np.take(cost.astype(batch.value.dtype), batch.pattern)
        kind = kind_of[batch.pattern]
        parts.append(np.stack([np.where(kind == each, score, -np.inf).max(axis=0) for each in range(count)]))
    return np.concatenate(parts, axis=1)
