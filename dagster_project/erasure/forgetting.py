"""To forget a person, in an order that a crash at any point leaves safe: run again, it goes on where it stopped."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dagster_project.erasure.identifiers import KIND, Identifier, record_erasure
from dagster_project.erasure.person import Person, find_person
from dagster_project.erasure.published import erase_from_published, erase_from_texts
from dagster_project.erasure.warehouse import REMOVED, erase_from_derived, erase_from_raw, rewrite_file
from dagster_project.ingestion.catalogue import load_catalogue
from dagster_project.resources.ledger import KINDS, Ledger
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse


@dataclass(frozen=True)
class Forgotten:
    """What was done. `models` are the versions that may not speak any more."""

    is_known: bool
    count_identifiers: int
    raw_rows: int
    derived_rows: int
    ledger_rows: int
    published_rows: int
    texts: int
    models: tuple[str, ...]


def forget_person(home: Path, email: str) -> Forgotten:
    """Erase a person from a home; the home must be locked.

    First the keyed hashes are in the ledger, so that whatever happens later no export brings the person back. The
    ledger's rows go before the warehouse's, as these tell who the person is.
    """
    ledger, warehouse, address = Ledger(home=str(home)), Warehouse(home=str(home)), Identifier("email", email)
    decisions = ledger.read("decisions")
    if warehouse.path.exists():
        with warehouse.connect() as connection:
            person = find_person(connection, address, decisions)
    else:
        person = Person((address,))
    erased = record_erasure(ledger, person.identifiers)
    retired = _retire_models(home, person)
    published = erase_from_published(home, person, address.hashed(erased.key), _today())
    texts = erase_from_texts(home, person, REMOVED) + _erase_from_run_logs(home, person)
    of_ledger = sum(ledger.rewrite(kind, lambda rows: _without(rows, person)) for kind in KINDS if kind != KIND)
    of_raw, of_derived = 0, 0
    if warehouse.path.exists():
        with warehouse.connect() as connection:
            of_raw = erase_from_raw(connection, load_catalogue(), erased, person)
            of_derived = erase_from_derived(connection, person)
        rewrite_file(warehouse.path)
    return Forgotten(
        is_known=bool(person.contact_ids),
        count_identifiers=len(person.identifiers),
        raw_rows=of_raw,
        derived_rows=of_derived,
        ledger_rows=of_ledger,
        published_rows=published,
        texts=texts,
        models=tuple(retired),
    )


def _without(rows: pl.DataFrame, person: Person) -> pl.DataFrame:
    return rows.filter(~person.is_named_in(rows))


def _retire_models(home: Path, person: Person) -> list[str]:
    """Which rows a version learnt from isn't kept, only their hash: whoever was known may have been among them."""
    if not person.contact_ids:
        return []
    return Registry(home=str(home)).retire_all(f"may have learnt from a person who was forgotten on {_today()}")


def _erase_from_run_logs(home: Path, person: Person) -> int:
    """Overwrite addresses and numbers in Dagster's own logs; returns how many databases were changed."""
    changed = 0
    for path in sorted((home / "dagster").rglob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            before = connection.total_changes
            for table, column in _text_columns(connection):
                for text in sorted(person.texts):
                    connection.execute(
                        f'update "{table}" set "{column}" = replace("{column}", ?, ?) where instr("{column}", ?)',
                        (text, REMOVED, text),
                    )
            connection.commit()
            if connection.total_changes > before:
                connection.execute("vacuum")
                changed += 1
    return changed


def _text_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    return [
        (table, column)
        for table in tables
        for _, column, kind, *_ in connection.execute(f'pragma table_info("{table}")').fetchall()
        if kind.upper() in ("TEXT", "VARCHAR") or kind.upper().startswith("VARCHAR")
    ]


def _today() -> date:
    return datetime.now(UTC).date()
