"""The catalogue of what Nightjar reads: `objects.yml`, typed. A mistake in it is an error that names object and key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dagster_project.ingestion.headers import normalise_header, squash

ColumnType = Literal["text", "timestamp", "date", "integer", "number", "boolean", "json"]
IdentifierKind = Literal["email", "phone", "salesforce", "hubspot", "user", "device"]
SETTINGS = {
    "key", "modified_at", "required", "any_of", "not_null", "allowed", "also", "person", "outlives_person", "columns",
}  # fmt: skip
CONTENT = "content"
DEFAULT_PATH = Path(__file__).with_name("objects.yml")


class CatalogueError(ValueError):
    """The catalogue can't be used; the message names the object and what is wrong."""


@dataclass(frozen=True)
class RawObject:
    """One kind of exported row and how to read it.

    Attributes:
        source: the system, first folder of the exports.
        name: the object, second folder of the exports.
        columns: type by column name, in the order of the raw table.
        key: columns that identify a row; empty when all declared columns together do.
        modified_at: columns of which the first filled one orders the versions of a row.
        required: columns without which a file isn't read.
        any_of: columns of which at least one is filled in every row.
        not_null: columns that are filled in every row.
        allowed: values that a column may have.
        aliases: other names of a column, best first.
        person: columns that name the person whom a row is about, and the kind of identifier in them.
        outlives_person: whether the row stays without these columns when that person is forgotten.
    """

    source: str
    name: str
    columns: Mapping[str, ColumnType]
    key: tuple[str, ...]
    modified_at: tuple[str, ...]
    required: tuple[str, ...]
    any_of: tuple[str, ...]
    not_null: tuple[str, ...]
    allowed: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    person: Mapping[str, IdentifierKind] = field(default_factory=dict)
    outlives_person: bool = False

    @property
    def label(self) -> str:
        return f"{self.source}/{self.name}"

    @property
    def table_name(self) -> str:
        return f"{self.source}__{self.name}"

    @property
    def table(self) -> str:
        return f"raw.{self.table_name}"

    @property
    def description(self) -> str:
        grain = " × ".join(self.key) if self.key else "distinct content"
        return f"One row per {grain}: {self.label} as exported, latest version."


@dataclass(frozen=True)
class Catalogue:
    """All objects, in the order of the file."""

    objects: tuple[RawObject, ...]

    def find(self, source: str, name: str) -> RawObject | None:
        """The object of a folder; letter case and underscores of the folder don't matter."""
        wanted = (squash(source), squash(name))
        return next((each for each in self.objects if (squash(each.source), squash(each.name)) == wanted), None)

    def names_of(self, source: str) -> tuple[str, ...]:
        return tuple(each.name for each in self.objects if squash(each.source) == squash(source))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.source for each in self.objects))


def load_catalogue(path: Path = DEFAULT_PATH) -> Catalogue:
    """Read a catalogue.

    Raises:
        CatalogueError: the file isn't YAML, has an unknown key, or contradicts itself.
    """
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise CatalogueError(f"{path}: {error}") from error
    if not isinstance(content, dict) or not content:
        raise CatalogueError(f"{path}: expected one `source/object:` entry per kind of row")
    return Catalogue(tuple(_object(label, settings) for label, settings in content.items()))


def _object(label: str, settings: Any) -> RawObject:
    source, separator, name = str(label).partition("/")
    if not separator or normalise_header(source) != source or "/" in name:
        raise CatalogueError(f"{label}: expected `source/object` in snake_case")
    if not isinstance(settings, dict):
        raise CatalogueError(f"{label}: expected settings like `key:` and `columns:`")
    unknown = sorted(set(settings) - SETTINGS)
    if unknown:
        raise CatalogueError(f"{label}: unknown key `{unknown[0]}`; known: {', '.join(sorted(SETTINGS))}")
    key = _names(label, settings, "key")
    if not key:
        raise CatalogueError(f"{label}: no `key`; name its columns, or write [content]")
    found = RawObject(
        source=source,
        name=name,
        columns=_columns(label, settings.get("columns")),
        key=() if key == (CONTENT,) else key,
        modified_at=_names(label, settings, "modified_at"),
        required=_names(label, settings, "required"),
        any_of=_names(label, settings, "any_of"),
        not_null=_names(label, settings, "not_null"),
        allowed={column: tuple(values) for column, values in (settings.get("allowed") or {}).items()},
        aliases={column: tuple(names) for column, names in (settings.get("also") or {}).items()},
        person=_person(label, settings.get("person") or {}),
        outlives_person=bool(settings.get("outlives_person", False)),
    )
    _refuse_undeclared(found)
    return found


def _names(label: str, settings: Mapping[str, Any], setting: str) -> tuple[str, ...]:
    names = settings.get(setting, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CatalogueError(f"{label}: `{setting}` must be a list of column names")
    return tuple(names)


def _person(label: str, person: Mapping[str, Any]) -> dict[str, IdentifierKind]:
    for column, kind in person.items():
        if kind not in get_args(IdentifierKind):
            raise CatalogueError(f"{label}: `person` has the unknown kind {kind!r} for {column}")
    return cast("dict[str, IdentifierKind]", dict(person))


def _columns(label: str, columns: Any) -> dict[str, ColumnType]:
    if not isinstance(columns, dict) or not columns:
        raise CatalogueError(f"{label}: no `columns`")
    seen: dict[str, str] = {}
    for column, kind in columns.items():
        if kind not in get_args(ColumnType):
            raise CatalogueError(f"{label}: column {column} has the unknown type {kind!r}; {get_args(ColumnType)}")
        if normalise_header(column) != column or column.startswith("_"):
            raise CatalogueError(f"{label}: column {column} isn't snake_case beginning with a letter")
        other = seen.setdefault(squash(column), column)
        if other != column:
            raise CatalogueError(f"{label}: columns {other} and {column} can't be told apart in a header")
    return cast("dict[str, ColumnType]", dict(columns))


def _refuse_undeclared(found: RawObject) -> None:
    mentioned = {
        "key": found.key,
        "required": found.required,
        "any_of": found.any_of,
        "not_null": found.not_null,
        "allowed": found.allowed,
        "also": found.aliases,
        "person": found.person,
    }
    for setting, names in mentioned.items():
        for name in names:
            if name not in found.columns:
                raise CatalogueError(f"{found.label}: `{setting}` names {name}, which isn't in `columns`")
    for name in found.key:
        if name not in found.required:
            raise CatalogueError(f"{found.label}: {name} is in `key`, so it must be in `required`")
