"""By what somebody is known who was forgotten: kept as a hash with a secret key, so that a list of addresses doesn't
tell who it was, and an export that has them again does.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dagster_project.ingestion.catalogue import IdentifierKind
from dagster_project.ingestion.keeping_out import Erased
from dagster_project.resources.ledger import Ledger, LedgerError

KIND = "erasures"
SCHEMA = {"kind": pl.String, "identifier_hash": pl.String, "key_id": pl.String, "erased_on": pl.Date}
KEY_FILE = "erasure.key"


@dataclass(frozen=True, order=True)
class Identifier:
    """Something that names a person: an address, a number, a record's id, a login, a device."""

    kind: IdentifierKind
    value: str

    @property
    def plain(self) -> str:
        """As it is written before it is hashed; `keeping_out.PLAIN` does the same in SQL."""
        if self.kind == "email":
            return re.sub(r"\s", "", self.value).lower()
        if self.kind == "phone":
            return re.sub(r"[^0-9]", "", self.value)[-9:]
        return self.value.strip()

    def hashed(self, key: str) -> str:
        inner = hashlib.sha256(f"{key}{self.kind}|{self.plain}".encode()).hexdigest()
        return hashlib.sha256(f"{key}{inner}".encode()).hexdigest()


def read_erased(ledger: Ledger) -> Erased | None:
    """Who was forgotten; None when nobody was.

    Raises:
        LedgerError: the key is missing or another: nobody could be kept out.
    """
    rows = ledger.read(KIND)
    if rows is None or rows.is_empty():
        return None
    path = Path(ledger.home) / KEY_FILE
    key = path.read_text().strip() if path.exists() else ""
    if set(rows["key_id"]) != {_key_id(key)}:
        raise LedgerError(
            f"people were forgotten, and the key that tells who they are, {path}, is missing or another one; restore it"
            " from a backup: without it an export could bring them back"
        )
    return Erased(key, frozenset(rows["identifier_hash"]))


def record_erasure(ledger: Ledger, identifiers: tuple[Identifier, ...]) -> Erased:
    """Add hashes to the ledger; returns those of these identifiers alone.

    Raises:
        LedgerError: the key is missing or another.
    """
    known = read_erased(ledger)
    key = known.key if known else _make_key(Path(ledger.home) / KEY_FILE)
    today = datetime.now(UTC).date()
    rows = [(each.kind, each.hashed(key), _key_id(key), today) for each in sorted(set(identifiers))]
    new = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    erased = frozenset(new["identifier_hash"])
    if known is None or not erased <= known.hashes:
        ledger.append(KIND, today, _with_earlier(ledger, today, new))
    return Erased(key, erased)


def _with_earlier(ledger: Ledger, today: date, new: pl.DataFrame) -> pl.DataFrame:
    """The day's rows so far and the new ones: the last file of a day is the one that counts."""
    earlier = ledger.read(KIND)
    known = new.clear() if earlier is None else earlier.select(list(SCHEMA))
    fresh = new.filter(~pl.col("identifier_hash").is_in(known["identifier_hash"].to_list()))
    return pl.concat([known.filter(pl.col("erased_on") == today), fresh])


def _make_key(path: Path) -> str:
    """The home's key; made with the first erasure, readable by its owner alone."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n")
    return path.read_text().strip()


def _key_id(key: str) -> str:
    return hashlib.sha256(f"id of {key}".encode()).hexdigest()[:12]
