"""What a training stood on, by hash: the rows it read and the ledger behind them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from dagster_project.learner import Rows
from dagster_project.resources.ledger import KINDS, Ledger

DATE = "as_of_date"


@dataclass(frozen=True)
class DataSnapshot:
    """The rows of a training.

    Attributes:
        sha256: of the rows and of the parameters; equal rows and parameters give the same model.
        count_rows: by name of the frame.
        seen_from, seen_until: by name of the frame, its oldest and newest date; frames without rows have none.
    """

    sha256: str
    count_rows: dict[str, int]
    seen_from: dict[str, date]
    seen_until: dict[str, date]


def snapshot_of(rows: Rows, parameters: dict[str, object]) -> DataSnapshot:
    """The snapshot of rows as read; their order counts."""
    content = hashlib.sha256(hash_of(parameters).encode())
    for name in sorted(rows):
        content.update(name.encode())
        content.update(rows[name].write_ipc(None).getbuffer())
    dated = {name: frame[DATE] for name, frame in rows.items() if DATE in frame.columns and frame.height}
    return DataSnapshot(
        content.hexdigest(),
        {name: frame.height for name, frame in rows.items()},
        {name: dates.min() for name, dates in dated.items()},  # type: ignore[misc]
        {name: dates.max() for name, dates in dated.items()},  # type: ignore[misc]
    )


def ledger_hash(ledger: Ledger, night: date) -> str:
    """SHA-256 over the ledger's files of the nights before: their names and their bytes."""
    content = hashlib.sha256()
    for kind in KINDS:
        for path in ledger.files(kind, before=night):
            content.update(f"{kind}/{path.name}".encode())
            content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()


def hash_of(content: object) -> str:
    """SHA-256 of something that JSON can say; the order of keys doesn't matter."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
