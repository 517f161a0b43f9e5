"""A staged batch into the raw table of its object. The caller holds the transaction."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.staging import BATCH, table_columns

WINNERS = "ingestion_winners"
# What a row has from the file that brought it last.
VERSION = ("_modified_at", "_file", "_file_modified_at", "_line")


@dataclass(frozen=True)
class Merged:
    """Keys that are new, and keys whose content became another."""

    rows_added: int
    rows_changed: int


def merge_batch(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, loaded_at: datetime) -> Merged:
    """Bring the good rows of the batch into the raw table: per key the latest version stays, whichever came first.

    A version with the content that the table has is no change: the row keeps the time and the night of its loading, so
    that what builds on new rows isn't built again for a full dump. An empty table is filled without a comparison.
    """
    is_empty = not connection.execute(f"select 1 from {raw_object.table} limit 1").fetchall()
    columns = ", ".join(f'"{column}"' for column in table_columns(raw_object) if column != "_loaded_at")
    latest = _latest_versions(connection, raw_object, columns)
    if is_empty:
        _insert(connection, raw_object, columns, latest, loaded_at)
        return Merged(connection.execute(f"select count(*) from {raw_object.table}").fetchall()[0][0], 0)
    connection.execute(f"""
        create or replace temp table {WINNERS} as
        select
            new.*,
            old._key is null as _is_new,
            {_content("new", raw_object)} is distinct from {_content("old", raw_object)} as _is_changed
        from ({latest}) as new
        left join {raw_object.table} as old on old._key = new._key
        where old._key is null or {_version("new")} >= {_version("old")}
    """)
    replaced = f"select _key from {WINNERS} where _is_changed and not _is_new"
    connection.execute(f"delete from {raw_object.table} where _key in ({replaced})")
    renewed = ", ".join(f"{column} = new.{column}" for column in VERSION)
    connection.execute(
        f"update {raw_object.table} as old set {renewed} from {WINNERS} as new"
        " where old._key = new._key and not new._is_new and not new._is_changed"
    )
    written = f"select {columns} from {WINNERS} where _is_new or _is_changed"
    _insert(connection, raw_object, columns, written, loaded_at)
    added, changed = connection.execute(
        f"select count(*) filter (_is_new), count(*) filter (_is_changed and not _is_new) from {WINNERS}"
    ).fetchall()[0]
    connection.execute(f"drop table {WINNERS}")
    return Merged(added, changed)


def _insert(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, columns: str, rows: str, loaded_at: datetime
) -> None:
    connection.execute(
        f"insert into {raw_object.table} by name select {columns}, cast($loaded_at as timestamp) as _loaded_at"
        f" from ({rows})",
        {"loaded_at": loaded_at},
    )


def _latest_versions(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, columns: str) -> str:
    """A query for the good rows of the batch, one per key. Only keys that come twice are sorted.

    Of versions with the same content the first counts for the night: files that are read together tell the same as one
    after the other.
    """
    good = f"select {columns} from {BATCH} where _fault_reason is null"
    twice = f"select _key from {BATCH} where _fault_reason is null group by _key having count(*) > 1"
    if not connection.execute(f"select 1 from ({twice}) limit 1").fetchall():
        return good
    return f"""
        {good} and _key not in ({twice})
        union all
        select {columns} from (
            select
                * replace (min(_loaded_on) over (partition by _key, {_content(BATCH, raw_object)}) as _loaded_on),
                row_number() over (partition by _key order by {_version(BATCH)} desc) as _rank
            from {BATCH} where _fault_reason is null and _key in ({twice})
        ) where _rank = 1
    """


def _content(relation: str, raw_object: RawObject) -> str:
    """What a row says, without when and where it said so."""
    names = (*raw_object.columns, "_extra", "_is_deleted")
    listed = ", ".join(f'{relation}."{name}"' for name in names)
    return f"row({listed})"


def _version(relation: str) -> str:
    """What orders the versions of a row: its own time or else the file's, then the file's time, its path, the line."""
    names = ("_file_modified_at", "_file", "_line")
    own = f"coalesce({relation}._modified_at, {relation}._file_modified_at)"
    return f"row({', '.join([own, *(f'{relation}.{name}' for name in names)])})"
