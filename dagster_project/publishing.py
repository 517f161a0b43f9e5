"""Publishes the activation tables: a complete, verifiable folder per night, and `latest`, which moves last.

Readers open `published/latest/`; a reader of several files takes `latest`'s target once (`Path.resolve`), so that all
of them come from one night. Whatever dies at whatever point, `latest` leads to a complete set.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

MANIFEST = "manifest.json"
LATEST = "latest"
# Follows from the set before, so the same night published again would differ only in it.
CHANGE_FEED = "changes"


class PublishError(RuntimeError):
    """A published set is incomplete or was altered, or can't be made; the message names file and reason."""


@dataclass(frozen=True)
class ManifestInfo:
    """Where a published set comes from."""

    run_id: str
    policy_version: str
    model_versions: tuple[str, ...]
    code_version: str


@dataclass(frozen=True)
class PublishedTable:
    """One Parquet file of a set: `rows` counted, `sha256` of the file's bytes, sorted by `key`."""

    name: str
    rows: int
    sha256: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Manifest:
    """What a published folder holds and where it comes from. `published_at` (UTC) grows with every published set."""

    run_date: str
    published_at: str
    run_id: str
    policy_version: str
    model_versions: tuple[str, ...]
    code_version: str
    tables: tuple[PublishedTable, ...]

    def content(self) -> dict[str, str]:
        """The hash of each table that says something about the night itself."""
        return {table.name: table.sha256 for table in self.tables if table.name != CHANGE_FEED}

    def to_json(self) -> str:
        fields = asdict(self)
        fields["tables"] = {
            table.name: {
                "rows": table.rows,
                "sha256": table.sha256,
                "key": list(table.key),
                "columns": dict(table.columns),
            }
            for table in self.tables
        }
        return json.dumps(fields, indent=2) + "\n"


def publish(connection: duckdb.DuckDBPyConnection, home: Path, run_date: date, info: ManifestInfo) -> Path:
    """Publish every table of schema `activation` as `published/<run_date>/<table>.parquet`, then move `latest`.

    The same content published again leaves the folder as it is. `latest` never moves back to an older night.

    Raises:
        PublishError: there is no activation table.
    """
    root = home / "published"
    root.mkdir(parents=True, exist_ok=True)
    _recover(root)
    folder = root / run_date.isoformat()
    fresh = root / f".{run_date}.tmp-{os.getpid()}"
    manifest = _write_set(connection, fresh, run_date, info)
    if _is_published(folder, manifest):
        shutil.rmtree(fresh)
    else:
        _swap_in(root, fresh, folder)
    _move_latest(root, folder)
    _recover(root)
    return folder


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a published folder.

    Raises:
        PublishError: there is none, or it can't be read.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text())
        tables = tuple(
            PublishedTable(name, of["rows"], of["sha256"], tuple(of["key"]), tuple(of["columns"].items()))
            for name, of in fields.pop("tables").items()
        )
        return Manifest(**fields | {"model_versions": tuple(fields["model_versions"]), "tables": tables})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PublishError(f"{folder / MANIFEST} can't be read: {error}; run the night {folder.name} again") from error


def verify_published(folder: Path) -> Manifest:
    """The manifest of a folder whose files are all there, unaltered, and no others.

    Raises:
        PublishError: names the file that is missing, altered or unknown.
    """
    manifest = read_manifest(folder)
    expected = {f"{table.name}.parquet": table.sha256 for table in manifest.tables}
    present = {path.name for path in folder.iterdir()} - {MANIFEST}
    for name in sorted(expected.keys() | present):
        path = folder / name
        if name not in present:
            raise PublishError(f"{path} is missing; run the night {manifest.run_date} again")
        if name not in expected:
            raise PublishError(f"{path} isn't in the manifest; remove it or run the night {manifest.run_date} again")
        if sha256_of(path) != expected[name]:
            raise PublishError(f"{path} was altered after it was published; run the night {manifest.run_date} again")
    return manifest


def replace_published(root: Path, fresh: Path, folder: Path) -> None:
    """Put a complete set in place of a published one of the same night; `latest` leads to a complete set throughout."""
    for path in fresh.iterdir():
        _fsync(path)
    _swap_in(root, fresh, folder)
    if (root / LATEST).is_symlink():
        _move_latest(root, folder)
    _recover(root)


def _write_set(connection: duckdb.DuckDBPyConnection, folder: Path, run_date: date, info: ManifestInfo) -> Manifest:
    folder.mkdir()
    tables = tuple(_write_table(connection, folder, name) for name in _activation_tables(connection))
    if not tables:
        raise PublishError("there is no table in schema activation; run the night from the start")
    published_at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    manifest = Manifest(
        run_date=run_date.isoformat(),
        published_at=published_at,
        run_id=info.run_id,
        policy_version=info.policy_version,
        model_versions=info.model_versions,
        code_version=info.code_version,
        tables=tables,
    )
    (folder / MANIFEST).write_text(manifest.to_json())
    for path in folder.iterdir():
        _fsync(path)
    _fsync(folder)
    return manifest


def _activation_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    sql = "select table_name from information_schema.tables where table_schema = 'activation' order by table_name"
    return [name for (name,) in connection.sql(sql).fetchall()]


def _write_table(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> PublishedTable:
    relation = connection.table(f"activation.{name}")
    columns = tuple((column, str(kind)) for column, kind in zip(relation.columns, relation.types, strict=True))
    key = ("table_name", "row_key") if "row_key" in relation.columns else (relation.columns[0],)
    path = folder / f"{name}.parquet"
    order = ", ".join(f'"{column}"' for column in (*key, *(c for c in relation.columns if c not in key)))
    rows = f"select * from activation.{name} order by {order}"
    connection.execute(f"copy ({rows}) to '{_quoted(path)}' (format parquet, compression zstd)")
    count = connection.execute(f"select count(*) from activation.{name}").fetchall()[0][0]
    return PublishedTable(name, count, sha256_of(path), key, columns)


def _is_published(folder: Path, manifest: Manifest) -> bool:
    try:
        return verify_published(folder).content() == manifest.content()
    except PublishError:
        return False


def _swap_in(root: Path, fresh: Path, folder: Path) -> None:
    """Put the fresh set in place of the folder. While the folder is away, `latest` leads to a linked copy of it."""
    if folder.exists():
        backup = root / f".{folder.name}.previous"
        unfinished = root / f".{folder.name}.tmp-previous-{os.getpid()}"
        shutil.copytree(folder, unfinished, copy_function=os.link)
        unfinished.rename(backup)
        if _latest_name(root) == folder.name:
            _point_latest(root, backup)
        _fsync(root)
        folder.rename(root / f".{folder.name}.tmp-replaced-{os.getpid()}")
    fresh.rename(folder)
    _fsync(root)


def _recover(root: Path) -> None:
    """Finish or undo what a publish that died left behind; without leftovers it does nothing."""
    for backup in root.glob(".*.previous"):
        folder = root / backup.name.removeprefix(".").removesuffix(".previous")
        if not folder.exists():
            restored = root / f".{folder.name}.tmp-restored-{os.getpid()}"
            shutil.copytree(backup, restored, copy_function=os.link)
            restored.rename(folder)
            _fsync(root)
        if _latest_name(root) == backup.name:
            _point_latest(root, folder)
        shutil.rmtree(backup)
    for leftover in root.glob(".*.tmp-*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _move_latest(root: Path, folder: Path) -> None:
    current = _latest_name(root)
    night = current.removeprefix(".").removesuffix(".previous") if current else ""
    if current != folder.name and night <= folder.name:
        _point_latest(root, folder)


def _latest_name(root: Path) -> str | None:
    link = root / LATEST
    return link.readlink().name if link.is_symlink() else None


def _point_latest(root: Path, target: Path) -> None:
    temporary = root / f".{LATEST}.tmp-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    temporary.replace(root / LATEST)
    _fsync(root)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as in a manifest."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
