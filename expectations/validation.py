"""Runs a Great Expectations suite on a frame. Each expectation answers for one named statement about the data."""

from collections.abc import Iterable
from dataclasses import dataclass

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuite, ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

EXAMPLES = 5


@dataclass(frozen=True)
class Outcome:
    """Whether a statement holds. `count_unexpected` counts rows; `examples` are the keys or values of up to five."""

    statement: str
    is_true: bool
    count_unexpected: int
    examples: tuple[str, ...]
    error: str | None = None


def state(name: str, expectation: Expectation) -> Expectation:
    """The expectation under the statement's name, such as `no_suppressed_contact_is_sent`."""
    return expectation.copy(update={"meta": {"statement": name}})


def statement_of(expectation: Expectation | ExpectationConfiguration | None) -> str:
    """The statement that an expectation answers for.

    Raises:
        ValueError: it wasn't made with `state`.
    """
    meta = expectation.meta if expectation else None
    if not meta or "statement" not in meta:
        raise ValueError("an expectation without a statement; make it with state(name, expectation)")
    return meta["statement"]


def suite_of(name: str, expectations: Iterable[Expectation]) -> ExpectationSuite:
    """The expectations as one suite, in the given order."""
    return ExpectationSuite(name=name, expectations=list(expectations))


def validate(frame: pd.DataFrame, suite: ExpectationSuite, key: str | None = None) -> list[Outcome]:
    """One outcome per expectation, in the suite's order. One that can't be evaluated is untrue, with its error.

    An empty frame meets every row-wise expectation, so whoever may not be empty says so with a row count.

    Args:
        frame: the rows.
        suite: expectations made with `state`.
        key: the column whose values name an unexpected row in the examples; None gives the unexpected values instead.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("frames")
        .add_dataframe_asset(suite.name)
        .add_batch_definition_whole_dataframe("all_rows")
        .get_batch({"dataframe": frame})
    )
    results = batch.validate(
        suite,
        result_format={
            "result_format": "SUMMARY",
            "partial_unexpected_count": EXAMPLES,
            "unexpected_index_column_names": [key] if key else [],
        },
    )
    by_statement = {statement_of(result.expectation_config): result for result in results.results}
    return [_outcome(name, by_statement[name], key) for name in map(statement_of, suite.expectation_configurations)]


def _outcome(statement: str, result: ExpectationValidationResult, key: str | None) -> Outcome:
    found = result.result or {}
    raised = [info["exception_message"] for info in _exceptions(result.exception_info) if info.get("raised_exception")]
    rows = found.get("partial_unexpected_index_list") or []
    values = [row[key] for row in rows if isinstance(row, dict)] if key else []
    return Outcome(
        statement=statement,
        is_true=bool(result.success),
        count_unexpected=int(found.get("unexpected_count") or 0),
        examples=tuple(str(value) for value in values or found.get("partial_unexpected_list") or ()),
        error="; ".join(raised) or None,
    )


def _exceptions(info: dict | None) -> list[dict]:
    """Great Expectations gives one exception, or a dictionary of them by metric."""
    if not info:
        return []
    return [info] if "raised_exception" in info else [value for value in info.values() if isinstance(value, dict)]
