"""Reads a CSV file of which something is unusual, line by line: a bad line is told and left out, the rest goes on."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.ingestion.csv_dialect import delimiter_of, strict_reader
from dagster_project.ingestion.headers import normalise_headers
from dagster_project.ingestion.reading import (
    FAULT_COLUMNS,
    FileRows,
    UnreadableFileError,
    plain_columns,
    register_stream,
    unreadable_instead,
)
from dagster_project.ingestion.text_lines import bad_bytes, physical_lines, printable

BATCH_ROWS = 20_000
# A quote that stays open longer than this was never meant as one.
MOST_LINES_OF_A_RECORD = 2_000


@dataclass(frozen=True)
class Record:
    """One record of a file, or what is wrong with a line. `line` is physical and counts from 1."""

    line: int
    values: list[str]
    column: str | None = None
    reason: str | None = None
    raw_text: str | None = None


class Lines:
    """Physical lines that can be given back, so that reading can resume after a bad one."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._given_back: deque[str] = deque()
        self._taken: list[str] = []
        self.first_line = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MOST_LINES_OF_A_RECORD:
            raise csv.Error("a quote that is never closed")
        line = self._given_back.popleft() if self._given_back else next(self._source)
        self._taken.append(line)
        return line

    @property
    def text(self) -> str:
        """The lines taken since the last record."""
        return "".join(self._taken)

    def finish(self) -> None:
        """The lines taken so far are dealt with."""
        self.first_line += len(self._taken)
        self._taken.clear()

    def finish_first(self) -> str:
        """Only the first line taken is dealt with; the others will be taken again."""
        first, *others = self._taken
        self._given_back.extendleft(reversed(others))
        self._taken.clear()
        self.first_line += 1
        return first


def read_careful_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> FileRows:
    """Open a CSV file whose bad lines become faults.

    Raises:
        UnreadableFileError: there is no header, or the file can't be read.
    """
    with unreadable_instead():
        lines = Lines(physical_lines(path))
        headers, delimiter = _read_header(lines)
    names = plain_columns(len(headers))
    schema = pa.schema([(name, pa.string()) for name in (*names, *FAULT_COLUMNS)] + [("_line", pa.int64())])
    rows = FileRows(headers, tuple(f"nullif({name}, '')" for name in names), has_faults=True)
    return register_stream(connection, rows, schema, _batches(read_records(lines, headers, delimiter), schema))


def _read_header(lines: Lines) -> tuple[tuple[str, ...], str]:
    for first in lines:
        delimiter = delimiter_of(first)
        if first.strip(" \t\r\n"):
            break
        lines.finish()
    else:
        raise UnreadableFileError("it is empty: not even a header")
    if bad_bytes(first):
        raise UnreadableFileError(f"its header isn't UTF-8 (byte {bad_bytes(first)})")
    lines.finish_first()
    try:
        header = next(strict_reader(chain([first], lines), delimiter))
    except csv.Error as error:
        raise UnreadableFileError(f"its header isn't CSV: {error}") from error
    lines.finish()
    return tuple(header), delimiter


def read_records(lines: Lines, headers: tuple[str, ...], delimiter: str) -> Iterator[Record]:
    """The records after the header, in order; blank lines are passed over."""
    names = normalise_headers(headers)
    reader = strict_reader(lines, delimiter)
    while True:
        line = lines.first_line
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, [], None, _reason(error), printable(lines.finish_first()))
            reader = strict_reader(lines, delimiter)
            continue
        text = lines.text
        if values and len(values) != len(names):
            count = f"{len(values)} column{'' if len(values) == 1 else 's'}"
            reason = f"{count} where the header has {len(names)}"
            yield Record(line, [], None, reason, printable(lines.finish_first()))
            continue
        if values:
            yield _decoded(Record(line, values), names, text)
        lines.finish()


def _reason(error: csv.Error) -> str:
    """Python's words for it, in ours."""
    text = str(error)
    if "end of data" in text or "never closed" in text:
        return "a quote that is never closed"
    if "expected after" in text:
        return "text after a closing quote"
    return text


def _decoded(record: Record, names: tuple[str, ...], text: str) -> Record:
    if not bad_bytes(text):
        return record
    column = next(name for name, value in zip(names, record.values, strict=True) if bad_bytes(value))
    return Record(record.line, [], column, f"isn't UTF-8 (byte {bad_bytes(text)})", printable(text))


def _batches(records: Iterator[Record], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    width = len(schema) - len(FAULT_COLUMNS) - 1
    nothing = [None] * width
    while batch := list(islice(records, BATCH_ROWS)):
        columns = zip(*(record.values or nothing for record in batch), strict=True)
        faults = zip(*((record.column, record.reason, record.raw_text) for record in batch), strict=True)
        texts = [pa.array(column, pa.string()) for column in (*columns, *faults)]
        yield pa.record_batch([*texts, pa.array([record.line for record in batch], pa.int64())], schema=schema)
