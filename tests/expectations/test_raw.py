# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
from datetime import date, datetime

import pandas as pd
import pytest

from expectations.raw import BLOCKING, STATEMENTS, TOLD, raw_suite
from expectations.validation import validate

NIGHT = date(2026, 11, 1)
GOOD = {
    "count_rows": 10,
    "count_null_keys": 0,
    "count_repeated_keys": 0,
    "newest_at": datetime(2026, 10, 31, 23),
    "rejected_share": 0.01,
}


def broken(has_files: bool = True, **found: object) -> set[str]:
    """The statements that don't hold for a profile."""
    frame = pd.DataFrame({column: [value] for column, value in {**GOOD, **found}.items()})
    frame["newest_at"] = pd.to_datetime(frame["newest_at"])
    outcomes = validate(frame, raw_suite("pages", NIGHT, 0.05, has_files))
    assert [outcome.statement for outcome in outcomes] == list(STATEMENTS)
    assert not [outcome.error for outcome in outcomes if outcome.error]
    return {outcome.statement for outcome in outcomes if not outcome.is_true}


def test_good_rows_meet_every_statement() -> None:
    assert broken() == set()


@pytest.mark.parametrize(
    ("found", "statement"),
    [
        ({"count_null_keys": 1}, "keys_are_not_null"),
        ({"count_repeated_keys": 1}, "keys_are_unique"),
        ({"count_rows": 0}, "rows_were_read"),
        ({"newest_at": datetime(2026, 11, 2, 0, 0, 1)}, "no_row_is_from_the_future"),
        ({"rejected_share": 0.051}, "rejected_share_is_within_limit"),
    ],
)
def test_each_fault_breaks_its_statement_only(found: dict[str, object], statement: str) -> None:
    assert broken(**found) == {statement}


def test_the_bounds_themselves_are_allowed() -> None:
    assert broken(newest_at=datetime(2026, 11, 2), rejected_share=0.05) == set()


def test_an_object_that_nobody_exports_is_fine() -> None:
    assert broken(has_files=False, count_rows=0, newest_at=None, rejected_share=0.0) == set()


def test_a_statement_blocks_or_is_told() -> None:
    assert set(BLOCKING) | set(TOLD) == set(STATEMENTS)
    assert not set(BLOCKING) & set(TOLD)
