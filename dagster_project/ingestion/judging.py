"""The SQL that turns the rows of a file into typed rows, each with the first thing that is wrong with it, if any."""

from collections.abc import Iterable

from dagster_project.ingestion.catalogue import ColumnType, RawObject
from dagster_project.ingestion.conversion import FAULTS, conversion
from dagster_project.ingestion.headers import DELETED_FLAGS, HeaderMatch
from dagster_project.ingestion.reading import FAULT_COLUMNS, RELATION, FileRows

LONGEST_VALUE, LONGEST_RAW_TEXT = 100, 2_000


def judged_rows(raw_object: RawObject, rows: FileRows, match: HeaderMatch) -> str:
    """A query over `RELATION`, one row per row of the file: the raw table's columns but for `_loaded_at`, and a fault.

    Its parameters are `file`, `file_modified_at` and `seen_on`. Where `_fault_reason` isn't null, the other values mean
    nothing.
    """
    kinds = {name: _kind(raw_object, name) for name in (*match.declared, *match.connector)}
    return f"""
        with texts as (
            select
                {_listed([*_texts(rows, match, kinds), "_line", *_read_faults(rows)])},
                {_extra(rows, match)} as _extra
            from {RELATION}
        ),
        typed as (select {_listed(["*", *_typed(raw_object, kinds)])} from texts),
        judged as (select *, {_fault(raw_object, kinds)} as _fault from typed)
        select
            {_values(raw_object, kinds)},
            _extra,
            {_is_deleted(kinds)} as _is_deleted,
            {_modified_at(raw_object, kinds)} as _modified_at,
            $file as _file,
            cast($file_modified_at as timestamp) as _file_modified_at,
            _line,
            cast($seen_on as date) as _loaded_on,
            {_key(raw_object, kinds)} as _key,
            _fault.column_name as _fault_column,
            _fault.reason as _fault_reason,
            case when _fault is not null then left(coalesce(_raw_text, {_row_as_json(kinds)}), {LONGEST_RAW_TEXT}) end
                as _raw_text
        from judged
    """


def _kind(raw_object: RawObject, name: str) -> ColumnType:
    if name in raw_object.columns:
        return raw_object.columns[name]
    return "boolean" if name in DELETED_FLAGS else "timestamp"


def _texts(rows: FileRows, match: HeaderMatch, kinds: dict[str, ColumnType]) -> list[str]:
    """Texts as they are; what becomes something else is trimmed."""
    texts = {name: rows.texts[position] for name, position in {**match.declared, **match.connector}.items()}
    trimmed = {name: text if kinds[name] == "text" else f"nullif(trim({text}), '')" for name, text in texts.items()}
    return [f'{text} as "{name}"' for name, text in trimmed.items()]


def _extra(rows: FileRows, match: HeaderMatch) -> str:
    """What the catalogue doesn't know, as one JSON object of texts; null when there is nothing."""
    return _json_object({name: rows.texts[position] for name, position in match.unknown.items()})


def _json_object(texts: dict[str, str]) -> str:
    if not texts:
        return "cast(null as varchar)"
    pairs = _listed(f"{_literal(_json_name(name))} || cast(to_json({text}) as varchar)" for name, text in texts.items())
    return f"'{{' || nullif(concat_ws(',', {pairs}), '') || '}}'"


def _json_name(name: str) -> str:
    return f'"{name}":'


def _read_faults(rows: FileRows) -> list[str]:
    return [column if rows.has_faults else f"cast(null as varchar) as {column}" for column in FAULT_COLUMNS]


def _typed(raw_object: RawObject, kinds: dict[str, ColumnType]) -> list[str]:
    return [f"{_value(raw_object, name, kind)} as {_typed_name(name)}" for name, kind in kinds.items()]


def _value(raw_object: RawObject, name: str, kind: ColumnType) -> str:
    if name in raw_object.allowed:
        spellings = " ".join(
            f"when {_literal(value.lower())} then {_literal(value)}" for value in raw_object.allowed[name]
        )
        return f'case lower(trim("{name}")) {spellings} end'
    return conversion(kind, f'"{name}"')


def _typed_name(name: str) -> str:
    """No normalised column name has two underscores in a row."""
    return f'"{name}__typed"'


def _fault(raw_object: RawObject, kinds: dict[str, ColumnType]) -> str:
    def value(name: str) -> str:
        return _typed_name(name) if name in kinds else "null"

    found = ["when _fault_reason is not null then {'column_name': _fault_column, 'reason': _fault_reason}"]
    for name, kind in kinds.items():
        if kind != "text" or name in raw_object.allowed:
            fault = _not_allowed(raw_object, name) if name in raw_object.allowed else FAULTS[kind]
            shown = f"'''' || left(\"{name}\", {LONGEST_VALUE}) || ''' ' || {_literal(fault)}"
            found.append(_when(f'"{name}" is not null and {value(name)} is null', name, shown))
    for name in raw_object.key:
        found.append(_when(f"{value(name)} is null or trim(cast({value(name)} as varchar)) = ''", name, "'is missing'"))
    if raw_object.any_of:
        all_empty = " and ".join(f"{value(name)} is null" for name in raw_object.any_of)
        found.append(_when(all_empty, " or ".join(raw_object.any_of), "'is missing'"))
    found += [_when(f"{value(name)} is null", name, "'is missing'") for name in raw_object.not_null]
    return f"case {' '.join(found)} end"


def _when(condition: str, column: str, reason: str) -> str:
    return f"when {condition} then {{'column_name': {_literal(column)}, 'reason': {reason}}}"


def _not_allowed(raw_object: RawObject, name: str) -> str:
    return f"is not one of {', '.join(raw_object.allowed[name])}"


def _values(raw_object: RawObject, kinds: dict[str, ColumnType]) -> str:
    return _listed(f'{_typed_name(name) if name in kinds else "null"} as "{name}"' for name in raw_object.columns)


def _is_deleted(kinds: dict[str, ColumnType]) -> str:
    flags = [f"coalesce({_typed_name(flag)}, false)" for flag in DELETED_FLAGS if flag in kinds]
    return " or ".join(flags) or "false"


def _modified_at(raw_object: RawObject, kinds: dict[str, ColumnType]) -> str:
    times = [f"cast({_typed_name(name)} as timestamp)" for name in raw_object.modified_at if name in kinds]
    return f"coalesce({_listed(times)})" if times else "cast(null as timestamp)"


def _key(raw_object: RawObject, kinds: dict[str, ColumnType]) -> str:
    """The row's key as one text. A key of several columns escapes its separator, so that two keys never look alike."""
    if not raw_object.key:
        filled = [f"'{name}=' || cast({_typed_name(name)} as varchar)" for name in raw_object.columns if name in kinds]
        return f"md5(concat_ws({_listed(['chr(31)', _literal(raw_object.label), *filled])}))"
    texts = [f"cast({_typed_name(name)} as varchar)" for name in raw_object.key if name in kinds]
    if len(texts) < 2:
        return texts[0] if texts else "cast(null as varchar)"
    escaped = (f"replace(replace({text}, '\\', '\\\\'), '|', '\\|')" for text in texts)
    return f"concat_ws('|', {_listed(escaped)})"


def _row_as_json(kinds: dict[str, ColumnType]) -> str:
    return _json_object({**{name: f'"{name}"' for name in kinds}, "_extra": "_extra"})


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
