"""Conditions in policy: expressions over documented columns, wherever a section has a field of this type."""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from policy.columns import COLUMNS, Column, trait_column

Place = tuple[str | int, ...]

SAFE_NAME = re.compile(r"[A-Za-z0-9_.]{1,100}")


class Condition(str):
    """An expression over the columns that docs/policy.md lists, as `contact_stage = 'mql' and count_reply_30d > 0`.

    True for a contact: matched; false, or null because something it asks isn't known: not matched. It is checked with
    the whole policy, as it may ask for traits.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1, strict=True))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "condition", "minLength": 1}


class PlacedCondition(NamedTuple):
    """A condition of a policy, and where it stands."""

    condition_id: str
    section: str
    name: str
    field: str
    place: Place
    expression: str


def condition_id(section: str, name: str, field: str = "who") -> str:
    """The id of the condition in a field of a section's entry: `actions:call_discovery:who`.

    It is written into SQL: of a name that isn't made of letters, digits, `_` and `.`, it has a digest.
    """
    safe = name if SAFE_NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{section}:{safe}:{field}"


def conditions_of(policy: BaseModel) -> list[PlacedCondition]:
    """Every condition of a policy, in the order of its sections.

    The name of an entry is its first field called `name` or ending in `_id`; without one, its position from 1.
    """
    return [
        PlacedCondition(condition_id(section, name, field), section, name, field, place, str(expression))
        for section, value in policy
        for name, field, place, expression in _walk(value, (section,), "", "")
    ]


def _walk(value: object, place: Place, name: str, field: str) -> Iterator[tuple[str, str, Place, str]]:
    if isinstance(value, Condition):
        yield name, field, place, value
    elif isinstance(value, BaseModel):
        for inner, content in value:
            yield from _walk(content, (*place, inner), name, f"{field}.{inner}" if field else inner)
    elif isinstance(value, tuple):
        for position, entry in enumerate(value):
            own = _name_of(entry, position)
            yield from _walk(entry, (*place, position), f"{name}.{own}" if name else own, field)
    elif isinstance(value, dict):
        for key, content in value.items():
            yield from _walk(content, (*place, key), f"{name}.{key}" if name else str(key), field)


def _name_of(entry: object, position: int) -> str:
    if isinstance(entry, BaseModel):
        for field, value in entry:
            if (field == "name" or field.endswith("_id")) and isinstance(value, str):
                return value
    return str(position + 1)


def columns_with_traits(traits: tuple[tuple[str, str], ...]) -> dict[str, Column]:
    """The documented columns, and those of a policy's traits (name, type)."""
    own = (trait_column(*trait) for trait in traits)
    return {column.name: column for column in own} | COLUMNS


@lru_cache(maxsize=1024)
def condition_sql(expression: str, traits: tuple[tuple[str, str], ...] = ()) -> str:
    """The SQL of a condition; see `policy.condition_sql.render_condition` for what it raises."""
    from policy.condition_sql import render_condition  # noqa: PLC0415 - sqlglot takes long to import

    return render_condition(expression, columns_with_traits(traits))


def condition_problems(policy: BaseModel, traits: tuple[tuple[str, str], ...]) -> Iterator[tuple[Place, str]]:
    """Where a condition is wrong, and why."""
    placed = conditions_of(policy)
    for each in placed:
        from policy.condition_tree import ConditionError  # noqa: PLC0415 - sqlglot takes long to import

        try:
            condition_sql(each.expression, traits)
        except ConditionError as error:
            at = f" (character {error.character} of the condition)" if error.character else ""
            yield each.place, error.message + at


def condition_rows(policy: BaseModel, traits: tuple[tuple[str, str], ...]) -> Iterator[dict[str, str]]:
    """One row per condition, with the SQL that says it."""
    for each in conditions_of(policy):
        yield {
            "condition_id": each.condition_id, "section": each.section, "name": each.name, "field": each.field,
            "expression": each.expression, "condition_sql": condition_sql(each.expression, traits),
        }  # fmt: skip
