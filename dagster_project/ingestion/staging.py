"""One file into the batch of its object: every row converted to the declared types, or with what is wrong with it."""

from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.conversion import SQL_TYPES
from dagster_project.ingestion.csv_files import read_csv
from dagster_project.ingestion.discovery import ExportFile
from dagster_project.ingestion.headers import HeaderError, HeaderMatch, match_headers, normalise_headers
from dagster_project.ingestion.jsonl import read_jsonl
from dagster_project.ingestion.judging import judged_rows
from dagster_project.ingestion.parquet import read_parquet
from dagster_project.ingestion.reading import (
    RELATION,
    FileRows,
    Reader,
    UnreadableFileError,
    cause_of,
    unreadable_instead,
)

BATCH = "ingestion_batch"
# The columns that every raw table has after the declared ones.
ROW_COLUMNS = {
    "_extra": "varchar",
    "_is_deleted": "boolean not null",
    "_modified_at": "timestamp",
    "_file": "varchar",
    "_file_modified_at": "timestamp",
    "_line": "bigint",
    "_loaded_at": "timestamp",
    "_loaded_on": "date",
    "_key": "varchar",
}
READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".parquet": read_parquet,
}


@dataclass(frozen=True)
class StagedFile:
    """What a file's header said: columns that the catalogue doesn't know, and declared ones that it lacks."""

    file: ExportFile
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]


def table_columns(raw_object: RawObject) -> dict[str, str]:
    """SQL type by column of the object's raw table."""
    return {**{column: SQL_TYPES[kind] for column, kind in raw_object.columns.items()}, **ROW_COLUMNS}


def create_batch(connection: duckdb.DuckDBPyConnection, raw_object: RawObject) -> None:
    """An empty batch: the columns of the raw table, and those of a fault."""
    columns = {
        **table_columns(raw_object),
        "_fault_column": "varchar",
        "_fault_reason": "varchar",
        "_raw_text": "varchar",
    }
    nullable = {column: kind.removesuffix(" not null") for column, kind in columns.items()}
    listed = ", ".join(f'"{column}" {kind}' for column, kind in nullable.items())
    connection.execute(f"create or replace temp table {BATCH} ({listed})")


def stage_file(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, file: ExportFile, seen_on: date
) -> StagedFile:
    """Append a file's rows to the batch; either all of them or, when it can't be read, none.

    `seen_on` is the night that found this content first.

    Raises:
        UnreadableFileError: the file can't be read, its header is unusable, or it lacks a required column.
    """
    try:
        return _stage(connection, raw_object, file, seen_on)
    finally:
        connection.unregister(RELATION)
        connection.execute(f"drop view if exists {RELATION}")


def _stage(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, file: ExportFile, seen_on: date) -> StagedFile:
    rows = READERS[file.format](connection, file.path)
    match = _match(raw_object, rows)
    try:
        connection.execute(
            f"insert into {BATCH} by name {judged_rows(raw_object, rows, match)}",
            {"file": file.file, "file_modified_at": file.modified_at, "seen_on": seen_on},
        )
    except duckdb.Error as error:
        raise cause_of(rows, error) from error
    with unreadable_instead():
        status = file.path.stat()
    if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
        raise UnreadableFileError("it changed while it was read; run again when it is complete")
    return StagedFile(file, tuple(match.unknown), match.missing)


def _match(raw_object: RawObject, rows: FileRows) -> HeaderMatch:
    try:
        names = normalise_headers(rows.headers)
    except HeaderError as error:
        raise UnreadableFileError(str(error)) from error
    match = match_headers(names, raw_object.columns, raw_object.aliases, raw_object.modified_at)
    lost = [column for column in raw_object.required if column in match.missing]
    if lost and not rows.may_lack_columns:
        raise UnreadableFileError(f"it lacks the required column{'s' if lost[1:] else ''} {', '.join(lost)}")
    return match
