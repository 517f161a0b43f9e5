"""Text to the declared types, as DuckDB SQL: an expression over a text gives the value, or null when it isn't one.

The text has no spaces around it, and is null where the export has nothing. The session's time zone must be UTC.
"""

from collections.abc import Callable

from dagster_project.ingestion.catalogue import ColumnType

FIRST_YEAR, LAST_YEAR = 1900, 2200
SQL_TYPES: dict[ColumnType, str] = {
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "json": "varchar",
}
FAULTS: dict[ColumnType, str] = {
    "text": "is not text",
    "timestamp": "is not a timestamp",
    "date": "is not a date",
    "integer": "is not an integer",
    "number": "is not a number",
    "boolean": "is not a boolean",
    "json": "is not valid JSON",
}
TRUE, FALSE = ("true", "1", "yes", "t", "1.0"), ("false", "0", "no", "f", "0.0")


def conversion(kind: ColumnType, text: str) -> str:
    """The SQL expression of a typed value; `text` is the SQL expression of the text."""
    return CONVERSIONS[kind](text)


def _timestamp(text: str) -> str:
    """ISO with any offset, a date, or seconds or milliseconds since 1970; to UTC, within the possible years.

    DuckDB's cast to `timestamp` ignores offsets; the cast to `timestamptz` heeds them. The rarer spellings come last,
    since `coalesce` evaluates them only for the rows that need them.
    """
    usual = f"try_cast({text} as timestamptz)"
    number = f"try_cast({text} as double)"
    seconds = f"case when {number} < 1e11 then {number} else {number} / 1000 end"
    is_epoch = f"regexp_full_match({text}, '(\\d{{9,10}}|\\d{{12,13}})(\\.\\d+)?')"
    spaced_offset = f"regexp_replace(upper({text}), '\\s+([+-]\\d\\d:?\\d\\d|Z)$', '\\1')"
    rare = f"case when {is_epoch} then to_timestamp({seconds}) else try_cast({spaced_offset} as timestamptz) end"
    return f"coalesce({_possible(usual)}, {_possible(rare)})"


def _possible(moment: str) -> str:
    bounds = f"'{FIRST_YEAR}-01-01' and '{LAST_YEAR}-12-31 23:59:59.999999'"
    return f"case when {moment} between {bounds} then make_timestamp(epoch_us({moment})) end"


def _number(text: str) -> str:
    pattern = "[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?"
    value = f"try_cast({text} as double)"
    return f"case when regexp_full_match({text}, '{pattern}') and isfinite({value}) then {value} end"


def _is_in(text: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"lower({text}) in ({listed})"


def _date(text: str) -> str:
    return f"cast({_timestamp(text)} as date)"


def _integer(text: str) -> str:
    return f"case when regexp_full_match({text}, '[+-]?\\d+(\\.0*)?') then try_cast({text} as bigint) end"


def _boolean(text: str) -> str:
    return f"case when {_is_in(text, TRUE)} then true when {_is_in(text, FALSE)} then false end"


CONVERSIONS: dict[ColumnType, Callable[[str], str]] = {
    "text": str,
    "timestamp": _timestamp,
    "date": _date,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "json": lambda text: f"case when json_valid({text}) then {text} end",
}
