"""Rows of people who were forgotten stay out, by a keyed hash of what names them."""

from dataclasses import dataclass

import duckdb

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.staging import BATCH

# How an identifier is written before it is hashed, by its kind; `identifiers.py` does the same in Python.
PLAIN = {
    "email": "lower(regexp_replace({0}, '\\s', '', 'g'))",
    "phone": "right(regexp_replace({0}, '[^0-9]', '', 'g'), 9)",
}
ADDRESS = "[^\\s@<>,;()\"'':=|]+@[^\\s@<>,;()\"''|]+"
FORGOTTEN = "the row is of somebody who was forgotten"


@dataclass(frozen=True)
class Erased:
    """Hashes of what the forgotten were known by, and the key that they were made with."""

    key: str
    hashes: frozenset[str]


def hash_sql(kind: str, expression: str) -> str:
    """SQL for the hash of an identifier, or null; its parameter is `key`."""
    plain = PLAIN.get(kind, "trim({0})").format(expression)
    return f"sha256($key || sha256($key || '{kind}|' || nullif({plain}, '')))"


def keep_out(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, erased: Erased, table: str) -> int:
    """Remove the rows of the forgotten from a table with the object's columns, or empty what names them in rows that
    outlive them. Returns how many rows were touched.
    """
    touched = 0
    for column, kind in raw_object.person.items():
        name = f'"{column}"'
        what = f"update {table} set {name} = null" if raw_object.outlives_person else f"delete from {table}"
        where = f"{name} is not null and list_contains($hashes, {hash_sql(kind, name)})"
        parameters = {"key": erased.key, "hashes": sorted(erased.hashes)}
        touched += connection.execute(f"{what} where {where}", parameters).fetchall()[0][0]
    return touched


def empty_quarantine(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, erased: Erased) -> None:
    """What a bad row of the batch says, where it names the address of somebody who was forgotten."""
    connection.execute(
        f"update {BATCH} set _raw_text = null, _fault_column = null, _fault_reason = '{FORGOTTEN}'"
        f" where _fault_reason is not null and {names_forgotten('_raw_text')}",
        {"key": erased.key, "hashes": sorted(erased.hashes)},
    )


def names_forgotten(text: str) -> str:
    """SQL: whether a text has the address of somebody who was forgotten; parameters `key` and `hashes`."""
    found = f"regexp_extract_all(coalesce({text}, ''), '{ADDRESS}')"
    return f"list_has_any($hashes, list_transform({found}, lambda word: {hash_sql('email', 'word')}))"
