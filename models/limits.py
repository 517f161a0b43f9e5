"""What a night's choice is made from: pairs of contact and action, and the limits that they share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

TOLERANCE = 1e-9  # relative, when usage is compared with a capacity


@dataclass(frozen=True)
class LimitFamily:
    """Limits of one kind (reps, daily volumes of channels, ...). A pair uses at most one limit of a family.

    Attributes:
        name: the kind.
        limit_ids: names [limits].
        capacity: float64 [limits].
        member: int64 [pairs], the limit that a pair uses; -1 for none.
        usage: float64 [pairs], how much of that limit the pair uses; not negative.
        is_local: whether each limit concerns few contacts, who use no other limit of the family (an account's caps).
    """

    name: str
    limit_ids: tuple[str, ...]
    capacity: np.ndarray
    member: np.ndarray
    usage: np.ndarray
    is_local: bool = False

    def of_pairs(self, pairs: np.ndarray) -> "LimitFamily":
        """The same limits over some of the pairs (index or mask)."""
        return replace(self, member=self.member[pairs], usage=self.usage[pairs])

    def after(self, pairs: np.ndarray) -> "LimitFamily":
        """What is left of the limits when these pairs (index) have been chosen."""
        return replace(self, capacity=np.maximum(self.capacity - self.used_by(pairs), 0.0))

    def used_by(self, pairs: np.ndarray) -> np.ndarray:
        """Usage of each limit by these pairs (index or mask). float64 [limits]."""
        member, usage = self.member[pairs], self.usage[pairs]
        used = member >= 0
        return np.bincount(member[used], weights=usage[used], minlength=len(self.capacity)).astype(np.float64)

    def per_pair(self, of_limits: np.ndarray, without: float = 0.0) -> np.ndarray:
        """A number of the limits, [limits], brought to the pairs; `without` where a pair uses none. float64 [pairs]."""
        return np.append(of_limits, without)[self.member]

    def fits_alone(self) -> np.ndarray:
        """Whether a pair fits when no other is chosen. bool [pairs]."""
        return self.usage <= self.per_pair(self.capacity, np.inf) * (1 + TOLERANCE)

    def keeps_within(self, order: np.ndarray) -> np.ndarray:
        """Which of the pairs fit when they come in this order and each takes its usage from what is left.

        A pair that doesn't fit closes its limit for those after it.

        Args:
            order: index of pairs, the most important first.

        Returns:
            bool [order].
        """
        member, usage = self.member[order], np.where(self.member[order] >= 0, self.usage[order], 0.0)
        by_limit = np.argsort(member, kind="stable")
        sorted_member, total = member[by_limit], np.cumsum(usage[by_limit])
        is_first = np.append(True, sorted_member[1:] != sorted_member[:-1])[: len(order)]
        before = (total - usage[by_limit])[is_first]
        within_limit = total - before[np.cumsum(is_first) - 1]
        fits = np.empty(len(order), dtype=bool)
        fits[by_limit] = within_limit <= np.append(self.capacity, np.inf)[sorted_member] * (1 + TOLERANCE)
        return fits


@dataclass(frozen=True)
class Problem:
    """The choice of a night: at most one pair per contact, within all limits, for the highest value.

    Attributes:
        contact: int64 [pairs], sorted; contacts are 0 ... count_contacts - 1 and may have no pair.
        value: float64 [pairs], net value in cents; choosing nothing has value 0.
        families: the limits.
        count_contacts: number of contacts.
        floors: what must be used at least; their capacity is the minimum.
    """

    contact: np.ndarray
    value: np.ndarray
    families: tuple[LimitFamily, ...]
    count_contacts: int
    floors: tuple[LimitFamily, ...] = ()

    def __post_init__(self) -> None:
        if not np.isfinite(self.value).all():
            raise ValueError("a pair's value is not a finite number")
        if len(self.contact) and (np.diff(self.contact) < 0).any():
            raise ValueError("pairs must be sorted by contact")

    def of_pairs(self, pairs: np.ndarray) -> "Problem":
        """The same contacts and limits with some of the pairs (index or mask)."""
        families = tuple(family.of_pairs(pairs) for family in self.families)
        floors = tuple(floor.of_pairs(pairs) for floor in self.floors)
        return replace(self, contact=self.contact[pairs], value=self.value[pairs], families=families, floors=floors)

    def price_of_pairs(self, prices: Sequence[np.ndarray]) -> np.ndarray:
        """What the limits that a pair uses cost at these prices (one array [limits] per family). float64 [pairs]."""
        cost = np.zeros(len(self.value))
        for family, price in zip(self.families, prices, strict=True):
            cost += family.per_pair(price) * family.usage
        return cost

    def best_per_contact(self, score: np.ndarray, pairs: np.ndarray | None = None) -> np.ndarray:
        """The pair with the highest score of each contact, the first of equals; -1 for a contact without pairs.

        Args:
            score: float64 [pairs considered].
            pairs: sorted index of the pairs considered; None means all.

        Returns:
            int64 [contacts], index into all pairs.
        """
        pairs = np.arange(len(self.contact)) if pairs is None else pairs
        best = np.full(self.count_contacts, -1, dtype=np.int64)
        if not len(pairs):
            return best
        contact = self.contact[pairs]
        starts = np.flatnonzero(np.append(True, contact[1:] != contact[:-1]))
        highest = np.repeat(np.maximum.reduceat(score, starts), np.diff(np.append(starts, len(contact))))
        is_highest = np.flatnonzero(score == highest)
        best[contact[is_highest[::-1]]] = pairs[is_highest[::-1]]
        return best


def fit_within(families: Sequence[LimitFamily], order: np.ndarray) -> np.ndarray:
    """The pairs that stay, in the given order, when every limit takes the most important ones that fit.

    Args:
        families: the limits.
        order: index of pairs, the most important first.

    Returns:
        int64 index of the pairs that stay; together they are within all limits.
    """
    for family in families:
        order = order[family.keeps_within(order)]
    return order
