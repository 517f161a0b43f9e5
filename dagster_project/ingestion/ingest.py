"""Exports into the raw schema: each file content once, each row in its latest version, bad rows in quarantine.

Each object is one transaction, so a crash leaves objects that are complete and objects that weren't begun.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.ingestion.bookkeeping import (
    KnownFile,
    KnownPath,
    known_files,
    known_paths,
    prepare_tables,
    record_files,
    record_new_columns,
    record_paths,
    record_verdict,
)
from dagster_project.ingestion.catalogue import Catalogue, RawObject
from dagster_project.ingestion.discovery import ExportFile, find_exports
from dagster_project.ingestion.keeping_out import Erased, empty_quarantine, keep_out
from dagster_project.ingestion.loading import Merged, merge_batch
from dagster_project.ingestion.quarantine import judge, quarantine_batch
from dagster_project.ingestion.reading import UnreadableFileError, first_line
from dagster_project.ingestion.report import IngestionReport, ObjectReport
from dagster_project.ingestion.staging import BATCH, StagedFile, create_batch, stage_file

# Night by object (`source/object`) and content hash.
FirstSeen = Mapping[tuple[str, str], date]


@dataclass(frozen=True)
class _Night:
    """What is the same for all objects: `paths` is what each known path held before."""

    loaded_at: datetime
    run_date: date
    reject_limit: float
    paths: dict[str, KnownPath]
    first_seen: FirstSeen
    erased: Erased | None

    def seen_on(self, raw_object: RawObject, file_hash: str) -> date:
        """The night that found a content first."""
        return self.first_seen.get((raw_object.label, file_hash), self.run_date)


@dataclass
class _Files:
    """An object's files tonight.

    Attributes:
        new: contents to read, by hash.
        pending: hashes of contents that were loaded but over the limit; they are judged again.
        paths: what paths hold that are new or changed.
        stopped: what can't be read, one line per file.
    """

    new: dict[str, ExportFile] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    paths: dict[str, KnownPath] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)


def ingest(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    exports: Path,
    catalogue: Catalogue,
    loaded_at: datetime,
    reject_limit: float,
    log: Callable[[str], None],
    run_date: date | None = None,
    first_seen: FirstSeen | None = None,
    erased: Erased | None = None,
) -> IngestionReport:
    """Load what is new in the exports.

    An object with a file that can't be read isn't loaded at all tonight; the others are. Call `raise_if_stopped` on the
    report before anything builds on the raw tables.

    Args:
        connection: a read-write connection without an open transaction; its time zone becomes UTC.
        exports: folder `<source>/<object>/<files>`.
        catalogue: what to read and how.
        loaded_at: time of the run (UTC, naive).
        reject_limit: share of bad rows, 0 to 1, above which an object's files count as not accepted.
        log: told one line per object that has something new, and every warning.
        run_date: the night; None: the day of `loaded_at`.
        erased: who was forgotten; their rows stay out.
        first_seen: nights before that found a content first; a warehouse that is made anew dates its rows by it.

    Raises:
        ExportsError: the folder is missing or has nothing known in it.
    """
    found = find_exports(exports, catalogue)
    for warning in found.warnings:
        log(warning)
    for label in prepare_tables(connection, catalogue):
        log(f"{label}: its columns in the catalogue changed; all its files are read again")
    night = _Night(
        loaded_at, run_date or loaded_at.date(), reject_limit, known_paths(connection), first_seen or {}, erased
    )
    reports = []
    for each in catalogue.objects:
        report = _ingest_object(connection, each, found.files.get(each.label, ()), night)
        reports.append(report)
        if report.files or report.stopped:
            log(_summary(report))
    return IngestionReport(tuple(reports), found.warnings)


def _ingest_object(
    connection: duckdb.DuckDBPyConnection,
    raw_object: RawObject,
    exported: tuple[ExportFile, ...],
    night: _Night,
) -> ObjectReport:
    known = known_files(connection, raw_object) if exported else {}
    files = _sort_files(exported, night.paths, known)
    if not files.new and not files.stopped and not files.pending:
        record_paths(connection, files.paths)
        return ObjectReport(raw_object.source, raw_object.name)
    create_batch(connection, raw_object)
    try:
        staged = _stage(connection, raw_object, files, night)
        if files.stopped:
            return ObjectReport(raw_object.source, raw_object.name, stopped=tuple(files.stopped))
        if night.erased is not None:
            keep_out(connection, raw_object, night.erased, BATCH)
            empty_quarantine(connection, raw_object, night.erased)
        return _commit(connection, raw_object, files, staged, night)
    finally:
        connection.execute(f"drop table if exists {BATCH}")


def _sort_files(exported: tuple[ExportFile, ...], paths: dict[str, KnownPath], known: dict[str, KnownFile]) -> _Files:
    """Which contents are new. Of several files with the same content the earliest counts."""
    files = _Files()
    for file in sorted(exported, key=lambda file: (file.modified_ns, file.file)):
        path = paths.get(file.file)
        if path is None or (path.size_bytes, path.modified_ns) != (file.size_bytes, file.modified_ns):
            try:
                path = KnownPath(file.size_bytes, file.modified_ns, _content_hash(file.path))
            except OSError as error:
                files.stopped.append(f"{file.file}: {first_line(error)}")
                continue
            files.paths[file.file] = path
        if path.file_hash not in known:
            files.new.setdefault(path.file_hash, file)
        elif not known[path.file_hash].is_within_limit:
            files.pending.add(path.file_hash)
    return files


def _content_hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _stage(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, files: _Files, night: _Night
) -> list[StagedFile]:
    """Read all new files, also after one that can't be read, so that one night tells about all of them."""
    staged = []
    for file_hash, file in files.new.items():
        try:
            staged.append(stage_file(connection, raw_object, file, night.seen_on(raw_object, file_hash)))
        except UnreadableFileError as error:
            files.stopped.append(f"{file.file}: {error}")
    return staged


def _commit(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, files: _Files, staged: list[StagedFile], night: _Night
) -> ObjectReport:
    """Everything that the batch changes, in one transaction."""
    judged = {*files.new, *files.pending}
    names = [file.file for file in files.new.values()]
    connection.execute("begin")
    try:
        merged = merge_batch(connection, raw_object, night.loaded_at) if staged else Merged(0, 0)
        quarantine_batch(connection, raw_object, names, night.loaded_at)
        seen_on = {file_hash: night.seen_on(raw_object, file_hash) for file_hash in files.new}
        read = record_files(connection, raw_object, files.new, night.loaded_at, seen_on)
        new_columns = record_new_columns(connection, raw_object, staged)
        record_paths(connection, files.paths)
        judgement = judge(connection, raw_object, judged)
        record_verdict(connection, raw_object, judged, judgement.is_within(night.reject_limit))
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    missing = {column for each in staged for column in each.missing_columns}
    return ObjectReport(
        source=raw_object.source,
        name=raw_object.name,
        rows_read=read.count_rows,
        rows_added=merged.rows_added,
        rows_changed=merged.rows_changed,
        rows_rejected=read.count_rejected,
        files=tuple(names),
        new_columns=new_columns,
        missing_columns=tuple(column for column in raw_object.columns if column in missing),
        first_rejects=judgement.first_rejects,
        rows_judged=judgement.rows,
        rows_judged_bad=judgement.bad_rows,
    )


def _summary(report: ObjectReport) -> str:
    if report.stopped:
        return "\n".join((f"{report.label}: not loaded", *(f"  {line}" for line in report.stopped)))
    parts = [
        f"{_counted(report.rows_read, 'row')} read from {_counted(len(report.files), 'file')}",
        f"{report.rows_added:,} added",
        f"{report.rows_changed:,} changed",
        f"{report.rows_rejected:,} rejected",
    ]
    if report.new_columns:
        parts.append(f"new columns: {', '.join(report.new_columns)}")
    if report.missing_columns:
        parts.append(f"without: {', '.join(report.missing_columns)}")
    return f"{report.label}: {'; '.join(parts)}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
