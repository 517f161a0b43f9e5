"""Every setting of the policy as a row of its own, so that whoever asks finds all of it in one table."""

import json
from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel

Row = dict[str, object]


def setting_rows(policy: BaseModel) -> Iterator[Row]:
    """One row per setting, defaults included: section, path, value (JSON), number (of numbers) and what it means.

    An entry of a list is named in the path by its first field called `name` or ending in `_id`, else by its first text;
    an entry without either by its place from 1.
    """
    for section, value in policy:
        yield from _rows(section, section, value, str(type(policy).model_fields[section].description))


def _rows(section: str, path: str, value: object, description: str) -> Iterator[Row]:
    if isinstance(value, BaseModel):
        for name, inner in value:
            yield from _rows(section, f"{path}.{name}", inner, str(type(value).model_fields[name].description))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _rows(section, f"{path}.{name}", inner, description)
    elif isinstance(value, tuple) and any(isinstance(entry, BaseModel) for entry in value):
        for name, entry in zip(_names(value), value, strict=True):
            yield from _rows(section, f"{path}.{name}", entry, description)
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        yield {
            "section": section, "path": path, "value": json.dumps(value, default=_as_text, ensure_ascii=False),
            "number": float(str(value)) if is_number else None, "description": description,
        }  # fmt: skip


def _names(entries: tuple[object, ...]) -> list[str]:
    """The entries' names; a name that is used twice gets its place behind it."""
    names: list[str] = []
    for place, entry in enumerate(entries, 1):
        texts = {name: text for name, text in entry if isinstance(text, str)} if isinstance(entry, BaseModel) else {}
        own = [text for name, text in texts.items() if name == "name" or name.endswith("_id")] or [*texts.values()]
        name = own[0] if own else str(place)
        names.append(f"{name}.{place}" if name in names else name)
    return names


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
