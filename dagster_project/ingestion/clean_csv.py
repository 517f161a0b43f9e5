"""Reads a clean CSV file at the speed of Arrow, and notices when the file isn't clean.

Clean means: UTF-8, one line per record, quotes where quotes belong. Then the n-th record stands on the n-th line after
the header, and this reader and the careful one give the same rows.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from dagster_project.ingestion.csv_dialect import delimiter_of, strict_reader
from dagster_project.ingestion.reading import (
    FileRows,
    UncleanFileError,
    plain_columns,
    register_stream,
    unreadable_instead,
)
from dagster_project.ingestion.text_lines import UTF_8_MARK, UTF_16_MARKS, open_bytes

BLOCK_BYTES = 1 << 22
LONGEST_HEADER = 1 << 20


class LineCheck:
    """Looks at the bytes of a file as they pass by."""

    def __init__(self, delimiter: str) -> None:
        edge = re.escape(delimiter.encode()) + rb'\r\n"'
        self._stray_quote = re.compile(rb'"(?<=[^' + edge + rb']")(?=[^' + edge + rb"])")
        self._rest = b""
        self.count_lines = 0
        self._is_suspicious = False
        self._has_open_quote = False

    def feed(self, content: bytes) -> None:
        """Take the next bytes; looks at whole lines and keeps the rest for later."""
        end = content.rfind(b"\n") + 1
        if not end:
            self._rest += content
            return
        self._look_at(self._rest + content[:end])
        self._rest = content[end:]

    def finish(self) -> None:
        """No more bytes will come."""
        if self._rest:
            self._look_at(self._rest)
            self.count_lines += 1
            self._rest = b""

    @property
    def is_clean(self) -> bool:
        return not (self._is_suspicious or self._has_open_quote)

    def _look_at(self, lines: bytes) -> None:
        self.count_lines += lines.count(b"\n")
        self._is_suspicious |= lines.count(b"\r") != lines.count(b"\r\n")
        if b'"' in lines:
            single = lines.replace(b'""', b"")
            self._is_suspicious |= self._stray_quote.search(single) is not None
            self._has_open_quote ^= single.count(b'"') % 2 == 1


class CheckedFile(io.RawIOBase):
    """The bytes of a file for Arrow, with a look at each of them."""

    def __init__(self, content: io.BufferedReader, check: LineCheck) -> None:
        self._content = content
        self._check = check

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._content.read(size)
        self._check.feed(found)
        return found


def read_clean_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> FileRows:
    """Open a CSV file; its stream ends in `UncleanFileError` when the careful reader must read it.

    Raises:
        UncleanFileError: the beginning already says so.
        UnreadableFileError: the file can't be read.
    """
    with unreadable_instead(), open_bytes(path) as content:
        first = content.readline(LONGEST_HEADER)
    headers, delimiter = _read_header(first)
    names = plain_columns(len(headers))
    schema = pa.schema([(name, pa.string()) for name in names] + [("_line", pa.int64())])
    rows = FileRows(headers, tuple(f"nullif({name}, '')" for name in names))
    return register_stream(connection, rows, schema, _batches(path, names, delimiter))


def _read_header(first: bytes) -> tuple[tuple[str, ...], str]:
    if not first.endswith(b"\n") or not first.strip() or first.startswith(UTF_16_MARKS) or first.count(b'"') % 2:
        raise UncleanFileError
    try:
        text = first.removeprefix(UTF_8_MARK).decode()
        delimiter = delimiter_of(text)
        return tuple(next(strict_reader([text], delimiter))), delimiter
    except Exception as error:
        raise UncleanFileError from error


def _batches(path: Path, names: tuple[str, ...], delimiter: str) -> Iterator[pa.RecordBatch]:
    check = LineCheck(delimiter)
    line = 2
    with open_bytes(path) as content:
        try:
            for batch in _open_arrow(CheckedFile(content, check), names, delimiter):
                lines = pa.array(np.arange(line, line + batch.num_rows))
                line += batch.num_rows
                yield pa.record_batch([*batch.columns, lines], names=[*names, "_line"])
        except pa.ArrowInvalid as error:
            raise UncleanFileError from error
        check.finish()
    if not check.is_clean or check.count_lines != line - 1:
        raise UncleanFileError


def _open_arrow(content: CheckedFile, names: tuple[str, ...], delimiter: str) -> pyarrow.csv.CSVStreamingReader:
    return pyarrow.csv.open_csv(
        pa.PythonFile(content, mode="r"),
        read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
