"""Column names of exports: brought to snake_case, then matched to the columns of the catalogue."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

DELETED_FLAGS = ("is_deleted", "_fivetran_deleted", "property_is_deleted", "property_isdeleted")
SYNCED_AT = "_fivetran_synced"
CONNECTOR_COLUMNS = frozenset((*DELETED_FLAGS, SYNCED_AT))


class HeaderError(ValueError):
    """A file's header can't be used; the message names the columns."""


@dataclass(frozen=True)
class HeaderMatch:
    """Where each column of a file goes.

    Attributes:
        declared: position in the file by declared column.
        connector: position in the file by connector column (deleted flags, time of synchronisation).
        unknown: position in the file by normalised name, for columns that the catalogue doesn't know.
        missing: declared columns that the file lacks.
    """

    declared: Mapping[str, int]
    connector: Mapping[str, int]
    unknown: Mapping[str, int]
    missing: tuple[str, ...]


def normalise_header(name: str) -> str:
    """One column name in snake_case: `AccountId` and `Account ID` give `account_id`, `Foo__c` gives `foo_c`.

    A leading underscore stays, since connectors mark their own columns with it. A name without any letter or digit
    gives an empty text.
    """
    text = name.replace("\ufeff", "").strip()
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    words = re.sub(r"[\W_]+", "_", text).strip("_").lower()
    words = re.sub(r"[\W_]+", "_", words).strip("_")
    return f"_{words}" if words and text.startswith("_") else words


def squash(name: str) -> str:
    """The name as it compares: `Product2Id`, `PRODUCT2ID` and `product_2_id` are one."""
    normalised = normalise_header(name)
    return ("_" if normalised.startswith("_") else "") + normalised.replace("_", "")


def normalise_headers(names: Sequence[str]) -> tuple[str, ...]:
    """All names of a file, in order; a name without letters becomes `column_<position>`.

    Raises:
        HeaderError: two names are the same after normalising; the message has both.
    """
    seen: dict[str, str] = {}
    for position, name in enumerate(names, start=1):
        normalised = normalise_header(name) or f"column_{position}"
        if normalised in seen:
            raise HeaderError(f"columns {seen[normalised]!r} and {name!r} are both {normalised}; rename or remove one")
        seen[normalised] = name
    return tuple(seen)


def match_headers(
    names: Sequence[str], columns: Iterable[str], aliases: Mapping[str, Sequence[str]], modified_at: Sequence[str]
) -> HeaderMatch:
    """Match normalised names of a file to declared columns: by the name itself, then by its aliases, then letters only.

    Args:
        names: normalised names, as `normalise_headers` gives them.
        columns: declared columns.
        aliases: other names of declared columns, best first.
        modified_at: columns that order versions; those that aren't declared count as connector columns.
    """
    columns = tuple(columns)
    positions = {name: position for position, name in enumerate(names)}
    declared = {column: positions[column] for column in columns if column in positions}
    taken = set(declared.values())
    by_letters = {squash(name): position for name, position in reversed(positions.items())}
    for column in columns:
        for wanted in (*aliases.get(column, ()), column):
            position = positions.get(wanted, by_letters.get(squash(wanted)))
            if column not in declared and position is not None and position not in taken:
                declared[column] = position
                taken.add(position)
    rest = {name: position for name, position in positions.items() if position not in taken}
    ours = CONNECTOR_COLUMNS | set(modified_at)
    return HeaderMatch(
        declared=declared,
        connector={name: position for name, position in rest.items() if name in ours},
        unknown={name: position for name, position in rest.items() if name not in ours},
        missing=tuple(column for column in columns if column not in declared),
    )
