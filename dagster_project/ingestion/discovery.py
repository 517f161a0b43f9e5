"""Finds the files of an exports folder. What isn't read is told, never silently dropped."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.ingestion.catalogue import Catalogue

FORMATS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".jsonl.gz")
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload")
MARKERS = ("_success", "_started", "_committed", "_temporary")


class ExportsError(RuntimeError):
    """The exports folder is missing or holds nothing that Nightjar knows."""


@dataclass(frozen=True)
class ExportFile:
    """A file to read. `file` is its path relative to the exports, `modified_at` its time (UTC, naive)."""

    path: Path
    file: str
    format: str
    size_bytes: int
    modified_ns: int

    @property
    def modified_at(self) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.modified_ns // 1000)).replace(
            tzinfo=None
        )


@dataclass(frozen=True)
class Exports:
    """The files by object's label (`source/object`), in order of path, and what was found and isn't read."""

    files: dict[str, tuple[ExportFile, ...]]
    warnings: tuple[str, ...]


def find_exports(exports: Path, catalogue: Catalogue) -> Exports:
    """All readable files `<source>/<object>/**` of the exports.

    Raises:
        ExportsError: the folder doesn't exist, or has no file of a known object.
    """
    if not exports.is_dir():
        raise ExportsError(f"the exports folder {exports} doesn't exist; expected {_expectation(catalogue)}")
    found: dict[str, list[ExportFile]] = {}
    warnings: list[str] = []
    for source in _visible(exports):
        if not source.is_dir():
            warnings.append(f"{source.name}: not read, since it isn't in a folder <source>/<object>")
        elif not catalogue.names_of(source.name):
            warnings.append(_unknown(source, source.name, f"known sources: {', '.join(catalogue.sources)}"))
        else:
            _collect_source(exports, source, catalogue, found, warnings)
    if not found:
        seen = "".join(f"\n  {warning}" for warning in warnings)
        raise ExportsError(
            f"the exports folder {exports} has no file to read; expected {_expectation(catalogue)}{seen}"
        )
    files = {label: tuple(sorted(listed, key=lambda file: file.file)) for label, listed in found.items()}
    return Exports(files, tuple(warnings))


def _collect_source(
    exports: Path, source: Path, catalogue: Catalogue, found: dict[str, list[ExportFile]], warnings: list[str]
) -> None:
    for folder in _visible(source):
        raw_object = catalogue.find(source.name, folder.name)
        label = f"{source.name}/{folder.name}"
        if not folder.is_dir():
            warnings.append(f"{label}: not read, since it isn't in a folder <source>/<object>")
        elif raw_object is None:
            warnings.append(_unknown(folder, label, f"known: {', '.join(catalogue.names_of(source.name))}"))
        else:
            for path in _files_below(folder):
                read_as = next((each for each in FORMATS if path.name.lower().endswith(each)), None)
                file = os.fsencode(path.relative_to(exports)).decode("utf-8", "backslashreplace")
                if read_as is None:
                    warnings.append(f"{file}: not read; known endings: {', '.join(FORMATS)}")
                else:
                    found.setdefault(raw_object.label, []).append(_export_file(path, file, read_as))


def _export_file(path: Path, file: str, read_as: str) -> ExportFile:
    try:
        status = path.stat()
    except OSError:  # a link to nowhere; reading it will say so
        return ExportFile(path, file, read_as, 0, 0)
    return ExportFile(path, file, read_as, status.st_size, status.st_mtime_ns)


def _files_below(folder: Path) -> Iterator[Path]:
    for below, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        folders[:] = sorted(name for name in folders if _is_meant(name))
        yield from (Path(below, name) for name in sorted(names) if _is_meant(name))


def _refuse(error: OSError) -> None:
    raise ExportsError(f"the folder {error.filename} can't be read: {error.strerror}")


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_meant(path.name))


def _is_meant(name: str) -> bool:
    """Whether it is neither hidden, nor unfinished, nor a marker that a writer leaves behind."""
    lower = name.lower()
    return not lower.startswith((".", "~", *MARKERS)) and not lower.endswith(UNFINISHED)


def _unknown(folder: Path, label: str, known: str) -> str:
    count = sum(1 for _ in _files_below(folder))
    return f"{label}/: unknown, its {count} file{'' if count == 1 else 's'} not read; {known}"


def _expectation(catalogue: Catalogue) -> str:
    by_source = (f"  {source}: {', '.join(catalogue.names_of(source))}" for source in catalogue.sources)
    return f"<source>/<object>/<file> with an ending of {', '.join(FORMATS)} and these objects:\n" + "\n".join(
        by_source
    )
