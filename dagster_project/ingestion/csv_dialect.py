"""The header and the delimiter of a CSV file."""

import csv
from collections.abc import Iterable

DELIMITERS = (",", ";", "\t")
# Python's own limit of 128 kB is too small for long notes and JSON.
LONGEST_FIELD = 1 << 24


def delimiter_of(header: str) -> str:
    """The delimiter that splits the header into most columns; a comma when it doesn't matter."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def strict_reader(lines: Iterable[str], delimiter: str) -> "csv._reader":  # type: ignore[name-defined]
    """Records of the lines; raises `csv.Error` for an open quote at the end and for text after a closing quote."""
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=delimiter, strict=True)
