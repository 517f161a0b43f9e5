"""Published sets without a person. The newest one keeps them suppressed, by the hash of their address."""

import json
import os
import shutil
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import polars as pl

from dagster_project.erasure.person import Person
from dagster_project.publishing import LATEST, MANIFEST, PublishError, read_manifest, replace_published, sha256_of

SUPPRESSIONS = "suppressions"
# Of the newest set the next night's feed of changes is made: keys of ids tell the platforms what to remove.
FINGERPRINTS = ("row_fingerprints", "changes")


def erase_from_published(home: Path, person: Person, address_hash: str, erased_on: date) -> int:
    """Rewrite each published set that names the person, whole; returns how many rows are gone."""
    root = home / "published"
    newest = (root / LATEST).resolve().name if (root / LATEST).exists() else ""
    rows = 0
    for folder in sorted(path.parent for path in root.glob(f"[0-9]*/{MANIFEST}")):
        suppression = _suppression(address_hash, erased_on) if folder.name == newest else {}
        rows += _rewrite(root, folder, person, suppression)
    return rows


def _rewrite(root: Path, folder: Path, person: Person, suppression: dict[str, object]) -> int:
    try:
        manifest = read_manifest(folder)
    except PublishError:
        return 0  # incomplete; nobody may read it, and the night run again writes it anew
    fresh = root / f".{folder.name}.tmp-{os.getpid()}"
    shutil.copytree(folder, fresh)
    tables, gone = [], 0
    for table in manifest.tables:
        path = fresh / f"{table.name}.parquet"
        before = pl.read_parquet(path, hive_partitioning=False)
        tells = _keys_that_tell if suppression and table.name in FINGERPRINTS else Person.is_named_in
        after = before.filter(~tells(person, before))
        if table.name == SUPPRESSIONS and suppression:
            after = _with(after, suppression)
        gone += max(before.height - after.height, 0)
        if not after.equals(before):
            after.write_parquet(path, compression="zstd")
        tables.append(replace(table, rows=after.height, sha256=sha256_of(path)))
    (fresh / MANIFEST).write_text(replace(manifest, tables=tuple(tables)).to_json())
    replace_published(root, fresh, folder)
    return gone


def _keys_that_tell(person: Person, frame: pl.DataFrame) -> pl.Series:
    """Rows whose key has an address or a number; ids that nothing explains any more stay."""
    says = [pl.col("row_key").str.to_lowercase().str.contains(text, literal=True) for text in sorted(person.texts)]
    return frame.select(pl.any_horizontal(*says).fill_null(False).alias("says"))["says"]


def _suppression(address_hash: str, erased_on: date) -> dict[str, object]:
    """As `activation.suppressions` has it from the next night on."""
    return {
        "suppression_key": f"erased:{address_hash}:all",
        "channel": "all",
        "reason": "erasure",
        "suppressed_at": datetime.combine(erased_on, time()),
    }


def _with(frame: pl.DataFrame, row: dict[str, object]) -> pl.DataFrame:
    others = frame.filter(pl.col("suppression_key") != row["suppression_key"])
    added = pl.DataFrame([{name: row.get(name) for name in frame.columns}], schema=frame.schema)
    return pl.concat([others, added]).sort("suppression_key")


def erase_from_texts(home: Path, person: Person, removed: str) -> int:
    """Overwrite addresses, numbers and ids in reports and logs; returns how many files were changed."""
    words = sorted({*person.texts, *person.contact_ids, *person.decision_ids})
    files = [*home.glob("reports/*.html"), *home.glob("logs/*"), *home.glob("dbt/**/*.log")]
    changed = 0
    for path in files:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        cleaned = text
        for word in words:
            cleaned = cleaned.replace(word, removed).replace(json.dumps(word)[1:-1], removed)
        if cleaned != text:
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            temporary.write_text(cleaned, encoding="utf-8", errors="surrogateescape")
            temporary.replace(path)
            changed += 1
    return changed
