"""How records are compared, read from the rows that a data engineer edits, and given to Splink."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from splink import SettingsCreator
from splink.comparison_level_library import CustomLevel, ElseLevel
from splink.comparison_library import CustomComparison

from models.match_blocks import BlockingRule
from models.match_columns import COMPARED

NULL, ELSE = "null", "else"
SETTINGS = (
    "join_threshold", "keep_threshold", "largest_block", "pairs_per_record", "most_pairs", "training_records",
    "retraining_growth", "duplicates_per_record",
)  # fmt: skip


class MatchRulesError(ValueError):
    """A row of the matching seeds can't be used; the message names it."""


@dataclass(frozen=True)
class Level:
    """How far two values agree, and how often those of one person (m) and of two people (u) do so."""

    comparison: str
    name: str
    condition: str | None  # SQL over the columns of both records: `_l` and `_r`
    m: float
    u: float
    is_trained: bool
    term_frequency: str | None  # the column whose common values say less


@dataclass(frozen=True)
class MatchRules:
    """All that people decide about matching."""

    levels: tuple[Level, ...]
    blocking: tuple[BlockingRule, ...]
    settings: Mapping[str, float]
    version: str

    def comparisons(self) -> list[str]:
        """Their names, in order."""
        return list(dict.fromkeys(level.comparison for level in self.levels))


def read_rules(comparisons: pl.DataFrame, blocking_rules: pl.DataFrame, settings: pl.DataFrame) -> MatchRules:
    """The rules from rows of the seeds `match_comparisons`, `match_blocking_rules` and `match_settings`.

    Raises:
        MatchRulesError: a row names an unknown column, lacks a condition or a probability, or a comparison doesn't lead
            from `null` to `else`, or a setting is missing.
    """
    ordered = comparisons.sort("comparison_rank", "level_rank")
    levels = tuple(_read_level(row) for row in ordered.iter_rows(named=True))
    for comparison in dict.fromkeys(level.comparison for level in levels):
        names = [level.name for level in levels if level.comparison == comparison]
        if names[0] != NULL or names[-1] != ELSE or len(set(names)) < len(names):
            raise MatchRulesError(
                f"match_comparisons: {comparison} must lead from `null` to `else`, each once: {names}"
            )
    values = dict(settings.select("setting", "value").iter_rows())
    missing = [name for name in SETTINGS if values.get(name) is None]
    if missing:
        raise MatchRulesError(f"match_settings: {', '.join(missing)} missing")
    rules = blocking_rules.filter("is_active").sort("blocking_rule")
    blocking = tuple(_read_blocking_rule(row) for row in rules.iter_rows(named=True))
    known = {name: float(values[name]) for name in SETTINGS}
    text = repr((levels, blocking, sorted(known.items())))
    return MatchRules(levels, blocking, known, hashlib.sha256(text.encode()).hexdigest()[:16])


def splink_settings(levels: tuple[Level, ...], chance: float, *, with_levels: bool) -> SettingsCreator:
    """The model as Splink takes it.

    Args:
        levels: with the probabilities to use.
        chance: probability that two random records are one person.
        with_levels: whether predictions tell the level of each comparison (`gamma_<comparison>`).
    """
    comparisons: list[Any] = [
        CustomComparison(
            output_column_name=comparison,
            comparison_levels=[_splink_level(level) for level in levels if level.comparison == comparison],
        )
        for comparison in dict.fromkeys(level.comparison for level in levels)
    ]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_key",
        probability_two_random_records_match=chance,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[],
        retain_intermediate_calculation_columns=with_levels,
        retain_matching_columns=with_levels,
    )


def _read_level(row: Mapping[str, Any]) -> Level:
    level = Level(
        row["comparison"], row["level"], row["condition"], row["m_probability"] or 0.0, row["u_probability"] or 0.0,
        bool(row["is_trained"]), row["term_frequency"],
    )  # fmt: skip
    where = f"match_comparisons: {level.comparison} {level.name}"
    used = {name[:-2] for name in re.findall(r"\b[a-z_]+_[lr]\b", level.condition or "")}
    unknown = (used | ({level.term_frequency} if level.term_frequency else set())) - set(COMPARED)
    if unknown:
        raise MatchRulesError(f"{where}: unknown column {', '.join(sorted(unknown))}; known: {', '.join(COMPARED)}")
    if (level.name != ELSE) != (level.condition is not None):
        raise MatchRulesError(f"{where}: every level has a condition but `else`")
    if level.name != NULL and not (0 < level.m < 1 and 0 < level.u < 1):
        raise MatchRulesError(f"{where}: m_probability and u_probability must lie between 0 and 1")
    return level


def _read_blocking_rule(row: Mapping[str, Any]) -> BlockingRule:
    parts = tuple((row["columns"] or "").split())
    unknown = [
        part for part in parts if not re.fullmatch(r"[a-z_]+(:\d+)?", part) or part.split(":")[0] not in COMPARED
    ]
    if unknown or not parts:
        raise MatchRulesError(f"match_blocking_rules: {row['blocking_rule']}: unknown column {', '.join(unknown)}")
    return BlockingRule(row["blocking_rule"], parts, bool(row["is_coarse"]))


def _splink_level(level: Level) -> Any:
    if level.name == ELSE:
        return ElseLevel().configure(m_probability=level.m, u_probability=level.u)
    # Splink translates the condition for other engines than DuckDB
    custom = CustomLevel(str(level.condition), level.name, base_dialect_str="duckdb")
    if level.name == NULL:
        return custom.configure(is_null_level=True)
    frequency: dict[str, Any] = {"tf_adjustment_column": level.term_frequency} if level.term_frequency else {}
    return custom.configure(m_probability=level.m, u_probability=level.u, **frequency)
