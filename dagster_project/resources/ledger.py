"""The ledger: what can't be recomputed, as append-only Parquet."""

import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

KINDS = (
    "contact_keys",
    "account_keys",
    "merges",
    "splits",
    "match_parameters",
    "company_claims",
    "arms",
    "decisions",
    "approvals",
    "deliveries",
    "erasures",
    "files",
    "attributions",
    "model_verdicts",
    "watch",
)


class LedgerError(RuntimeError):
    """The ledger can't be read or written as asked; the message names the file."""


class Ledger(dg.ConfigurableResource):
    """Append-only Parquet under `<home>/ledger/<kind>/<run_date>[.<attempt>].parquet`.

    A night that is run again with the same result adds nothing. A night whose result differs (an export came late)
    adds an attempt, and the last attempt of a night counts; the earlier ones stay as evidence.
    """

    home: str

    def folder(self, kind: str) -> Path:
        if kind not in KINDS:
            raise LedgerError(f"unknown ledger kind {kind!r}; known: {', '.join(KINDS)}")
        return Path(self.home) / "ledger" / kind

    def append(self, kind: str, run_date: date, frame: pl.DataFrame) -> Path:
        """Write the night's rows durably: temporary name, fsync, rename. Rows as in the last attempt: no file."""
        folder = self.folder(kind)
        folder.mkdir(parents=True, exist_ok=True)
        attempts = self._attempts(kind, run_date)
        temporary = folder / f".{run_date}.{os.getpid()}.tmp"
        frame.write_parquet(temporary, compression="zstd", statistics=True)
        if attempts and _digest(attempts[-1]) == _digest(temporary):
            temporary.unlink()
            return attempts[-1]
        target = folder / (f"{run_date}.parquet" if not attempts else f"{run_date}.{len(attempts):03d}.parquet")
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.rename(target)
        _fsync_folder(folder)
        return target

    def files(self, kind: str, before: date | None = None) -> list[Path]:
        """The file that counts for each night, oldest night first; `before` leaves out that night and later ones."""
        last_attempt: dict[str, Path] = {}
        for path in sorted(self.folder(kind).glob("*.parquet"), key=_night_and_attempt):
            last_attempt[path.name[:10]] = path
        return [path for night, path in last_attempt.items() if before is None or night < before.isoformat()]

    def read(self, kind: str, before: date | None = None) -> pl.DataFrame | None:
        """All rows of a kind, oldest night first; None when there are none yet.

        Raises:
            LedgerError: a file can't be read.
        """
        frames = [_read(path) for path in self.files(kind, before)]
        return pl.concat(frames, how="diagonal_relaxed") if frames else None

    def rewrite(self, kind: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> int:
        """Change every file of a kind in place, earlier attempts too, each durably; returns how many rows are gone.

        Only for erasure: nothing else may change what was written.

        Raises:
            LedgerError: a file can't be read.
        """
        gone = 0
        for path in sorted(self.folder(kind).glob("*.parquet"), key=_night_and_attempt):
            before = _read(path)
            after = change(before)
            if after.height == before.height:
                continue
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            after.write_parquet(temporary, compression="zstd", statistics=True)
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
            _fsync_folder(path.parent)
            gone += before.height - after.height
        return gone

    def _attempts(self, kind: str, run_date: date) -> list[Path]:
        return sorted(self.folder(kind).glob(f"{run_date}*.parquet"), key=_night_and_attempt)


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, hive_partitioning=False)
    except Exception as error:
        raise LedgerError(f"ledger file {path} can't be read: {error}; restore it from a backup") from error


def _night_and_attempt(path: Path) -> tuple[str, int]:
    night, _, attempt = path.name.removesuffix(".parquet").partition(".")
    return night, int(attempt or 0)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
