"""What the night would be worth with more or less of a limit: the dual solved again from the night's prices."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.allocation import Allocation
from models.batches import Batches, InMemory
from models.grids import Grid, can_be_chosen, to_grid
from models.limits import LimitFamily, Problem
from models.linear import linear_optimum
from models.local_prices import NetBatches
from models.prices import find_prices

SHARES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of tonight's capacity
MOST_LIMITS = 8  # those whose whole capacity is worth most
EXACT_BELOW_PAIRS = 1_500  # the linear program is faster
SCHEMA = {
    "limit_id": pl.String, "capacity_share": pl.Float64, "capacity": pl.Float64, "value_cents": pl.Float64,
}  # fmt: skip


def limit_curves(problem: Problem, allocation: Allocation, families: tuple[LimitFamily, ...]) -> pl.DataFrame:
    """One row per binding limit that all share and share of its capacity: what the night is worth with that.

    A family of many limits (reps) is scaled as a whole. All other limits stay, and so do the prices of limits that
    concern few contacts, so a curve bends a little less than the truth. Values are cents, tonight's own at share 1.

    Args:
        problem: of those who get the optimum; allocation: its solution.
        families: the night's limits before anything was set aside: their capacity is told.
    """
    night = _Night.of(problem, allocation)
    rows = []
    for name, number, capacity in _chosen_families(problem, allocation, families):
        for share in SHARES:
            change = 0.0 if share == 1 else night.bound_with(number, share) - night.bound
            rows.append((name, share, capacity * share, allocation.value + change))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _chosen_families(
    problem: Problem, allocation: Allocation, families: tuple[LimitFamily, ...]
) -> Iterator[tuple[str, int, float]]:
    """Name, number and policy's capacity of the shared families with a price, the most valuable first."""
    worth = [
        0.0 if family.is_local else float(price @ np.where(price > 0, family.capacity, 0.0))
        for family, price in zip(problem.families, allocation.prices.by_family, strict=True)
    ]
    for number in np.argsort(-np.array(worth), kind="stable")[:MOST_LIMITS].tolist():
        if worth[number] > 0:
            capacity = families[number].capacity
            yield families[number].name, number, float(capacity[np.isfinite(capacity)].sum())


@dataclass(frozen=True)
class _Night:
    """The night's grid with its prices.

    Attributes:
        problem, grid: pairs that can be chosen, and limits.
        batches: the pairs net of local prices.
        prices: of the shared limits.
        bound: on the value by all prices, less the local limits' part.
    """

    problem: Problem
    grid: Grid
    batches: Batches
    prices: np.ndarray
    bound: float

    @classmethod
    def of(cls, problem: Problem, allocation: Allocation) -> "_Night":
        problem = problem.of_pairs(np.flatnonzero(can_be_chosen(problem)))
        grid = to_grid(problem)
        prices = np.zeros(len(grid.limits.capacity))
        found = (*allocation.prices.by_family, *(-price for price in allocation.prices.by_floor))
        for places, price in zip(grid.places, found, strict=True):
            prices[places[places >= 0]] = price[places >= 0]
        batches: Batches = InMemory(grid.batch)
        if grid.local is not None:
            of_local = [allocation.prices.by_family[number] for number in grid.local_families]
            batches = NetBatches(batches, grid.local, grid.local.per_contact(of_local))
        if len(problem.value) < EXACT_BELOW_PAIRS:
            return cls(problem, grid, batches, prices, linear_optimum(problem).value)
        return cls(problem, grid, batches, prices, find_prices(batches, grid.limits, prices).upper_bound)

    def bound_with(self, family: int, share: float) -> float:
        """The bound with so much of a family's capacity."""
        if len(self.problem.value) < EXACT_BELOW_PAIRS:
            families = list(self.problem.families)
            families[family] = replace(families[family], capacity=families[family].capacity * share)
            return linear_optimum(replace(self.problem, families=tuple(families))).value
        capacity = self.grid.limits.capacity.copy()
        places = self.grid.places[family]
        capacity[places[places >= 0]] *= share
        limits = self.grid.limits.with_capacity(capacity)
        return find_prices(self.batches, limits, self.prices, is_near=False).upper_bound
