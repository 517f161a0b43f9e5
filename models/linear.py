"""The night's choice as a linear and as an integer program for HiGHS: for small nights, and what prices leave open."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from models.limits import Problem, fit_within

NODES = 2_000  # by nodes and not by time, so that it is the same each time
SHORTFALL = 1e3  # times the highest value: what a unit that a minimum lacks costs


@dataclass(frozen=True)
class LinearOptimum:
    """The linear program's optimum.

    Attributes:
        share: float64 [pairs], how much of each pair is chosen.
        by_family, by_floor: the limits' prices, [limits] each; those of minima not positive.
        value: what it is worth without what minima lack, cents.
    """

    share: np.ndarray
    by_family: tuple[np.ndarray, ...]
    by_floor: tuple[np.ndarray, ...]
    value: float


@dataclass(frozen=True)
class _Program:
    """Rows `matrix @ x <= upper` over the pairs and, after them, what each minimum lacks.

    Attributes:
        matrix, upper: the rows: contacts, limits, minima (negative).
        cost: of each column, per the highest value.
        scale: the highest value.
    """

    matrix: sp.csr_array
    upper: np.ndarray
    cost: np.ndarray
    scale: float

    @classmethod
    def of(cls, problem: Problem) -> "_Program":
        pairs = len(problem.value)
        rows = [sp.csr_array((np.ones(pairs), (problem.contact, np.arange(pairs))), (problem.count_contacts, pairs))]
        upper = [np.ones(problem.count_contacts)]
        for family, sign in [*((each, 1.0) for each in problem.families), *((each, -1.0) for each in problem.floors)]:
            used = np.flatnonzero(family.member >= 0)
            shape = (len(family.capacity), pairs)
            rows.append(sp.csr_array((sign * family.usage[used], (family.member[used], used)), shape))
            upper.append(sign * np.where(np.isfinite(family.capacity), family.capacity, 1e30))
        floors = sum(len(floor.capacity) for floor in problem.floors)
        above = sum(len(limits) for limits in upper) - floors
        lacks = sp.vstack([sp.csr_array((above, floors)), -sp.eye_array(floors)])
        scale = float(np.abs(problem.value).max(initial=0.0)) or 1.0
        cost = np.append(-problem.value / scale, np.full(floors, SHORTFALL))
        return cls(sp.csr_array(sp.hstack([sp.vstack(rows), lacks])), np.concatenate(upper), cost, scale)

    def bounds(self, pairs: int) -> np.ndarray:
        return np.append(np.ones(pairs), np.full(len(self.cost) - pairs, np.inf))


def linear_optimum(problem: Problem) -> LinearOptimum:
    """The linear program's optimum; minima are met as far as they can be."""
    program, pairs = _Program.of(problem), len(problem.value)
    upper = program.bounds(pairs)
    found = linprog(
        program.cost, A_ub=program.matrix, b_ub=program.upper, bounds=np.stack([np.zeros(len(upper)), upper], axis=1),
        method="highs",
    )  # fmt: skip
    prices = np.maximum(-found.ineqlin.marginals[problem.count_contacts :], 0.0) * program.scale
    ends = np.cumsum([len(each.capacity) for each in (*problem.families, *problem.floors)])
    split = np.split(prices, ends[:-1]) if len(ends) else []
    count = len(problem.families)
    by_floor = tuple(-price for price in split[count:])
    return LinearOptimum(found.x[:pairs], tuple(split[:count]), by_floor, float(problem.value @ found.x[:pairs]))


def rounded(problem: Problem, share: np.ndarray) -> np.ndarray:
    """What a linear program chooses whole, and for the few others the best that then fits.

    Returns:
        int64 [contacts], index of pairs; -1 for none.
    """
    choice = np.full(problem.count_contacts, -1, dtype=np.int64)
    whole = fit_within(problem.families, np.flatnonzero(share > 1 - 1e-6))
    choice[problem.contact[whole]] = whole
    is_split = np.zeros(problem.count_contacts, dtype=bool)
    is_split[problem.contact[(share > 1e-6) & (share <= 1 - 1e-6)]] = True
    among = np.flatnonzero((is_split & (choice < 0))[problem.contact])
    if not len(among):
        return choice
    floors = tuple(floor.after(whole) for floor in problem.floors)
    left = replace(problem, families=tuple(family.after(whole) for family in problem.families), floors=floors)
    some = left.of_pairs(among)
    contact, position = np.unique(some.contact, return_inverse=True)
    found = integer_optimum(replace(some, contact=position, count_contacts=len(contact)))
    if found is not None:
        choice[contact] = np.append(among, -1)[found]
    return choice


def integer_optimum(problem: Problem) -> np.ndarray | None:
    """The best choice that branch and bound finds. int64 [contacts], index of pairs; -1 for none.

    None where it found nothing in time or rounding breaks a limit.
    """
    program, pairs = _Program.of(problem), len(problem.value)
    found = milp(
        program.cost,
        constraints=LinearConstraint(program.matrix, ub=program.upper),
        integrality=np.append(np.ones(pairs), np.zeros(len(program.cost) - pairs)),
        bounds=Bounds(0, program.bounds(pairs)),
        options={"mip_rel_gap": 1e-7, "node_limit": NODES},
    )
    if found.x is None:
        return None
    taken = np.flatnonzero(found.x[:pairs] > 0.5)
    if len(fit_within(problem.families, taken)) < len(taken):
        return None
    choice = np.full(problem.count_contacts, -1, dtype=np.int64)
    choice[problem.contact[taken]] = taken
    return choice
