"""How those who explore share what the optimum leaves of the limits.

Where draws can't exceed a limit, they needn't ask. Where they could, the limit is scarce: it is divided into places,
for all pairs that need the same scarce limits together, and those who draw such a pair take part in a lottery for a
place (`lottery.py`). Places are so few that no limit is exceeded even if all are taken. Each turn of the units' slots
has a lottery of its own, so that a unit asks once at most in each: then those who ask are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.displacement import freed_by_explorer
from models.exploration import Seats, Turn
from models.limits import TOLERANCE, Problem

UNHEARD_OF = np.log(1e9)  # a limit that draws exceed in one of so many nights isn't scarce


@dataclass(frozen=True)
class Needs:
    """What pairs that may be drawn need of a shared family beyond what their contact's own optimum sets free.

    Attributes:
        pairs: int64 [rows], index of the pairs that need anything, sorted.
        limit: int64 [rows].
        amount: float64 [rows], positive.
        left: float64 [limits], what the optimum leaves.
    """

    pairs: np.ndarray
    limit: np.ndarray
    amount: np.ndarray
    left: np.ndarray

    def total(self, weight: np.ndarray) -> np.ndarray:
        """Sum of a weight [rows] by limit. [limits]."""
        return np.bincount(self.limit, weights=weight, minlength=len(self.left))

    def largest(self, of: np.ndarray) -> np.ndarray:
        """Maximum of a number [rows] by limit; 0 for a limit that nobody needs. [limits]."""
        most = np.zeros(len(self.left))
        np.maximum.at(most, self.limit, of)
        return most

    def among(self, is_scarce: np.ndarray) -> "Needs":
        """The rows of some limits (bool [limits])."""
        rows = is_scarce[self.limit]
        return Needs(self.pairs[rows], self.limit[rows], self.amount[rows], self.left)


@dataclass(frozen=True)
class Places:
    """Lotteries for what is scarce.

    Attributes:
        kind: int64 [pairs], what scarce limits the pair needs; -1 for none.
        lottery: int64 [turns, kinds], in which a pair of the kind must win a place when it is drawn at that turn.
        amounts: float64 [lotteries], places on average; the next whole number below or above is drawn.
    """

    kind: np.ndarray
    lottery: np.ndarray
    amounts: np.ndarray


def needs_of(problem: Problem, pairs: np.ndarray, optimum: np.ndarray) -> list[Needs]:
    """What the pairs (sorted index) need of each shared family, beside the optimum (int64 [contacts], -1 for none)."""
    needs = []
    for family in problem.families:
        if not family.is_local:
            left = family.after(optimum[optimum >= 0]).capacity
            using = pairs[family.member[pairs] >= 0]
            amount = family.usage[using] - freed_by_explorer(problem, family, using, optimum)
            needy = amount > TOLERANCE * family.usage[using]
            needs.append(Needs(using[needy], family.member[using[needy]], amount[needy], left))
    return needs


def only_scarce(problem: Problem, needs: Sequence[Needs], drawing: np.ndarray, seats: Seats) -> list[Needs]:
    """The needs of limits that draws could exceed: by Bernstein's inequality over the units, whose draws are
    independent, and by what all slots together could use at most."""
    scarce = []
    for need in needs:
        contact = problem.contact[need.pairs]
        slots = np.minimum(seats.count_slots[seats.unit[contact]], seats.rights[need.pairs])
        used = drawing[need.pairs] * need.amount
        reach = UNHEARD_OF * need.largest(need.amount * slots) / 3
        usual = need.total(used) + reach + np.sqrt(reach**2 + 2 * UNHEARD_OF * need.total(used * need.amount * slots))
        found = need.among(usual > need.left)
        slot = seats.slot[problem.contact[found.pairs]]
        asking = np.unique(slot * len(need.left) + found.limit) % max(len(need.left), 1)
        most = np.bincount(asking, minlength=len(need.left)) * found.largest(found.amount)
        scarce.append(found.among(most > need.left * (1 + TOLERANCE)))
    return scarce


def give_places(scarce: Sequence[Needs], turns: Sequence[Turn], count_pairs: int) -> Places:
    """Divide what is left of scarce limits among the pairs that need them.

    Args:
        scarce: the needs of scarce limits.
        turns: what can be drawn.
        count_pairs: number of all pairs.
    """
    needy = np.zeros(count_pairs, dtype=bool)
    for need in scarce:
        needy[need.pairs] = True
    pairs = np.flatnonzero(needy)
    code, count = np.zeros(len(pairs), dtype=np.int64), int(len(pairs) > 0)
    position = np.cumsum(needy) - 1
    for need in scarce:
        # needs that differ by more than a factor of two don't share places, each as large as the largest
        size = np.clip(np.floor(np.log2(need.amount)).astype(np.int64) + 64, 0, 127)
        key = np.zeros(len(pairs), dtype=np.int64)
        key[position[need.pairs]] = 1 + need.limit * 128 + size
        key, keys = _renumber(key)
        code, count = _renumber(code * keys + key)
    kind = np.full(count_pairs, -1, dtype=np.int64)
    kind[pairs] = code
    demand = np.zeros((len(turns), count))
    for i, turn in enumerate(turns):
        asks = kind[turn.pairs] >= 0
        demand[i] = np.bincount(kind[turn.pairs[asks]], weights=turn.drawing[asks], minlength=count)
    is_asked = demand.T > 0  # by kind and then turn, so that lotteries for the same limits are neighbours
    lottery = np.full(demand.shape, -1, dtype=np.int64)
    lottery.T[is_asked] = np.arange(is_asked.sum())
    kinds = np.nonzero(is_asked)[0]
    uses = [_Uses.of(need, kind, kinds) for need in scarce if len(need.pairs)]
    return Places(kind, lottery, _amounts(demand.T[is_asked], uses))


def _renumber(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """The codes as 0, 1, ... in their order, and how many there are."""
    is_used = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    is_used[codes] = True
    return (np.cumsum(is_used) - 1)[codes], int(is_used.sum())


def _amounts(demand: np.ndarray, uses: "Sequence[_Uses]") -> np.ndarray:
    """Places of each lottery: in proportion to what would be asked for on a usual night, as many as the tightest of its
    limits has; whole ones only where rounding could exceed a limit. [lotteries]."""
    wanted = demand + np.sqrt(demand)
    amounts = np.full(len(demand), np.inf)
    for use in uses:
        asked = np.bincount(use.limit, weights=use.size * wanted[use.lottery], minlength=len(use.left))
        part = np.divide(use.left, asked, out=np.zeros(len(asked)), where=asked > 0)
        amounts[use.lottery] = np.minimum(amounts[use.lottery], wanted[use.lottery] * part[use.limit])
    whole = np.floor(amounts * (1 + TOLERANCE))
    amounts = whole + np.maximum(amounts - whole, 0.0)
    for use in uses:
        too_much = use.most(amounts) > use.left * (1 + 2 * TOLERANCE)
        cut = use.lottery[too_much[use.limit]]
        amounts[cut] = np.floor(amounts[cut])
    return amounts


@dataclass(frozen=True)
class _Uses:
    """What one place of a lottery uses of a limit, [rows], by limit and then lottery; `left` [limits]."""

    lottery: np.ndarray
    limit: np.ndarray
    size: np.ndarray
    left: np.ndarray

    @classmethod
    def of(cls, need: Needs, kind: np.ndarray, kinds: np.ndarray) -> "_Uses":
        """What the lotteries use of one family, from the kind of each pair, [pairs], and of each lottery."""
        limit_of = np.full(int(kinds.max(initial=-1)) + 1, -1, dtype=np.int64)
        size_of = np.zeros(len(limit_of))
        limit_of[kind[need.pairs]] = need.limit
        np.maximum.at(size_of, kind[need.pairs], need.amount)
        lottery = np.flatnonzero(limit_of[kinds] >= 0)
        lottery = lottery[np.argsort(limit_of[kinds[lottery]], kind="stable")]
        limit, size = limit_of[kinds[lottery]], size_of[kinds[lottery]]
        largest, smallest = np.zeros(len(need.left)), np.full(len(need.left), np.inf)
        np.maximum.at(largest, limit, size)
        np.minimum.at(smallest, limit, size)
        # of a limit whose places are all alike, whole ones are given
        whole = np.floor(need.left / np.where(largest > 0, largest, 1.0) * (1 + TOLERANCE)) * largest
        return cls(lottery, limit, size, np.where(largest == smallest, whole, need.left))

    def most(self, amounts: np.ndarray) -> np.ndarray:
        """What all places of a limit can use at most, however their numbers are rounded (`lottery.round_by_lot`).
        [limits]."""
        most = np.zeros(len(self.left))
        for limit in np.unique(self.limit).tolist():
            rows = np.flatnonzero(self.limit == limit)
            amount, size = amounts[self.lottery[rows]], self.size[rows]
            rest = amount - np.floor(amount)
            run = np.cumsum(np.append(False, np.diff(self.lottery[rows]) > 1)[: len(rows)])
            raised = int(np.ceil(np.bincount(run, weights=rest) - TOLERANCE).sum())
            largest = np.sort(size[rest > 0])[::-1][:raised]
            most[limit] = float(np.floor(amount) @ size + largest.sum())
        return most
