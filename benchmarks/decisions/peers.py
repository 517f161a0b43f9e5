"""The same night for general solvers of linear programs."""

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.decisions.markets import Market, draw_batch, draw_limits


@dataclass(frozen=True)
class Program:
    """Maximise `value @ x` with `matrix @ x <= upper` and `0 <= x <= 1`."""

    value: np.ndarray
    matrix: sp.csc_array
    upper: np.ndarray


def as_program(market: Market) -> Program:
    """The pairs that are worth something; a row per contact and per limit."""
    limits, batch = draw_limits(market), draw_batch(market, 0, market.count_contacts)
    action, contact = np.nonzero(batch.value > 0)
    value = batch.value[action, contact].astype(np.float64)
    one = sp.csr_array((np.ones(len(value)), (contact, np.arange(len(value)))), (market.count_contacts, len(value)))
    matrix = sp.csc_array(sp.vstack([one, limits.use[batch.pattern[action, contact]].T]))
    return Program(value, matrix, np.concatenate([np.ones(market.count_contacts), limits.capacity]))


def solve(program: Program, solver: str) -> tuple[float, float, float]:
    """The optimum's value, and wall and CPU seconds of the solver alone, its model built before.

    Raises:
        ImportError: the solver isn't installed.
    """
    return _highs(program, solver.removeprefix("highs_")) if solver.startswith("highs") else _or_tools(program, solver)


def _highs(program: Program, method: str) -> tuple[float, float, float]:
    import highspy  # noqa: PLC0415 - it can't be loaded beside OR-Tools

    model, columns = highspy.HighsLp(), len(program.value)
    model.num_col_, model.num_row_ = columns, len(program.upper)
    model.col_cost_, model.col_lower_, model.col_upper_ = -program.value, np.zeros(columns), np.ones(columns)
    model.row_lower_, model.row_upper_ = np.full(len(program.upper), -highspy.kHighsInf), program.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = program.matrix.indptr, program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solver", method)
    highs.passModel(model)
    wall, cpu = time.perf_counter(), time.process_time()
    highs.run()
    return -highs.getInfo().objective_function_value, time.perf_counter() - wall, time.process_time() - cpu


def _or_tools(program: Program, solver: str) -> tuple[float, float, float]:
    from ortools.linear_solver.python import model_builder_helper  # noqa: PLC0415 - not everybody has it

    model, columns = model_builder_helper.ModelBuilderHelper(), len(program.value)
    lower = np.full(len(program.upper), -np.inf)
    rows = program.matrix.tocsr()
    model.fill_model_from_sparse_data(np.zeros(columns), np.ones(columns), program.value, lower, program.upper, rows)
    model.set_maximize(True)
    found = model_builder_helper.ModelSolverHelper(solver)
    wall, cpu = time.perf_counter(), time.process_time()
    found.solve(model)
    return found.objective_value(), time.perf_counter() - wall, time.process_time() - cpu
