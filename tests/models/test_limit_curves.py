"""What a limit would bring is what solving the night with it brings."""

from dataclasses import replace

import numpy as np
import pytest

from models.allocation import allocate
from models.grids import can_be_chosen
from models.limit_curves import limit_curves
from models.linear import linear_optimum
from tests.models.test_allocation import random_problem


@pytest.mark.parametrize("contacts", [60, 700])
def test_a_curve_is_the_optimum_with_that_much_of_the_limit(contacts):
    problem = random_problem(11, contacts, 4, tightness=0.2)
    problem = problem.of_pairs(np.flatnonzero(can_be_chosen(problem)))
    allocation = allocate(problem)
    curves = limit_curves(problem, allocation, problem.families)
    assert len(curves)
    numbers = {family.name: number for number, family in enumerate(problem.families)}
    base = linear_optimum(problem).value
    for name, share, _, value in curves.rows():
        scaled = list(problem.families)
        family = scaled[numbers[name]]
        scaled[numbers[name]] = replace(family, capacity=family.capacity * share)
        truth = linear_optimum(replace(problem, families=tuple(scaled))).value - base
        assert value - allocation.value == pytest.approx(truth, abs=2e-3 * base)
    steps = curves.sort("limit_id", "capacity_share").group_by("limit_id", maintain_order=True).agg("value_cents")
    assert all((np.diff(values) >= -2e-3 * base).all() for values in steps["value_cents"])
    assert (curves.filter(capacity_share=1.0)["value_cents"] == allocation.value).all()
