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
from models.place_counts import Uses, count_places

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
        count: int64 [ways, lotteries], places in each of the ways to give them, of which a night draws one.
    """

    kind: np.ndarray
    lottery: np.ndarray
    count: np.ndarray


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
        asking = slot * len(need.left) + found.limit
        asking = np.unique(asking[np.append(True, np.diff(asking) != 0)[: len(asking)]]) % max(len(need.left), 1)
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
    is_asked = demand > 0
    lottery = np.full(demand.shape, -1, dtype=np.int64)
    lottery[is_asked] = np.arange(is_asked.sum())
    kinds = np.nonzero(is_asked)[1]
    uses = [_uses(need, kind, kinds, count) for need in scarce if len(need.pairs)]
    return Places(kind, lottery, count_places(demand[is_asked], uses))


def _uses(need: Needs, kind: np.ndarray, kinds: np.ndarray, count: int) -> Uses:
    """What the lotteries (their kinds, [lotteries]) use of one family, from the kind of each pair, [pairs]."""
    limit, size = np.full(count, -1, dtype=np.int64), np.zeros(count)
    limit[kind[need.pairs]] = need.limit
    np.maximum.at(size, kind[need.pairs], need.amount)
    return Uses(limit[kinds], size[kinds], need.left)


def _renumber(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """The codes as 0, 1, ... in their order, and how many there are."""
    is_used = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    is_used[codes] = True
    return (np.cumsum(is_used) - 1)[codes], int(is_used.sum())
