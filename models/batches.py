"""A night's pairs as a grid, so that millions of them are priced a batch at a time.

A pair's shared limits are a pattern: which limit of each family it uses, and how much. Pairs of one action, segment and
rep have one pattern in common, so there are few, and what a pair costs at given prices is looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse as sp

CONTACTS_AT_ONCE = 16_384  # a batch of 20 actions stays in the processor's cache


@dataclass(frozen=True)
class SharedLimits:
    """The limits that many contacts share, of all families one after the other.

    Attributes:
        member: int [patterns, families], the limit that a pair of the pattern uses; -1 for none.
        usage: float64 [patterns, families], how much of it; negative for a minimum.
        capacity: float64 [limits]; minus the minimum for a minimum.
    """

    member: np.ndarray
    usage: np.ndarray
    capacity: np.ndarray

    @cached_property
    def use(self) -> sp.csr_array:
        """[patterns, limits]: how much of each limit a pair of the pattern uses."""
        pattern, family = np.nonzero(self.member >= 0)
        amounts = (self.usage[pattern, family], (pattern, self.member[pattern, family]))
        return sp.csr_array(amounts, shape=(len(self.member), len(self.capacity)))

    @cached_property
    def band(self) -> sp.csr_array:
        """`use` without signs."""
        return abs(self.use)

    @cached_property
    def squared(self) -> sp.csr_array:
        """`use`, each usage squared."""
        return self.use.multiply(self.use).tocsr()

    def with_capacity(self, capacity: np.ndarray) -> "SharedLimits":
        limits = replace(self, capacity=capacity)
        limits.__dict__.update(
            {name: self.__dict__[name] for name in ("use", "band", "squared") if name in self.__dict__}
        )
        return limits

    def used_by(self, count_by_pattern: np.ndarray) -> np.ndarray:
        """Usage of each limit by so many pairs of each pattern. float64 [limits]."""
        return np.asarray(self.use.T @ count_by_pattern, dtype=np.float64)


@dataclass(frozen=True)
class Batch:
    """Contacts and all that each could get.

    Attributes:
        value: float [actions, contacts], net value in cents; -inf where an action isn't possible.
        pattern: int32 [actions, contacts], row of the limits' tables.
    """

    value: np.ndarray
    pattern: np.ndarray

    @property
    def count_contacts(self) -> int:
        return int(self.value.shape[1])

    def of_contacts(self, contacts: np.ndarray | slice) -> "Batch":
        return Batch(self.value[:, contacts], self.pattern[:, contacts])


class Batches(Protocol):
    """Contacts in a fixed order, read as often as wanted: from memory, from a file, or made anew each time."""

    @property
    def count_contacts(self) -> int: ...

    def __iter__(self) -> Iterator[Batch]: ...


@dataclass(frozen=True)
class InMemory:
    """A grid that is in memory (or mapped), in batches."""

    grid: Batch

    @property
    def count_contacts(self) -> int:
        return self.grid.count_contacts

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, self.count_contacts, CONTACTS_AT_ONCE):
            yield self.grid.of_contacts(slice(start, start + CONTACTS_AT_ONCE))


def join_batches(batches: list[Batch]) -> Batch:
    """Some batches as one."""
    return Batch(
        np.concatenate([batch.value for batch in batches], axis=1),
        np.concatenate([batch.pattern for batch in batches], axis=1),
    )
