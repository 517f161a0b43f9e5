"""What happened, as numbers, before it is written in each system's form."""

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Kind = Literal[
    "session", "track", "form", "email", "rule_fire", "task", "meeting", "opportunity", "unsubscribe", "suppression",
    "result",
]  # fmt: skip
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "session": ("person", "at", "campaign"),
    "track": ("person", "at", "event"),
    "form": ("person", "at", "form"),
    "email": ("person", "at", "type", "campaign", "touch"),
    "rule_fire": ("person", "at", "rule"),
    "task": ("person", "at", "action", "touch"),
    "meeting": ("person", "at"),
    "opportunity": ("person", "at", "closes_at", "is_won"),
    "unsubscribe": ("person", "at"),
    "suppression": ("person", "at", "reason"),
    "result": ("touch", "at", "status"),
}
EMAIL_TYPES = ("SENT", "OPEN", "CLICK", "BOUNCE", "SPAMREPORT", "DELIVERED")
SENT, OPEN, CLICK, BOUNCE, SPAM = range(5)
REASONS = ("bounce", "complaint")
STATUSES = ("delivered", "bounced", "failed", "rejected")
DELIVERED, BOUNCED, FAILED, REJECTED = range(4)
REPLY_TASK = -1


class Facts:
    """Collects facts of a block. Persons are row numbers of the block; times are epoch seconds (UTC)."""

    def __init__(self) -> None:
        self._parts: dict[Kind, list[tuple[NDArray[np.int64], ...]]] = {kind: [] for kind in COLUMNS}

    def add(self, kind: Kind, *columns: NDArray[np.int64] | int) -> None:
        """Add facts of a kind, columns in the order of COLUMNS; a single number holds for all rows."""
        size = len(columns[0])  # type: ignore[arg-type]
        if size:
            self._parts[kind].append(tuple(np.full(size, part) if isinstance(part, int) else part for part in columns))

    def frame(self, kind: Kind) -> pl.DataFrame:
        """All facts of a kind, one row each, ordered by time."""
        parts = self._parts[kind]
        names = COLUMNS[kind]
        if not parts:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.Int64))
        columns = {name: np.concatenate([part[at] for part in parts]).astype(np.int64) for at, name in enumerate(names)}
        order = np.argsort(columns["at"], kind="stable")
        return pl.DataFrame({name: values[order] for name, values in columns.items()})
