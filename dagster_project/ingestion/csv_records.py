"""CSV line by line: records with their lines, or what is wrong with a line. A bad line is left out."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dagster_project.ingestion.csv_lines import CsvLines
from dagster_project.ingestion.text_lines import bad_bytes, printable, text_of

DELIMITERS = (",", ";", "\t")
# A quote that stays open longer than this was never meant as one.
MOST_LINES_OF_A_RECORD = 2_000
# Python's own limit of 128 kB is too small for long notes and JSON.
LONGEST_FIELD = 1 << 24


class HeaderlessFileError(ValueError):
    """A CSV file without a usable header; the message says why."""


@dataclass(frozen=True)
class Record:
    """One record, or what is wrong with a line. `line` is physical and counts from 1."""

    line: int
    values: list[str]
    column: str | None = None
    reason: str | None = None
    raw_text: str | None = None


class _Taken:
    """The lines of the record that is being read."""

    def __init__(self, lines: CsvLines) -> None:
        self._lines = lines
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MOST_LINES_OF_A_RECORD:
            raise csv.Error("a quote that is never closed")
        line = self._lines.take_line()
        if not line:
            raise StopIteration
        self._taken.append(line)
        return text_of(line)

    def finish(self) -> str:
        """Deal with all lines taken; returns them."""
        text = text_of(b"".join(self._taken))
        self._taken.clear()
        return text

    def finish_first(self) -> str:
        """Deal with the first line taken only, and return it; the others will be taken again."""
        first, *others = self._taken
        self._lines.give_back_lines(others)
        self._taken.clear()
        return text_of(first)


def read_header(lines: CsvLines) -> tuple[tuple[str, ...], str]:
    """The names of the first line that isn't blank, as they are, and the delimiter.

    Raises:
        HeaderlessFileError: the file is empty, or the line isn't UTF-8 or isn't CSV.
    """
    while first := lines.take_line():
        if first.strip(b" \t\r\n"):
            break
    else:
        raise HeaderlessFileError("it is empty: not even a header")
    bad = bad_bytes(text_of(first))
    if bad:
        raise HeaderlessFileError(f"its header isn't UTF-8 (byte {bad})")
    lines.give_back_lines([first])
    delimiter = _delimiter_of(text_of(first))
    try:
        return tuple(next(_strict_reader(_Taken(lines), delimiter))), delimiter
    except csv.Error as error:
        raise HeaderlessFileError(f"its header isn't CSV: {_reason(error)}") from error


def read_records(lines: CsvLines, names: tuple[str, ...], delimiter: str, until: int) -> Iterator[Record]:
    """The records that begin before line `until`, in order; blank lines are passed over.

    A record of too many or too few columns, or with a quote that nobody closes, costs its first line only.
    """
    taken = _Taken(lines)
    reader = _strict_reader(taken, delimiter)
    while lines.line < until:
        line = lines.line
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, [], None, _reason(error), printable(taken.finish_first()))
            reader = _strict_reader(taken, delimiter)
            continue
        if not values:
            taken.finish()
        elif len(values) == len(names):
            yield _decoded(Record(line, values), names, taken.finish())
        else:
            count = f"{len(values)} column{'' if len(values) == 1 else 's'}"
            reason = f"{count} where the header has {len(names)}"
            yield Record(line, [], None, reason, printable(taken.finish_first()))


def _decoded(record: Record, names: tuple[str, ...], text: str) -> Record:
    bad = bad_bytes(text)
    if not bad:
        return record
    column = next(name for name, value in zip(names, record.values, strict=True) if bad_bytes(value))
    return Record(record.line, [], column, f"isn't UTF-8 (byte {bad})", printable(text))


def _delimiter_of(header: str) -> str:
    """The delimiter that splits the header into most columns; a comma when it doesn't matter."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def _strict_reader(lines: Iterable[str], delimiter: str) -> "Iterator[list[str]]":
    """Records; raises `csv.Error` for a quote open at the end and for text after a closing quote."""
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _reason(error: csv.Error) -> str:
    """Python's words for it, in ours."""
    text = str(error)
    if "end of data" in text or "never closed" in text:
        return "a quote that is never closed"
    if "expected after" in text:
        return "text after a closing quote"
    return text
