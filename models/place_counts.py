"""How many places each lottery for scarce limits has: whole numbers, which no limit is exceeded by.

What is left of a limit is often less than one place for each of its lotteries. Then each gets one in turn: there are
several ways to give whole places, each within all limits, and a night draws one of them. A lottery has its share of a
place in as many ways, so how probable a number of places is, is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.limits import TOLERANCE

WAYS, FEWEST_WAYS = 64, 8
STEPS = 50_000  # of all ways together; with more lotteries there are fewer ways


@dataclass(frozen=True)
class Uses:
    """What one place of each lottery uses of a family's limits.

    Attributes:
        limit: int64 [lotteries]; -1 for none of the family.
        size: float64 [lotteries].
        left: float64 [limits], what there is.
    """

    limit: np.ndarray
    size: np.ndarray
    left: np.ndarray

    def after(self, places: np.ndarray) -> np.ndarray:
        """What is left of the limits after so many places, [lotteries]. float64 [limits]."""
        some = self.limit >= 0
        used = np.bincount(self.limit[some], weights=(self.size * places)[some], minlength=len(self.left))
        return self.left * (1 + TOLERANCE) - used


def count_places(demand: np.ndarray, uses: Sequence[Uses]) -> np.ndarray:
    """Places of each lottery in each way to give them. int64 [ways, lotteries].

    In proportion to what would be asked for on a usual night, as many as the tightest of its limits has. With places of
    one size, and not more lotteries than ways for the last place of a limit, each that fits has one in some way.

    Args:
        demand: float64 [lotteries], how many ask on average.
        uses: of the scarce families.
    """
    wanted = demand + np.sqrt(demand)
    amounts = wanted.copy()
    for use in uses:
        some = np.flatnonzero(use.limit >= 0)
        asked = np.bincount(use.limit[some], weights=(use.size * wanted)[some], minlength=len(use.left))
        part = np.divide(use.left, asked, out=np.zeros(len(asked)), where=asked > 0)
        amounts[some] = np.minimum(amounts[some], wanted[some] * part[use.limit[some]])
    whole = np.floor(amounts * (1 + TOLERANCE))
    ways = int(np.clip(STEPS // max(len(demand), 1), FEWEST_WAYS, WAYS))
    raised = _raise_in_turn(np.maximum(amounts - whole, 1.0 / ways), whole, uses, ways)
    return whole.astype(np.int64) + raised


def _raise_in_turn(share: np.ndarray, whole: np.ndarray, uses: Sequence[Uses], ways: int) -> np.ndarray:
    """Which lotteries get one place more in which way: those that are furthest behind their share come first, as far as
    all limits have room. int64 [ways, lotteries]."""
    raised = np.zeros((ways, len(share)), dtype=np.int64)
    room = [use.after(whole) for use in uses]
    needs: list[list[tuple[int, int, float]]] = [[] for _ in share]
    for i, use in enumerate(uses):
        for lottery in np.flatnonzero(use.limit >= 0).tolist():
            needs[lottery].append((i, int(use.limit[lottery]), float(use.size[lottery])))
    for way in range(ways):
        left = [each.tolist() for each in room]
        behind = share * (way + 1) - raised.sum(axis=0)
        for lottery in np.argsort(-behind, kind="stable").tolist():
            if behind[lottery] <= TOLERANCE:
                break
            if all(left[i][limit] >= size for i, limit, size in needs[lottery]):
                raised[way, lottery] = 1
                for i, limit, size in needs[lottery]:
                    left[i][limit] -= size
    return raised
