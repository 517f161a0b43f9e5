"""Keys that nothing has a reason to change: the same night again, the next one, shuffled files, no warehouse."""

import gzip
import os
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.identity.nights import NIGHT, identity_night
from dagster_project.resources.warehouse import Warehouse
from sandbox.market import create_market

CONTACT_KEYS = (
    "select source || '|' || object || '|' || source_id as record, contact_id as key from identity.contact_id_map"
)
ACCOUNT_KEYS = "select kind || '|' || identifier as record, account_id as key from identity.account_id_map"


def count_changed_keys(people: int, seed: int) -> dict[str, int]:
    """What is done to a home that knows a market → how many records have another key afterwards (or none, or are new).

    Args:
        people: size of the simulated market.
        seed: its seed.

    Raises:
        RuntimeError: a night failed.
    """
    with tempfile.TemporaryDirectory(prefix="nightjar-keys-") as text:
        folder = Path(text)
        exports, home = folder / "exports", folder / "home"
        create_market(exports, people, NIGHT, seed)
        shuffled = folder / "shuffled"
        _shuffle(exports, shuffled, seed)
        identity_night(exports, home)
        before = _keys(home)
        changed = {"records": len(before)}

        identity_night(exports, home)
        changed["the same night again"] = _changed(before, home)
        identity_night(exports, home, NIGHT + timedelta(days=1))
        changed["the next night, nothing new"] = _changed(before, home)
        (home / "warehouse.duckdb").unlink()
        identity_night(exports, home, NIGHT + timedelta(days=1))
        changed["warehouse deleted"] = _changed(before, home)
        (home / "warehouse.duckdb").unlink()
        identity_night(shuffled, home, NIGHT + timedelta(days=2))
        changed["rows shuffled, files split and renamed"] = _changed(before, home)
        identity_night(shuffled, folder / "other_home")
        changed["shuffled, in a home that knows nothing"] = _changed(before, folder / "other_home")
        return changed


def _keys(home: Path) -> pl.DataFrame:
    warehouse = Warehouse(home=str(home))
    return pl.concat([warehouse.query(CONTACT_KEYS), warehouse.query(ACCOUNT_KEYS)])


def _changed(before: pl.DataFrame, home: Path) -> int:
    both = before.join(_keys(home), on="record", how="full", coalesce=True)
    return len(both.filter(~pl.col("key").eq_missing(pl.col("key_right"))))


def _shuffle(exports: Path, target: Path, seed: int) -> None:
    """The same rows in another order, each file as two with other names, their times kept."""
    rng = np.random.default_rng(seed)
    for number, path in enumerate(sorted(path for path in exports.rglob("*") if path.is_file())):
        form = path.name.split(".", 1)[1]
        folder = target / path.parent.relative_to(exports)
        folder.mkdir(parents=True, exist_ok=True)
        frame = _read(path, form)
        frame = frame[rng.permutation(len(frame))]
        middle = len(frame) // 2
        for half, rows in enumerate((frame[:middle], frame[middle:])):
            if len(rows):
                part = folder / f"part {number} {half}.{form}"
                _write(rows, part, form)
                os.utime(part, (path.stat().st_mtime,) * 2)


def _read(path: Path, form: str) -> pl.DataFrame:
    if form == "parquet":
        return pl.read_parquet(path)
    data = gzip.decompress(path.read_bytes()) if form.endswith(".gz") else path.read_bytes()
    if form.startswith("csv"):
        return pl.read_csv(data, infer_schema_length=0)
    return pl.DataFrame({"line": data.decode().splitlines()})


def _write(rows: pl.DataFrame, path: Path, form: str) -> None:
    if form == "parquet":
        rows.write_parquet(path)
        return
    text = rows.write_csv() if form.startswith("csv") else "\n".join(rows["line"].to_list()) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if form.endswith(".gz") else text.encode())
