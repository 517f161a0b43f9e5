"""The policy's JSON Schema for editors and its reference page, both made from the types."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from policy.by_name import ACTIONS, BELIEFS, CHANNELS, HORIZONS, NAMED
from policy.conditions_page import conditions_page
from policy.schema import Policy

SCHEMA_FILE = "policy.schema.json"

TYPE_WORDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "null": "null",
}

INTRODUCTION = """\
# The policy, setting by setting

The policy says what the business wants, what may be done, and what must not be exceeded. It is a folder of `*.yml`
files (`policy/`, or `--policy DIR`); how the sections are split over files is free, each section stands once. `goals`
and `actions` must be given; for what is left out, the default below holds, or what [the name](#by-name) says. An
unknown or impossible setting stops the night before it begins, with file and line. Money is in whole cents.

    nightjar policy check              is it right; what may be unwise
    nightjar policy diff --home DIR    what it changes against the last night; or --against DIR, another policy
    nightjar policy simulate --home DIR    what it would have done on the last night
    nightjar policy schema             rewrite policy.schema.json, which gives editors completion and checks
    nightjar policy docs               rewrite this page

This page is made from the types in `policy/schema.py`; a test keeps it current.
"""

BY_NAME = """\
## By name

A channel called as below needs no more than its name, and `channels` may be left out: the channels that the actions use
are taken. An action on such a channel needs its id and channel, a goal its id (an outcome, or `click`, `opportunity`,
`win`) and its value. What is given counts. The quiet hours and `send_hour` hold as a set: give one, and the others are
as in the type's default; so do `needs_owner` and `is_seller_action`.
"""


def json_schema() -> str:
    """The JSON Schema of one policy file. A file may hold any of the sections, so none is required in it."""
    schema = Policy.model_json_schema()
    del schema["required"]
    for name, settings in NAMED.items():
        schema["$defs"][name]["required"] = [each for each in schema["$defs"][name]["required"] if each not in settings]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Nightjar policy"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """The Markdown of `docs/policy.md`: one table per section, one line per setting."""
    schema = Policy.model_json_schema()
    definitions = schema["$defs"]
    parts = [INTRODUCTION]
    for section, described in schema["properties"].items():
        is_required = section in schema["required"] and section != "channels"
        required = "must be given" if is_required else "may be left out"
        parts.append(f"## {section}\n\n{described['description']} This section {required}.\n")
        kind = _type_name(described)
        name = _inner_definition(described)
        shape = {"list": "A list; each entry:", "mapping": "A mapping from {keys} to:"}.get(kind, "Settings:")
        parts.append(shape.format(keys=_choices(described.get("propertyNames", {}), definitions) or "names") + "\n")
        parts.extend(_tables(name, definitions))
    return "\n".join([*parts, _by_name(), conditions_page()])


def _by_name() -> str:
    """What the names of goals, channels and actions say, as tables."""
    channels = {name: {**CHANNELS[name], **ACTIONS[name]} for name in CHANNELS}
    settings = list(dict.fromkeys(setting for known in channels.values() for setting in known))
    return "\n".join([
        BY_NAME,
        f"| setting | {' | '.join(_one_of([name]) for name in channels)} |",
        "|---" * (len(channels) + 1) + "|",
        *(f"| `{each}` | {' | '.join(_shown(known.get(each)) for known in channels.values())} |" for each in settings),
        "",
        "| outcome | horizon_days | believed uplift of an action, by channel |",
        "|---|---|---|",
        *(
            f"| `{outcome}` | {days} | "
            + ", ".join(f"`{name}` {believed[outcome]:g}" for name, believed in BELIEFS.items() if outcome in believed)
            + " |"
            for outcome, days in HORIZONS.items()
        ),
        "",
    ])  # fmt: skip


def _shown(value: object) -> str:
    return "" if value is None else ", ".join(value) if isinstance(value, list) else str(value).lower()


def _tables(name: str, definitions: dict[str, Any]) -> Iterator[str]:
    """The table of a type, then those of the types inside its lists and settings, each once."""
    definition = definitions[name]
    lines = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    nested: dict[tuple[str, str], list[str]] = {}
    for setting, described in definition["properties"].items():
        is_named = setting in NAMED.get(name, ())
        default = "by name" if is_named else _default(described, setting in definition.get("required", ()))
        lines.append(f"| `{setting}` | {_type_text(described)} | {default} | {described['description']} |")
        if inner := _inner_definition(described):
            entries = "Each entry of" if _type_name(described) == "list" else "Settings of"
            nested.setdefault((entries, inner), []).append(f"`{setting}`")
    yield "\n".join(lines) + "\n"
    for (entries, inner), settings in nested.items():
        yield f"{entries} {', '.join(settings)}:\n"
        yield from _tables(inner, definitions)


def _type_name(described: dict[str, Any]) -> str:
    return {"array": "list", "object": "mapping"}.get(described.get("type", ""), "settings")


def _inner_definition(described: dict[str, Any]) -> str:
    """The name of the type that a section or list is made of; empty for plain values."""
    inner = described.get("items") or described.get("additionalProperties") or described
    return str(inner.get("$ref", "")).rpartition("/")[2]


def _choices(described: dict[str, Any], definitions: dict[str, Any]) -> str:
    named = definitions.get(str(described.get("$ref", "")).rpartition("/")[2], described)
    return _one_of(named.get("enum", ()))


def _one_of(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _type_text(described: dict[str, Any]) -> str:
    if "anyOf" in described:
        return " or ".join(_type_text(each) for each in described["anyOf"])
    if "enum" in described:
        return _one_of(described["enum"])
    if "$ref" in described:
        return "settings"
    kind = described.get("type")
    if kind == "array":
        inner = described["items"]
        return "list" if "$ref" in inner else f"list of {_type_text(inner)}"
    if kind == "object":
        return f"mapping from goal to {_type_text(next(iter(described['patternProperties'].values())))}"
    if described.get("format") == "date":
        kind = "date"
    words = {
        "date": "date (2026-03-31)",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "string": "text",
        "null": "null",
    }
    if described.get("format") == "condition":
        words["string"] = "[condition](#conditions)"
    return words[str(kind)] + _bounds(described)


def _bounds(described: dict[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    bounds = [f"{sign} {described[key]:g}" for key, sign in signs.items() if key in described]
    return f" {', '.join(bounds)}" if bounds else ""


def _default(described: dict[str, Any], is_required: bool) -> str:
    """The default as JSON; one that is a list of entries stands in the packaged files."""
    if is_required:
        return "required"
    return f"`{json.dumps(described['default'])}`" if "default" in described else "as packaged"
