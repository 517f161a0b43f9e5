"""One choice per contact for any number of contacts: prices first, then those few repaired whom prices leave open."""

from dataclasses import dataclass, replace

import numpy as np

from models.batches import Batches, SharedLimits
from models.limits import LimitFamily, Problem
from models.linear import LinearOptimum, integer_optimum, linear_optimum, rounded
from models.local_prices import LocalLimits, NetBatches, find_all_prices
from models.prices import FREE, MOST_OPEN, Pass, SharedPrices, find_prices, look_at
from models.repair import missing, repair, worse

WIDTHS = (0.01, 0.05, 0.25)  # of the prices: who is open, wider while the gap isn't small
EVERYBODY = np.inf  # all are open, where a minimum isn't met otherwise
SMALL_GAP = 5e-5  # of the bound
LINEAR_PAIRS = 60_000  # open pairs up to which the linear program of the open contacts is solved


@dataclass(frozen=True)
class BatchAllocation:
    """A choice within all limits.

    Attributes:
        choice: int8 [contacts], the chosen action's row; -1 for none.
        prices: of the shared limits.
        local_prices: of the local limits, [limits] per family.
        value: total value of the choice, cents.
        missing: how much of the minimums it doesn't meet, in units.
        refined: prices of the open contacts' linear program, if that was solved. [limits].
    """

    choice: np.ndarray
    prices: SharedPrices
    local_prices: tuple[np.ndarray, ...]
    value: float
    missing: float = 0.0
    refined: np.ndarray | None = None

    def is_good(self) -> bool:
        """Whether it meets the minimums and the gap is small."""
        return not self.missing and self.prices.upper_bound - self.value <= SMALL_GAP * abs(self.prices.upper_bound)

    def or_better(self, other: "BatchAllocation", prices: SharedPrices) -> "BatchAllocation":
        """The better of two choices, with the better of the prices."""
        return replace(min(self, other, key=lambda found: (found.missing, -found.value)), prices=prices)


def allocate_batches(batches: Batches, limits: SharedLimits, local: LocalLimits | None = None) -> BatchAllocation:
    """Choose at most one pair per contact within all limits."""
    if not batches.count_contacts:
        nothing = SharedPrices(np.zeros(len(limits.capacity)), 0.0, np.zeros(len(limits.capacity)))
        return BatchAllocation(np.zeros(0, dtype=np.int8), nothing, (), 0.0)
    if local is None:
        night = _Night(batches, limits, None, find_prices(batches, limits), ())
    else:
        prices, of_local = find_all_prices(batches, limits, local)
        night = _Night(NetBatches(batches, local, local.per_contact(of_local)), limits, local, prices, of_local)
    best = night.repaired(WIDTHS[0])
    for width in WIDTHS[1:]:
        if best.is_good() or width * batches.count_contacts > MOST_OPEN:
            break
        if best.refined is not None:
            night = night.at_better(best.refined)
        best = best.or_better(night.repaired(width), night.prices)
    return best.or_better(night.repaired(EVERYBODY), night.prices) if best.missing else best


@dataclass(frozen=True)
class _Night:
    """All contacts, net of local prices, with the limits and their prices."""

    batches: Batches
    limits: SharedLimits
    local: LocalLimits | None
    prices: SharedPrices
    local_prices: tuple[np.ndarray, ...]

    def at_better(self, refined: np.ndarray) -> "_Night":
        """The same at other prices, if their bound is lower."""
        if self.local is not None:
            return self
        bound = look_at(self.batches, self.limits, refined, 0 * refined).upper_bound
        if bound >= self.prices.upper_bound:
            return self
        return replace(self, prices=SharedPrices(refined, bound, self.prices.worth))

    def repaired(self, width: float) -> BatchAllocation:
        """The choice at the prices, made to fit by those who might choose otherwise at prices that far away."""
        prices = self.prices.of_limits
        near = np.maximum(prices, FREE * self.prices.worth)
        reach = np.full(len(prices), np.inf) if width == EVERYBODY else width * near
        found = look_at(self.batches, self.limits, prices, reach)
        left, local_left = self._left(found)
        is_over = self._uses_more_than_there_is(found, left, local_left)
        if is_over.any():
            found = look_at(self.batches, self.limits, prices, reach, reopened=is_over)
            left, local_left = self._left(found)
        problem, score, pair_action = self._open_problem(found, left, local_left)
        chosen = repair(problem, score)
        refined, value, lacks = None, self._value(found, problem, chosen), missing(problem, chosen)
        if len(problem.value) <= LINEAR_PAIRS and (lacks or self._is_far(value)):
            optimum = linear_optimum(problem)
            refined = None if self.local else _prices_of(optimum)
            linear = repair(problem, score, rounded(problem, optimum.share))
            exact = integer_optimum(problem) if missing(problem, linear) and width == EVERYBODY else None
            candidates = [chosen, linear, *([] if exact is None else [exact])]
            chosen = min(candidates, key=lambda choice: worse(problem, choice))
        choice = found.choice.copy()
        choice[found.open_contacts] = np.append(pair_action, -1)[chosen]
        value, lacks = self._value(found, problem, chosen), missing(problem, chosen)
        return BatchAllocation(choice, self.prices, self.local_prices, value, lacks, refined)

    def _is_far(self, value: float) -> bool:
        bound = self.prices.upper_bound
        return bound - value > SMALL_GAP * abs(bound)

    def _value(self, found: Pass, problem: Problem, chosen: np.ndarray) -> float:
        value = found.decided_value
        if self.local is not None:
            decided = found.decided()
            value += self._local_cost(found.pattern[decided], decided).sum()
        return float(value + problem.value[chosen[chosen >= 0]].sum())

    def _local_cost(self, pattern: np.ndarray, contact: np.ndarray) -> np.ndarray:
        """What pairs of these patterns and contacts pay for local limits."""
        assert self.local is not None
        price = self.local.per_contact(self.local_prices)
        return (self.local.inside[pattern].T * price[:, contact]).sum(axis=0)

    def _left(self, found: Pass) -> tuple[np.ndarray, list[np.ndarray]]:
        """What the decided leave of the shared limits and of each local family's."""
        if self.local is None:
            return found.left(self.limits), []
        decided, left = found.decided(), []
        for member, inside, capacity in zip(self.local.member, self.local.inside.T, self.local.capacity, strict=True):
            used = member[decided][inside[found.pattern[decided]]]
            left.append(capacity - np.bincount(used[used >= 0], minlength=len(capacity)))
        return found.left(self.limits), left

    def _uses_more_than_there_is(self, found: Pass, left: np.ndarray, local_left: list[np.ndarray]) -> np.ndarray:
        """Contacts that take of a limit of which the decided take more than there is. bool [contacts]."""
        limits, takes = self.limits, found.pattern >= 0
        is_short = (left < -1e-9 * np.maximum(limits.capacity, 1)) & (limits.capacity >= 0)
        short_pattern = np.append((limits.use @ is_short.astype(np.float64)) > 0, False)
        is_over = short_pattern[found.pattern]
        if self.local is not None:
            for member, inside, room in zip(self.local.member, self.local.inside.T, local_left, strict=True):
                is_over |= takes & inside[found.pattern] & np.append(room < 0, False)[member]
        return np.asarray(is_over)

    def _open_problem(
        self, found: Pass, left: np.ndarray, local_left: list[np.ndarray]
    ) -> tuple[Problem, np.ndarray, np.ndarray]:
        """The open contacts' pairs with what is left of the limits; their scores; their actions."""
        grid = found.open_grid
        contact, place = np.nonzero(np.isfinite(grid.value.T))
        pattern, value = grid.pattern[place, contact], grid.value[place, contact].astype(np.float64)
        score = value - (self.limits.use @ self.prices.of_limits)[pattern]
        families: list[LimitFamily] = []
        floors: list[LimitFamily] = []
        for number in range(self.limits.member.shape[1]):
            member, usage = self.limits.member[:, number][pattern], self.limits.usage[:, number][pattern]
            is_floor = bool((self.limits.usage[:, number] < 0).any())
            own = np.isin(np.arange(len(left)), self.limits.member[:, number])
            capacity = np.where(own, np.maximum(-left if is_floor else left, 0.0), 0.0)
            (floors if is_floor else families).append(
                LimitFamily(f"shared {number}", (), capacity, member, np.where(member >= 0, abs(usage), 0.0))
            )
        if self.local is not None:
            who = found.open_contacts[contact]
            for number, room in enumerate(local_left):
                member = np.where(self.local.inside[pattern, number], self.local.member[number, who], -1)
                families.append(
                    LimitFamily(f"local {number}", (), np.maximum(room, 0.0), member, np.ones(len(who)), is_local=True)
                )
            value = value + self._local_cost(pattern, who)
        problem = Problem(contact, value, tuple(families), len(found.open_contacts), tuple(floors))
        return problem, score, found.open_action[place, contact]


def _prices_of(optimum: LinearOptimum) -> np.ndarray:
    """The prices of a linear program over shared limits, of all families and minimums. [limits]."""
    return np.sum([*optimum.by_family, *(-price for price in optimum.by_floor)], axis=0)
