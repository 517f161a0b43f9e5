"""Reads a folder of policy YAML. Every error names its file and line, and all are told at once."""

import io
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from policy.agreement import Place, unknown
from policy.by_name import filled_by_name
from policy.schema import Policy


class PolicyError(ValueError):
    """The policy can't be used. `problems` has one line per mistake, with file and line."""

    def __init__(self, directory: Path, problems: list[str]):
        self.directory = directory
        self.problems = problems
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(f"the policy in {directory} has {count}:\n" + "\n".join(f"  {line}" for line in problems))


@dataclass
class _Source:
    """What the files say (`values`, plain) and where (`nodes`, with line numbers), by top-level key."""

    values: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, tuple[str, CommentedMap]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def load_policy(directory: Path) -> Policy:
    """The policy of all `*.yml` in a folder; how the sections are split over files is free.

    Raises:
        PolicyError: the folder or a section is missing, or anything in a file is wrong.
    """
    source = _read(directory)
    if source.problems:
        raise PolicyError(directory, source.problems)
    try:
        return Policy.model_validate_json(json.dumps(filled_by_name(source.values)))
    except ValidationError as error:
        details = [detail for detail in error.errors() if not _follows_from_another(detail)]
        problems = [line for detail in details for line in _describe(detail, source, directory)]
        raise PolicyError(directory, problems) from None


def _read(directory: Path) -> _Source:
    source = _Source()
    files = sorted([*directory.glob("*.yml"), *directory.glob("*.yaml")])
    if not files:
        source.problems.append(f"{directory}: no *.yml file here; copy the folder policy/ of Nightjar to start from")
    for path in files:
        _read_file(path, source)
    return source


def _read_file(path: Path, source: _Source) -> None:
    try:
        tree, values = _parse(path.read_text(encoding="utf-8"))
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        source.problems.append(f"{path.name}:{_mark_line(error)}: the key {key!r} is there twice; keep one")
    except MarkedYAMLError as error:
        reason = " ".join(part for part in (error.context, error.problem) if part)
        source.problems.append(f"{path.name}:{_mark_line(error)}: isn't valid YAML: {reason}")
    except YAMLError as error:
        source.problems.append(f"{path.name}:1: isn't valid YAML: {str(error).splitlines()[0]}")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        source.problems.append(f"{path.name}:{line}: isn't UTF-8 text; save the file as UTF-8")
    except OSError as error:
        source.problems.append(f"{path.name}:1: can't be read: {error.strerror}")
    except ValueError:
        source.problems.append(f"{path.name}:1: an alias (*name) stands inside what it repeats; write it out")
    except TypeError:
        source.problems.append(f"{path.name}:1: every key must be text; one here is a list or a mapping")
    else:
        _take_sections(path.name, tree, values, source)


@lru_cache(maxsize=64)
def _parse(text: str) -> tuple[Any, Any]:
    """The YAML with line numbers, and plain. A night reads the same files a dozen times."""
    plain = YAML(typ="safe", pure=True).load(io.StringIO(text))
    return YAML(typ="rt").load(io.StringIO(text)), json.loads(json.dumps(plain, default=str))


def _take_sections(name: str, tree: Any, values: Any, source: _Source) -> None:
    if tree is None:
        return
    if not isinstance(tree, CommentedMap):
        source.problems.append(f"{name}:1: must have sections like `goals:` at the top (got a {_kind(values)})")
        return
    for section in tree:
        line = _key_line(tree, section) + 1
        if section not in Policy.model_fields:
            source.problems.append(f"{name}:{line}: {unknown('section', str(section), list(Policy.model_fields))}")
        elif section in source.nodes:
            other, node = source.nodes[section]
            earlier = f"{other}:{_key_line(node, section) + 1}"
            source.problems.append(f"{name}:{line}: the section {section!r} is already in {earlier}; keep one")
        else:
            source.nodes[section] = (name, tree)
            source.values[section] = values[section]


def _key_line(node: CommentedMap, key: Any, otherwise: int = 0) -> int:
    """The line of a key, from 0; `otherwise` for one that a merge (`<<:`) brought from elsewhere."""
    return int(node.lc.data[key][0]) if node.lc.data and key in node.lc.data else otherwise


def _mark_line(error: MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _follows_from_another(detail: ErrorDetails) -> bool:
    """Whether it only says that a list is too short because an entry of it is wrong."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _describe(detail: ErrorDetails, source: _Source, directory: Path) -> list[str]:
    """The line (or lines, for contradictions between sections) that tell a person about one pydantic error."""
    if detail["type"] == "contradiction":
        return [_line(place, message, source, directory) for place, message in detail["ctx"]["problems"]]
    place: Place = tuple(part for part in detail["loc"] if part != "[key]")
    return [_line(place, _message(detail, place), source, directory)]


def _line(place: Place, message: str, source: _Source, directory: Path) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"{_location(place, source, directory)}: {path}: {message}"


def _location(place: Place, source: _Source, directory: Path) -> str:
    """`file:line` of the deepest part of the place that is in a file."""
    if not place or place[0] not in source.nodes:
        return f"{directory}"
    name, node = source.nodes[str(place[0])]
    line = 0
    for part in place:
        if isinstance(node, CommentedMap) and part in node:
            line = _key_line(node, part, line)
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0]
        else:
            break
        node = node[part]
    return f"{name}:{line + 1}"


MESSAGES = {
    "greater_than_equal": "must be ≥ {ge}",
    "greater_than": "must be > {gt}",
    "less_than_equal": "must be ≤ {le}",
    "less_than": "must be < {lt}",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be lower-case letters, digits and _, and begin with a letter",
    "dict_type": "must be a mapping (`key: value` lines)",
    "model_type": "must be a mapping (`key: value` lines)",
    "model_attributes_type": "must be a mapping (`key: value` lines)",
}


def _message(detail: ErrorDetails, place: Place) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "missing":
        what = "section" if len(place) == 1 else "setting"
        return f"this {what} is missing; {_field_description(place)}"
    if kind == "extra_forbidden":
        return unknown("setting", str(place[-1]), _known_settings(place[:-1]))
    if kind == "literal_error":
        choices = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return unknown("choice", str(given), choices)
    bounds = {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}
    message = MESSAGES.get(kind, detail["msg"]).format(**bounds)
    return f"{message} (got {_shown(given)})"


def _shown(value: Any) -> str:
    return f"a {_kind(value)}" if isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False, default=str)


def _kind(value: Any) -> str:
    return "mapping" if isinstance(value, Mapping) else "list" if isinstance(value, list) else type(value).__name__


def _known_settings(place: Place) -> list[str]:
    model = _model_at(place)
    return list(model.model_fields) if model else []


def _field_description(place: Place) -> str:
    model = _model_at(place[:-1])
    described = model.model_fields[str(place[-1])].description if model else None
    return f"it says: {described}" if described else "add it"


def _model_at(place: Place) -> type[BaseModel] | None:
    """The pydantic type of what stands at a place of the policy; None when it isn't a mapping with fixed settings."""
    found: Any = Policy
    for part in place:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = found.model_fields[str(part)].annotation if part in found.model_fields else None
        elif get_origin(found) in (tuple, dict):
            found = next(kind for kind in reversed(get_args(found)) if kind is not Ellipsis)
        if get_origin(found) in (Union, types.UnionType):
            found = next(kind for kind in get_args(found) if kind is not type(None))
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None
