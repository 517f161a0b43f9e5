"""One choice per contact under all limits of the night, for the highest total value.

Prices of the limits come from the dual (`prices.py`, `local_prices.py`); the choice at those prices is then made to fit
every limit, and what capacity is left is filled. Where the night is small, branch and bound finishes it exactly.
"""

from dataclasses import dataclass

import numpy as np

from models.batch_allocation import allocate_batches
from models.batches import InMemory
from models.grids import can_be_chosen, can_bind, to_grid
from models.limits import Problem
from models.linear import integer_optimum, linear_optimum, rounded
from models.repair import repair, runner_up_at, worse

EXACT_BELOW_PAIRS = 1_000


@dataclass(frozen=True)
class Prices:
    """Shadow prices in cents per unit of each limit, and the bound they give on the total value.

    Attributes:
        by_family: [limits] per family, not negative: what one more unit would bring.
        by_floor: [limits] per floor, not positive: what one more unit of the minimum would cost.
        upper_bound: what no choice can exceed.
    """

    by_family: tuple[np.ndarray, ...]
    by_floor: tuple[np.ndarray, ...]
    upper_bound: float


@dataclass(frozen=True)
class Allocation:
    """A choice within all limits.

    Attributes:
        choice: int64 [contacts], index of the chosen pair; -1 for none.
        runner_up: int64 [contacts], the best other pair at the night's prices that is worth something; -1 for none.
        prices: the limits' shadow prices.
        used: usage of each limit, [limits] per family.
        value: total value of the choice, cents.
    """

    choice: np.ndarray
    runner_up: np.ndarray
    prices: Prices
    used: tuple[np.ndarray, ...]
    value: float

    @property
    def upper_bound(self) -> float:
        """What no choice can exceed, cents."""
        return max(self.prices.upper_bound, self.value)

    @property
    def gap(self) -> float:
        """How far the choice can be from the best one, as a share of the bound."""
        return (self.upper_bound - self.value) / self.upper_bound if self.upper_bound > 0 else 0.0


def allocate(problem: Problem, exact_below_pairs: int = EXACT_BELOW_PAIRS) -> Allocation:
    """Choose at most one pair per contact within all limits.

    A minimum that can't be met within the limits is met as far as it can be.

    Args:
        problem: pairs, values and limits.
        exact_below_pairs: with fewer pairs that can be chosen than this, branch and bound finishes the choice.
    """
    pairs = np.flatnonzero(can_be_chosen(problem))
    some = problem.of_pairs(pairs)
    if not problem.floors and not any(can_bind(some, family).any() for family in some.families):
        prices, choice = _by_wish(some)
    else:
        prices, choice = _by_programs(some) if len(pairs) < exact_below_pairs else _by_prices(some)
    return _allocation(problem, prices, np.append(pairs, -1)[choice])


def _by_prices(problem: Problem) -> tuple[Prices, np.ndarray]:
    grid = to_grid(problem)
    found = allocate_batches(InMemory(grid.batch), grid.limits, grid.local)
    choice = np.full(problem.count_contacts, -1, dtype=np.int64)
    takes = np.flatnonzero(found.choice >= 0)
    choice[grid.contact[takes]] = grid.pair[found.choice[takes], takes]
    of_limits = grid.by_family(found.prices.of_limits, found.local_prices)
    count = len(problem.families)
    by_floor = tuple(-price for price in of_limits[count:])
    return Prices(of_limits[:count], by_floor, found.prices.upper_bound), choice


def _by_programs(problem: Problem) -> tuple[Prices, np.ndarray]:
    """The linear program's prices and the integer program's choice; where that isn't found in time, one by prices."""
    linear = linear_optimum(problem)
    prices = Prices(linear.by_family, linear.by_floor, linear.value)
    choice = rounded(problem, linear.share)
    if ((linear.share < 1e-6) | (linear.share > 1 - 1e-6)).all():
        return prices, choice
    score = problem.value - price_of_pairs(problem, prices)
    found = [repair(problem, score), repair(problem, score, choice), integer_optimum(problem)]
    return prices, min((each for each in found if each is not None), key=lambda choice: worse(problem, choice))


def _by_wish(problem: Problem) -> tuple[Prices, np.ndarray]:
    """Everybody's best pair, where no limit can bind."""
    choice = problem.best_per_contact(problem.value)
    zero = tuple(np.zeros(len(family.capacity)) for family in problem.families)
    return Prices(zero, (), _value(problem, choice)), choice


def price_of_pairs(problem: Problem, prices: Prices) -> np.ndarray:
    """What the limits that a pair uses cost, less what it is paid for minima. float64 [pairs]."""
    cost = problem.price_of_pairs(prices.by_family)
    for floor, price in zip(problem.floors, prices.by_floor, strict=True):
        cost += floor.per_pair(price) * floor.usage
    return cost


def _value(problem: Problem, choice: np.ndarray) -> float:
    return float(problem.value[choice[choice >= 0]].sum())


def _allocation(problem: Problem, prices: Prices, choice: np.ndarray) -> Allocation:
    chosen = choice[choice >= 0]
    return Allocation(
        choice=choice,
        runner_up=runner_up_at(problem, problem.value - price_of_pairs(problem, prices), choice),
        prices=prices,
        used=tuple(family.used_by(chosen) for family in problem.families),
        value=_value(problem, choice),
    )
