"""The tables of the ingestion itself: which files are known, which rows are in quarantine, which columns are new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from dagster_project.ingestion.catalogue import Catalogue, RawObject
from dagster_project.ingestion.discovery import ExportFile
from dagster_project.ingestion.staging import BATCH, StagedFile, table_columns

# Grain: one row per object and file content.
FILES = """
    file_hash varchar not null, source varchar not null, object varchar not null, file varchar not null,
    size_bytes bigint, modified_at timestamp, count_rows bigint, count_rejected bigint, is_within_limit boolean,
    loaded_at timestamp, first_seen_on date
"""
# Grain: one row per path. Spares hashing a file whose size and time are as they were.
FILE_PATHS = "file varchar not null, size_bytes bigint, modified_ns bigint, file_hash varchar not null"
# Grain: one row per bad row of a file as it is now.
REJECTED_ROWS = """
    source varchar not null, object varchar not null, file varchar not null, line bigint, column_name varchar,
    reason varchar not null, raw_text varchar, rejected_at timestamp
"""
# Grain: one row per object and column that the catalogue doesn't know.
NEW_COLUMNS = "source varchar not null, object varchar not null, column_name varchar not null, first_file varchar"
TABLES = {"files": FILES, "file_paths": FILE_PATHS, "rejected_rows": REJECTED_ROWS, "new_columns": NEW_COLUMNS}


@dataclass(frozen=True)
class KnownFile:
    """A file content that was loaded: rows read, rows rejected, and whether its object was within the limit then."""

    count_rows: int
    count_rejected: int
    is_within_limit: bool


@dataclass(frozen=True)
class KnownPath:
    """The content that a path had when its size and time were these."""

    size_bytes: int
    modified_ns: int
    file_hash: str


def prepare_tables(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> tuple[str, ...]:
    """Create what is missing. Returns the objects whose declared columns changed: they are emptied and read again."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema if not exists raw")
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists raw.{name} ({columns})")
    connection.execute("alter table raw.files add column if not exists first_seen_on date")
    present = _present_columns(connection)
    changed = []
    for each in catalogue.objects:
        wanted = table_columns(each)
        found = present.get(each.table_name)
        if found == {column: kind.removesuffix(" not null") for column, kind in wanted.items()}:
            continue
        connection.execute("begin")
        _forget(connection, each)
        listed = ", ".join(f'"{column}" {kind}' for column, kind in wanted.items())
        connection.execute(f"create or replace table {each.table} ({listed})")
        connection.execute("commit")
        if found is not None:
            changed.append(each.label)
    return tuple(changed)


def _present_columns(connection: duckdb.DuckDBPyConnection) -> Mapping[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from information_schema.columns"
        " where table_schema = 'raw' order by table_name, ordinal_position"
    ).fetchall():
        tables.setdefault(table, {})[column] = "timestamp" if kind.startswith("timestamp") else kind
    return tables


def _forget(connection: duckdb.DuckDBPyConnection, raw_object: RawObject) -> None:
    for table in ("files", "rejected_rows", "new_columns"):
        connection.execute(f"delete from raw.{table} where source = ? and object = ?", _identity(raw_object))


def _identity(raw_object: RawObject) -> list[str]:
    return [raw_object.source, raw_object.name]


def known_files(connection: duckdb.DuckDBPyConnection, raw_object: RawObject) -> dict[str, KnownFile]:
    """What was loaded of an object, by content hash."""
    rows = connection.execute(
        "select file_hash, count_rows, count_rejected, is_within_limit from raw.files where source = ? and object = ?",
        _identity(raw_object),
    ).fetchall()
    return {file_hash: KnownFile(*values) for file_hash, *values in rows}


def known_paths(connection: duckdb.DuckDBPyConnection) -> dict[str, KnownPath]:
    """What each path held, by path."""
    rows = connection.execute("select file, size_bytes, modified_ns, file_hash from raw.file_paths").fetchall()
    return {file: KnownPath(*values) for file, *values in rows}


def record_paths(connection: duckdb.DuckDBPyConnection, paths: Mapping[str, KnownPath]) -> None:
    """Remember what these paths hold."""
    if paths:
        connection.execute("delete from raw.file_paths where list_contains(?, file)", [list(paths)])
        connection.execute(
            "insert into raw.file_paths select unnest(?), unnest(?), unnest(?), unnest(?)",
            [
                list(paths),
                [known.size_bytes for known in paths.values()],
                [known.modified_ns for known in paths.values()],
                [known.file_hash for known in paths.values()],
            ],
        )


def record_files(
    connection: duckdb.DuckDBPyConnection,
    raw_object: RawObject,
    files: Mapping[str, ExportFile],
    loaded_at: datetime,
    seen_on: Mapping[str, date],
) -> KnownFile:
    """Remember the contents of the batch, by hash. Returns their rows and rejected rows in total, not yet judged."""
    counts = {
        file: (count_rows, count_rejected)
        for file, count_rows, count_rejected in connection.execute(
            f"select _file, count(*), count(_fault_reason) from {BATCH} group by _file"
        ).fetchall()
    }
    for file_hash, file in files.items():
        connection.execute(
            "insert into raw.files values (?, ?, ?, ?, ?, ?, ?, ?, false, ?, ?)",
            [
                file_hash, *_identity(raw_object), file.file, file.size_bytes, file.modified_at,
                *counts.get(file.file, (0, 0)), loaded_at, seen_on[file_hash],
            ],
        )  # fmt: skip
    return KnownFile(sum(rows for rows, _ in counts.values()), sum(bad for _, bad in counts.values()), False)


def record_new_columns(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, staged: Iterable[StagedFile]
) -> tuple[str, ...]:
    """Remember the columns that the catalogue doesn't know. Returns those never seen before, in order of appearance."""
    seen = {
        column
        for (column,) in connection.execute(
            "select column_name from raw.new_columns where source = ? and object = ?", _identity(raw_object)
        ).fetchall()
    }
    new: dict[str, str] = {}
    for each in staged:
        new.update({column: each.file.file for column in each.unknown_columns if column not in {*seen, *new}})
    for column, file in new.items():
        connection.execute("insert into raw.new_columns values (?, ?, ?, ?)", [*_identity(raw_object), column, file])
    return tuple(new)


def record_verdict(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, hashes: Iterable[str], is_within_limit: bool
) -> None:
    """Remember whether these contents were within the limit when they were judged."""
    connection.execute(
        "update raw.files set is_within_limit = $verdict"
        " where source = $source and object = $object and list_contains($hashes, file_hash)",
        {
            "verdict": is_within_limit,
            "source": raw_object.source,
            "object": raw_object.name,
            "hashes": sorted(hashes),
        },
    )
