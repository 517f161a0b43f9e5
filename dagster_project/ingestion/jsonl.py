"""Reads JSON lines: one object per line. A line that isn't one becomes a fault; blank lines are passed over."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.ingestion.reading import (
    RELATION,
    FileRows,
    cause_of,
    register_stream,
    unreadable_instead,
)
from dagster_project.ingestion.text_lines import bad_bytes, physical_lines, printable

BATCH_ROWS = 50_000
LINES_TABLE = "exported_lines"
SCHEMA = pa.schema([("text", pa.string()), ("bad_text", pa.string()), ("bad_byte", pa.string()), ("line", pa.int64())])


def read_jsonl(connection: duckdb.DuckDBPyConnection, path: Path) -> FileRows:
    """Open a file of JSON lines. Its lines are loaded first, since only then its columns are known.

    Raises:
        UnreadableFileError: the file can't be read.
    """
    _load_lines(connection, path)
    keys = [
        key
        for (key,) in connection.execute(
            "select distinct unnest(json_keys(case when is_object then text end)) as name"
            f" from {LINES_TABLE} order by name"
        ).fetchall()
    ]
    paths = ", ".join(_quoted(f"/{key.replace('~', '~0').replace('/', '~1')}") for key in keys)
    values = f"json_extract_string(text, [{paths}])" if keys else "[]"
    connection.execute(f"""
        create or replace temp view {RELATION} as
        select
            case when is_object then {values} end as fields,
            line as _line,
            cast(null as varchar) as _fault_column,
            case when bad_byte is not null then 'isn''t UTF-8 (byte ' || bad_byte || ')'
                when not is_valid then 'isn''t valid JSON'
                when not is_object then 'isn''t a JSON object' end as _fault_reason,
            coalesce(bad_text, text) as _raw_text
        from {LINES_TABLE}
    """)
    texts = tuple(f"nullif(fields[{position}], '')" for position in range(1, len(keys) + 1))
    return FileRows(tuple(keys), texts, has_faults=True, may_lack_columns=not keys)


def _load_lines(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = FileRows((), ())
    connection.execute(f"drop view if exists {RELATION}")
    with unreadable_instead():
        register_stream(connection, rows, SCHEMA, _batches(path))
        try:
            connection.execute(f"""
                create or replace temp table {LINES_TABLE} as
                select *, coalesce(json_type(case when is_valid then text end) = 'OBJECT', false) as is_object
                from (select *, coalesce(json_valid(text), false) as is_valid from {RELATION})
            """)
        except duckdb.Error as error:
            raise cause_of(rows, error) from error
        finally:
            connection.unregister(RELATION)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    numbered = ((number, line) for number, line in enumerate(physical_lines(path), start=1) if not line.isspace())
    while batch := list(islice(numbered, BATCH_ROWS)):
        numbers, lines = zip(*batch, strict=True)
        bad = [bad_bytes(line) for line in lines]
        yield pa.record_batch(
            [
                pa.array(
                    [None if byte else line.rstrip("\r\n") for line, byte in zip(lines, bad, strict=True)], pa.string()
                ),
                pa.array(
                    [printable(line) if byte else None for line, byte in zip(lines, bad, strict=True)], pa.string()
                ),
                pa.array(bad, pa.string()),
                pa.array(numbers, pa.int64()),
            ],
            schema=SCHEMA,
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
