"""Everything by which a home knows a person, found by one address."""

from dataclasses import dataclass

import duckdb
import polars as pl

from dagster_project.erasure.identifiers import Identifier

# A device or number that others use too names nobody.
_OWN = """
    select kind, identifier from core.int_identifiers
    group by kind, identifier
    having count(distinct contact_id) = count(distinct contact_id) filter (list_contains($contacts, contact_id))
        and count(*) filter (list_contains($contacts, contact_id)) > 0
    order by all
"""
_OWN_PHONES = """
    select address from core.int_contact_addresses
    where address_type = 'phone'
    group by address having bool_and(list_contains($contacts, contact_id))
    order by all
"""


@dataclass(frozen=True)
class Person:
    """What names a person. Empty but for the address where no night ever saw it.

    Attributes:
        contact_ids: today's and those that were merged into it.
        record_keys: source records, `<source>|<object>|<id>`.
    """

    identifiers: tuple[Identifier, ...]
    contact_ids: tuple[str, ...] = ()
    decision_ids: tuple[str, ...] = ()
    record_keys: tuple[str, ...] = ()

    @property
    def texts(self) -> frozenset[str]:
        """Addresses and numbers, as they stand in texts."""
        return frozenset(each.value for each in self.identifiers if each.kind in ("email", "phone"))

    @property
    def values(self) -> frozenset[str]:
        """Values that name nobody else in whatever column they stand: HubSpot's short numbers aren't among them."""
        own = {each.value for each in self.identifiers if each.kind != "hubspot"}
        return frozenset({*own, *self.contact_ids, *self.decision_ids, *self.record_keys})

    @property
    def records(self) -> frozenset[tuple[str, ...]]:
        """Source, object and id of the records."""
        return frozenset(tuple(key.split("|", 2)) for key in self.record_keys)

    def is_named_in(self, frame: pl.DataFrame) -> pl.Series:
        """Whether a row names the person, bool [row]."""
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        hits = [pl.col(name).is_in(list(self.values)) for name in texts]
        hits += [
            pl.col(name).str.to_lowercase().str.contains(text, literal=True) for name in texts for text in self.texts
        ]
        if {"source", "object", "source_id"} <= set(texts):
            key = pl.concat_str("source", "object", "source_id", separator="|")
            hits.append(key.is_in(list(self.record_keys)))
        named = frame.select(pl.any_horizontal(*hits).fill_null(False).alias("named")) if hits else None
        return named["named"] if named is not None else pl.Series("named", [False] * frame.height, dtype=pl.Boolean)


def find_person(connection: duckdb.DuckDBPyConnection, email: Identifier, ledger: pl.DataFrame | None) -> Person:
    """Who has the address. `ledger` is the decisions of all nights."""
    if not _has(connection, "core.int_identifiers"):
        return Person((email,))
    owner = "select distinct contact_id from core.int_identifiers where kind = 'email' and identifier = $email"
    contacts = _column(connection, owner, email=email.plain)
    if not contacts:
        return Person((email,))
    former = "select old_contact_id from identity.contact_merges where list_contains($contacts, contact_id)"
    contacts = sorted({*contacts, *_column(connection, former, contacts=contacts)})
    rows = connection.execute(_OWN, {"contacts": contacts}).fetchall()
    phones = _column(connection, _OWN_PHONES, contacts=contacts)
    found = {email, *(Identifier(kind, value) for kind, value in rows), *(Identifier("phone", each) for each in phones)}
    records = _column(
        connection,
        "select record_key from identity.int_contact_records where list_contains($contacts, contact_id) order by all",
        contacts=contacts,
    )
    decisions = [] if ledger is None else ledger.filter(pl.col("contact_id").is_in(contacts))["decision_id"].to_list()
    return Person(tuple(sorted(found)), tuple(contacts), tuple(sorted(decisions)), tuple(records))


def _column(connection: duckdb.DuckDBPyConnection, sql: str, **parameters: object) -> list[str]:
    return [value for (value,) in connection.execute(sql, parameters).fetchall()]


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, _, name = table.partition(".")
    sql = "select 1 from information_schema.tables where table_schema = $schema and table_name = $name"
    return bool(connection.execute(sql, {"schema": schema, "name": name}).fetchall())
