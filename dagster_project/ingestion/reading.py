"""What every reader of a file format gives: rows as text that DuckDB can select from, each with its line."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

RELATION = "exported_rows"
FAULT_COLUMNS = ("_fault_column", "_fault_reason", "_raw_text")
MACHINE_ERRORS = (
    duckdb.OutOfMemoryException,
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
)
READ_ERRORS = (OSError, EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException, UnicodeError)


class UnreadableFileError(Exception):
    """A file that can't be read at all; the message says why."""


@dataclass
class FileRows:
    """The rows of one opened file.

    Attributes:
        headers: column names as the file has them.
        texts: per column the SQL expression, over `RELATION`, of its value as text or null.
        has_faults: whether the relation has `FAULT_COLUMNS`, filled for rows that the reader couldn't make sense of.
        may_lack_columns: whether a column can be absent just because no row has it (JSONL without rows).
        error: what went wrong in the stream; DuckDB reports only its text.
    """

    headers: tuple[str, ...]
    texts: tuple[str, ...]
    has_faults: bool = False
    may_lack_columns: bool = False
    error: Exception | None = field(default=None)


Reader = Callable[[duckdb.DuckDBPyConnection, Path], FileRows]


def register_stream(
    connection: duckdb.DuckDBPyConnection, rows: FileRows, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> FileRows:
    """Make the batches selectable as `RELATION`, once; an error in them is kept in `rows.error`."""
    connection.register(RELATION, pa.RecordBatchReader.from_batches(schema, _noting_errors(rows, batches)))
    return rows


def cause_of(rows: FileRows, error: duckdb.Error) -> Exception:
    """What to raise when DuckDB fails while it selects from `rows`; the machine's faults aren't blamed on the file."""
    if rows.error is not None:
        return UnreadableFileError(first_line(rows.error)) if isinstance(rows.error, READ_ERRORS) else rows.error
    return error if isinstance(error, MACHINE_ERRORS) else UnreadableFileError(first_line(error))


def _noting_errors(rows: FileRows, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except Exception as error:
        rows.error = error
        raise


@contextmanager
def unreadable_instead() -> Iterator[None]:
    """Turns the errors of files and their formats into `UnreadableFileError`."""
    try:
        yield
    except READ_ERRORS as error:
        raise UnreadableFileError(first_line(error)) from error


def first_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def plain_columns(count: int) -> tuple[str, ...]:
    """Names of a file's columns in the relation, whatever the file calls them."""
    return tuple(f"c{position}" for position in range(count))
