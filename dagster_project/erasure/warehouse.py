"""The warehouse without a person: raw rows, quarantine, every table made of them; then the file is written anew, since
DuckDB leaves what was deleted in it.
"""

import os
import re
from pathlib import Path

import duckdb

from dagster_project.erasure.person import Person
from dagster_project.ingestion.catalogue import Catalogue
from dagster_project.ingestion.keeping_out import Erased, keep_out, names_forgotten

REMOVED = "[erased]"
# The team's own people; they aren't marketed to.
STAFF = "salesforce__user"
_TEXTS = """
    select columns.schema_name, columns.table_name, list(columns.column_name order by columns.column_index)
    from duckdb_columns() as columns
    inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
    where columns.data_type = 'VARCHAR' and columns.database_name = current_database() and not tables.temporary
    group by 1, 2
    order by 1, 2
"""


def erase_from_raw(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, erased: Erased, person: Person) -> int:
    """Remove the person's exported rows, what the quarantine says of them, and mentions of them in others' rows."""
    tables = {name for (name,) in connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()}  # fmt: skip
    rows = 0
    for each in catalogue.objects:
        if each.table_name in tables:
            rows += keep_out(connection, each, erased, each.table)
    if "rejected_rows" in tables:
        both = " or ".join(names_forgotten(text) for text in ("raw_text", "reason"))
        rows += connection.execute(
            f"delete from raw.rejected_rows where {both}", {"key": erased.key, "hashes": sorted(erased.hashes)}
        ).fetchall()[0][0]
    for schema, table, columns in connection.execute(_TEXTS).fetchall():
        if schema == "raw" and table != STAFF:
            rows += _blank(connection, table, columns, person)
    return rows


def _blank(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str], person: Person) -> int:
    """Overwrite the person's addresses and numbers within longer texts."""
    blanked = 0
    for column in columns:
        for text in sorted(person.texts):
            blanked += connection.execute(
                f"""update raw.{table} set "{column}" = regexp_replace("{column}", $pattern, '{REMOVED}', 'gi')
                    where contains(lower("{column}"), $text)""",
                {"pattern": re.escape(text), "text": text.lower()},
            ).fetchall()[0][0]
    return blanked


def erase_from_derived(connection: duckdb.DuckDBPyConnection, person: Person) -> int:
    """Remove rows that name the person from every other table, and have the next night build what grows night by night
    in full.
    """
    rows = 0
    for schema, table, columns in connection.execute(_TEXTS).fetchall():
        if schema != "raw":
            named = " or ".join(f'list_contains($values, "{column}")' for column in columns)
            said = " or ".join(
                f'contains(lower("{column}"), $text{number})'
                for column in columns
                for number in range(len(person.texts))
            )
            texts = {f"text{number}": text.lower() for number, text in enumerate(sorted(person.texts))}
            rows += connection.execute(
                f'delete from "{schema}"."{table}" where {" or ".join(filter(None, (named, said)))}',
                {"values": sorted(person.values), **texts},
            ).fetchall()[0][0]
    connection.execute("create table if not exists raw.built_tables (table_name varchar, version varchar)")
    connection.execute("delete from raw.built_tables")
    return rows


def rewrite_file(path: Path) -> None:
    """Copy what is left into a new file that takes the old one's place."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fresh.unlink(missing_ok=True)
    connection = duckdb.connect()
    try:
        old, new = (str(file).replace("'", "''") for file in (path, fresh))
        connection.execute(f"attach '{old}' as old (read_only)")
        connection.execute(f"attach '{new}' as new")
        connection.execute("copy from database old to new")
    finally:
        connection.close()
    fresh.replace(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
