"""Reads CSV: blocks of lines at the speed of Arrow where they are clean, line by line where they aren't.

A block is clean when it is UTF-8, has one record per line, and quotes only where quotes belong. Then Arrow and the
reader of single lines give the same rows, and the n-th record stands on the n-th line.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from dagster_project.ingestion.csv_lines import CsvLines, count_lines
from dagster_project.ingestion.csv_records import HeaderlessFileError, Record, read_header, read_records
from dagster_project.ingestion.headers import normalise_headers
from dagster_project.ingestion.reading import (
    FAULT_COLUMNS,
    FileRows,
    UnreadableFileError,
    plain_columns,
    register_stream,
    unreadable_instead,
)
from dagster_project.ingestion.text_lines import open_utf_8

BLOCK_BYTES = 1 << 22
# Around a bad line the blocks are small, so that few lines are read one by one.
SMALL_BLOCK_BYTES = 1 << 16
BATCH_ROWS = 20_000


def read_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> FileRows:
    """Open a CSV file; its bad lines become faults.

    Raises:
        UnreadableFileError: there is no usable header, or the file can't be read.
    """
    with unreadable_instead():
        content = open_utf_8(path)
        lines = CsvLines(content)
        try:
            headers, delimiter = read_header(lines)
        except HeaderlessFileError as error:
            content.close()
            raise UnreadableFileError(str(error)) from error
    names = plain_columns(len(headers))
    schema = pa.schema([*((name, pa.string()) for name in (*names, *FAULT_COLUMNS)), ("_line", pa.int64())])
    rows = FileRows(headers, tuple(f"nullif({name}, '')" for name in names), has_faults=True)

    def batches() -> Iterator[pa.RecordBatch]:
        with closing(content):
            yield from _batches(lines, normalise_headers(headers), delimiter, schema)

    return register_stream(connection, rows, schema, batches())


def _batches(lines: CsvLines, names: tuple[str, ...], delimiter: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    small_until = 0
    while True:
        line = lines.line
        block = lines.take_block(SMALL_BLOCK_BYTES if line < small_until else BLOCK_BYTES)
        if not block:
            return
        clean = parse_clean_block(block, len(names), delimiter)
        if clean is not None:
            yield _batch(clean.columns, [pa.nulls(clean.num_rows, pa.string())] * len(FAULT_COLUMNS), line, schema)
            continue
        until = lines.line
        lines.give_back_block(block)
        if line < small_until or len(block) <= SMALL_BLOCK_BYTES:
            records = read_records(lines, names, delimiter, until)
            while chunk := list(islice(records, BATCH_ROWS)):
                yield _record_batch(chunk, schema)
        else:
            small_until = until


def parse_clean_block(block: bytes, count_columns: int, delimiter: str) -> pa.RecordBatch | None:
    """A block of whole lines as columns of text; None unless it is clean."""
    if block.count(b"\r") != block.count(b"\r\n") or (b'"' in block and not _has_proper_quotes(block, delimiter)):
        return None
    names = list(plain_columns(count_columns))
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(block) + 1),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.combine_chunks().to_batches()[0] if table.num_rows == count_lines(block) else None


def _has_proper_quotes(block: bytes, delimiter: str) -> bool:
    """Whether quotes stand only at the edges of values, are doubled inside of them, and are all closed.

    Every second quote opens: after an edge, or after the quote that it doubles. The others close, likewise.
    """
    content = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(content == ord('"'))
    may_stand_beside = np.zeros(256, dtype=bool)
    may_stand_beside[[ord(character) for character in (delimiter, "\r", "\n", '"')]] = True
    before, after = content[quotes[0::2] - 1], content[quotes[1::2] + 1]
    return bool(len(quotes) % 2 == 0 and may_stand_beside[before].all() and may_stand_beside[after].all())


def _batch(columns: list[pa.Array], faults: list[pa.Array], first_line: int, schema: pa.Schema) -> pa.RecordBatch:
    lines = pa.array(np.arange(first_line, first_line + len(faults[0])))
    return pa.record_batch([*columns, *faults, lines], schema=schema)


def _record_batch(records: list[Record], schema: pa.Schema) -> pa.RecordBatch:
    nothing = [None] * (len(schema) - len(FAULT_COLUMNS) - 1)
    columns = zip(*(record.values or nothing for record in records), strict=True)
    faults = zip(*((record.column, record.reason, record.raw_text) for record in records), strict=True)
    texts = [pa.array(column, pa.string()) for column in (*columns, *faults)]
    return pa.record_batch([*texts, pa.array([record.line for record in records], pa.int64())], schema=schema)
