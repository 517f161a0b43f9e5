"""A staged batch into the raw table of its object. The caller holds the transaction."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.staging import BATCH, table_columns

WINNERS = "ingestion_winners"


@dataclass(frozen=True)
class Merged:
    """Keys that are new, and keys whose content became another."""

    rows_added: int
    rows_changed: int


def merge_batch(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, loaded_at: datetime) -> Merged:
    """Bring the good rows of the batch into the raw table: per key the latest version stays, whichever came first.

    An empty raw table is filled without a comparison.
    """
    is_empty = not connection.execute(f"select 1 from {raw_object.table} limit 1").fetchall()
    columns = ", ".join(f'"{column}"' for column in table_columns(raw_object) if column != "_loaded_at")
    latest = _latest_versions(connection, columns)
    parameters = {"loaded_at": loaded_at}
    if is_empty:
        connection.execute(
            f"insert into {raw_object.table} by name select {columns}, cast($loaded_at as timestamp) as _loaded_at"
            f" from ({latest})",
            parameters,
        )
        return Merged(connection.execute(f"select count(*) from {raw_object.table}").fetchall()[0][0], 0)
    content = ", ".join(f'{{0}}."{column}"' for column in (*raw_object.columns, "_extra", "_is_deleted"))
    connection.execute(f"""
        create or replace temp table {WINNERS} as
        select
            new.*,
            old._key is null as _is_new,
            row({content.format("new")}) is distinct from row({content.format("old")}) as _is_changed
        from ({latest}) as new
        left join {raw_object.table} as old on old._key = new._key
        where old._key is null or {_version("new")} >= {_version("old")}
    """)
    connection.execute(f"delete from {raw_object.table} where _key in (select _key from {WINNERS} where not _is_new)")
    connection.execute(
        f"insert into {raw_object.table} by name select {columns}, cast($loaded_at as timestamp) as _loaded_at"
        f" from {WINNERS}",
        parameters,
    )
    added, changed = connection.execute(
        f"select count(*) filter (_is_new), count(*) filter (_is_changed and not _is_new) from {WINNERS}"
    ).fetchall()[0]
    connection.execute(f"drop table {WINNERS}")
    return Merged(added, changed)


def _latest_versions(connection: duckdb.DuckDBPyConnection, columns: str) -> str:
    """A query for the good rows of the batch, one per key. Only keys that come twice are sorted."""
    good = f"select {columns} from {BATCH} where _fault_reason is null"
    twice = f"select _key from {BATCH} where _fault_reason is null group by _key having count(*) > 1"
    if not connection.execute(f"select 1 from ({twice}) limit 1").fetchall():
        return good
    return f"""
        {good} and _key not in ({twice})
        union all
        select {columns} from (
            select *, row_number() over (partition by _key order by {_version(BATCH)} desc) as _rank
            from {BATCH} where _fault_reason is null and _key in ({twice})
        ) where _rank = 1
    """


def _version(relation: str) -> str:
    """What orders the versions of a row: its own time or else the file's, then the file's time, its path, the line."""
    names = ("_file_modified_at", "_file", "_line")
    own = f"coalesce({relation}._modified_at, {relation}._file_modified_at)"
    return f"row({', '.join([own, *(f'{relation}.{name}' for name in names)])})"
