"""The ledger and the last published set, where SQL can read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

PUBLISHED_ROWS = {"table_name": "varchar", "row_key": "varchar", "row_fingerprint": "varchar"}


def show_ledger(
    connection: duckdb.DuckDBPyConnection, kind: str, columns: Mapping[str, str], files: Sequence[Path]
) -> None:
    """Make `raw.ledger_<kind>`: a view over the files, or an empty table while there are none.

    Columns that a file has beyond the known ones stay; known ones that files of earlier versions lack are null.
    """
    name = f"ledger_{kind}"
    connection.execute("begin")
    drop_relation(connection, name)
    if files:
        listed = ", ".join(_quoted(path) for path in files)
        typed = ", ".join(f'cast("{column}" as {sql_type}) as "{column}"' for column, sql_type in columns.items())
        known = ", ".join(f'cast(null as {sql_type}) as "{column}"' for column, sql_type in columns.items())
        connection.execute(
            f"create view raw.{name} as select * replace ({typed}) from ("
            f"select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            f" union all by name select {known} where false)"
        )
    else:
        _create_empty(connection, name, columns)
    connection.execute("commit")


def copy_published_rows(connection: duckdb.DuckDBPyConnection, fingerprints: Path) -> int:
    """Make `raw.published_rows` from the last published set; empty without one. Returns how many rows it has."""
    connection.execute("begin")
    drop_relation(connection, "published_rows")
    _create_empty(connection, "published_rows", PUBLISHED_ROWS)
    if fingerprints.exists():
        connection.execute(
            f"insert into raw.published_rows select {', '.join(PUBLISHED_ROWS)}"
            f" from read_parquet({_quoted(fingerprints)}, hive_partitioning = false)"
        )
    connection.execute("commit")
    return connection.execute("select count(*) from raw.published_rows").fetchall()[0][0]


def drop_relation(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove `raw.<name>`, be it a table or a view: `create or replace` can't turn one into the other."""
    for kind in ("table", "view"):
        found = connection.execute(
            f"select 1 from duckdb_{kind}s() where database_name = current_database() and schema_name = 'raw'"
            f" and {kind}_name = ?",
            [name],
        ).fetchall()
        if found:
            connection.execute(f"drop {kind} raw.{name}")


def _create_empty(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str]) -> None:
    listed = ", ".join(f'"{column}" {sql_type}' for column, sql_type in columns.items())
    connection.execute(f"create table raw.{name} ({listed})")


def _quoted(path: Path) -> str:
    return "'" + str(path.resolve()).replace("'", "''") + "'"
