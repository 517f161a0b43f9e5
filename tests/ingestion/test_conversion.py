# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.ingestion.conversion import conversion


@pytest.fixture(scope="module")
def utc() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def converted(connection: duckdb.DuckDBPyConnection, kind: str, text: str | None) -> object:
    return connection.execute(f"select {conversion(kind, 'text')} from (select ? as text)", [text]).fetchall()[0][0]


TEN = datetime(2026, 1, 31, 10)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T10:00:00.000+0000", TEN),
        ("2026-01-31T10:00:00Z", TEN),
        ("2026-01-31t10:00:00z", TEN),
        ("2026-01-31 10:00:00", TEN),
        ("2026-01-31 10:00", TEN),
        ("2026-01-31 10:00:00 UTC", TEN),
        ("2026-01-31 12:00:00+02:00", TEN),
        ("2026-01-31 12:00:00 +0200", TEN),
        ("2026-01-31T04:30:00-0530", TEN),
        ("2026-01-31 10:00:00+00", TEN),
        ("2026-01-31T10:00:00.5Z", TEN + timedelta(milliseconds=500)),
        ("2026-01-31T10:00:00.123456789Z", TEN + timedelta(microseconds=123456)),
        ("2026-01-31", datetime(2026, 1, 31)),
        ("1769853600", TEN),
        ("1769853600000", TEN),
        ("1769853600.25", TEN + timedelta(milliseconds=250)),
        ("1769853600000.0", TEN),
        ("2026-02-31", None),
        ("2026-02-31T10:00:00Z", None),
        ("2026-01-31T25:00:00Z", None),
        ("0019-01-01", None),
        ("1899-12-31T23:59:59Z", None),
        ("2201-01-01", None),
        ("9999-12-31", None),
        ("infinity", None),
        ("20260131", None),
        ("31/01/2026", None),
        ("soon", None),
        (None, None),
    ],
)
def test_timestamps_become_utc(utc: duckdb.DuckDBPyConnection, text: str | None, moment: datetime | None) -> None:
    assert converted(utc, "timestamp", text) == moment
    assert converted(utc, "date", text) == (moment.date() if moment else None)


@given(
    moment=st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
    separator=st.sampled_from(["T", " "]),
)
def test_every_iso_timestamp_keeps_its_moment(
    utc: duckdb.DuckDBPyConnection, moment: datetime, minutes: int, separator: str
) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert converted(utc, "timestamp", zoned.isoformat(separator)) == zoned.astimezone(UTC).replace(tzinfo=None)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_every_date_keeps_its_day(utc: duckdb.DuckDBPyConnection, day: date) -> None:
    assert converted(utc, "date", day.isoformat()) == day


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "12", 12),
        ("integer", "-3", -3),
        ("integer", "12.0", 12),
        ("integer", "12.5", None),
        ("integer", "1,000", None),
        ("integer", "1_000", None),
        ("integer", "1e3", None),
        ("integer", "9223372036854775808", None),
        ("number", "1.5", 1.5),
        ("number", ".5", 0.5),
        ("number", "-2e3", -2000.0),
        ("number", "1,000.5", None),
        ("number", "nan", None),
        ("number", "inf", None),
        ("number", "1e999", None),
        ("boolean", "TRUE", True),
        ("boolean", "Yes", True),
        ("boolean", "t", True),
        ("boolean", "1", True),
        ("boolean", "no", False),
        ("boolean", "f", False),
        ("boolean", "0", False),
        ("boolean", "maybe", None),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("json", "{'a': 1}", None),
        ("text", " as it is ", " as it is "),
    ],
)
def test_values_are_typed_or_refused(utc: duckdb.DuckDBPyConnection, kind: str, text: str, value: object) -> None:
    assert converted(utc, kind, text) == value


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_whole_number_is_kept(utc: duckdb.DuckDBPyConnection, number: int) -> None:
    assert converted(utc, "integer", str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_kept(utc: duckdb.DuckDBPyConnection, number: float) -> None:
    assert converted(utc, "number", repr(number)) == number
