"""Which records are probably one person, by the model of Fellegi and Sunter.

"A Theory for Record Linkage", 1969, doi.org/10.1080/01621459.1969.10501049.

Splink computes it, on whatever engine the caller passes as `backend` (a `splink` database API).
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl
from splink import Linker
from splink import logging as splink_logging

from models.match_blocks import candidate_pairs
from models.match_rules import ELSE, NULL, MatchRules, splink_settings

splink_logging.disable()
DIGITS = 6
PAIR = ("left_record", "right_record")
TERM_SHARES = {"term": pl.String, "share": pl.Float64}
PLACE = pl.col("term").str.extract(r"^([^|]*\|)").fill_null("")  # of a local value: `ES|`


@dataclass(frozen=True)
class MatchParameters:
    """What is learnt from records, and kept until the rules change.

    `m` and `u`: (comparison, level) → probability. `chance`: that two random records are one person. `frequencies`:
    column → value → its share, and of what is not listed (see `match_training`). `limits`: see `block_limits`.
    """

    m: dict[str, float]
    u: dict[str, float]
    chance: float
    frequencies: dict[str, dict[str, float]]
    limits: dict[str, int]

    def to_json(self) -> str:
        """As text, which `read_parameters` reads."""
        return json.dumps(asdict(self), sort_keys=True)


def read_parameters(rows: pl.DataFrame) -> MatchParameters:
    """Those of the one row of `match_parameters`, whose `parameters` `to_json` wrote."""
    return MatchParameters(**json.loads(rows["parameters"].item()))


def probable_pairs(
    records: pl.DataFrame,
    rules: MatchRules,
    parameters: MatchParameters,
    backend: Any,
    changed: pl.Series | None = None,
) -> pl.DataFrame:
    """Pairs that are probably one person.

    Args:
        records: see `comparable_records`.
        backend: the engine that Splink computes on.
        changed: only pairs with one of these records; None means all.

    Returns:
        one row per pair whose probability reaches `keep_threshold`, in order: `left_record`, `right_record`,
        `match_score` (the probability), `evidence` (each comparison and its level, the ones without a value left out).
    """
    pairs = candidate_pairs(records, rules.blocking, parameters.limits, changed)
    scored = score_pairs(records, pairs, rules, parameters, backend, threshold=rules.settings["keep_threshold"])
    likely = scored.select(*PAIR)
    explained = score_pairs(records, likely, rules, parameters, backend, with_levels=True)
    return explained.select(*PAIR, "match_score", evidence=_evidence(rules))


def score_pairs(
    records: pl.DataFrame,
    pairs: pl.DataFrame,
    rules: MatchRules,
    parameters: MatchParameters,
    backend: Any,
    *,
    threshold: float = 0.0,
    with_levels: bool = False,
) -> pl.DataFrame:
    """The probability that each pair is one person.

    Args:
        pairs: `left_record`, `right_record`.
        threshold: leave out less probable pairs.
        with_levels: add `gamma_<comparison>`: -1 without a value, 0 for `else`, more for a higher level.

    Returns:
        one row per pair, in order: `left_record`, `right_record`, `match_score`.
    """
    gammas = [f"gamma_{comparison}" for comparison in rules.comparisons()] if with_levels else []
    if pairs.is_empty():
        schema = {**dict.fromkeys(PAIR, pl.String), "match_score": pl.Float64, **dict.fromkeys(gammas, pl.Int32)}
        return pl.DataFrame(schema=schema)
    used = pl.concat([pairs["left_record"], pairs["right_record"]]).unique()
    frame = records.filter(pl.col("record_key").is_in(used.implode())).sort("record_key")
    levels = tuple(
        level if level.name == NULL else replace(level, m=parameters.m[key], u=parameters.u[key])
        for level, key in ((level, f"{level.comparison} {level.name}") for level in rules.levels)
    )
    settings = splink_settings(levels, parameters.chance, with_levels=with_levels)
    linker = Linker(backend.register(frame.to_arrow()), settings, log_level="ERROR")
    for column in term_frequency_columns(rules):
        shares = _shares(frame[column], parameters.frequencies[column])
        linker.table_management.register_term_frequency_lookup(backend.register(shares.to_arrow()), column)
    blocked = pairs.select(join_key_l="left_record", join_key_r="right_record", match_key=pl.lit("0"))
    linker.table_management.register_blocked_pairs_for_predict(backend.register(blocked.to_arrow()))
    predictions = linker.inference.predict(
        threshold_match_probability=threshold if threshold else None, warning_mode="never"
    )
    scored = pl.DataFrame(pl.from_arrow(predictions.as_pyarrow_table()))
    linker.table_management.delete_tables_created_by_splink_from_db()
    return scored.select(
        left_record=pl.min_horizontal("record_key_l", "record_key_r"),
        right_record=pl.max_horizontal("record_key_l", "record_key_r"),
        match_score=pl.col("match_probability").round(DIGITS),
        **{gamma: pl.col(gamma) for gamma in gammas},
    ).sort(PAIR)


def term_frequency_columns(rules: MatchRules) -> list[str]:
    """The columns whose common values say less than rare ones."""
    return list(dict.fromkeys(level.term_frequency for level in rules.levels if level.term_frequency))


def _shares(values: pl.Series, known: dict[str, float]) -> pl.DataFrame:
    """How common each value is: one row per value."""
    listed = pl.DataFrame({"term": list(known), "share": list(known.values())}, schema=TERM_SHARES)
    terms = pl.DataFrame({"term": values.drop_nulls().unique().sort()}).with_columns(place=PLACE)
    found = terms.join(listed, on="term", how="left").join(
        listed.select(place="term", rare="share"), on="place", how="left"
    )
    share = pl.coalesce("share", "rare", pl.lit(known[""]))
    return found.sort("term").select(pl.col("term").alias(values.name), share.alias(f"tf_{values.name}"))


def _evidence(rules: MatchRules) -> pl.Expr:
    """Like `first name exact, last name near`."""
    said = []
    for comparison in rules.comparisons():
        names = [level.name for level in rules.levels if level.comparison == comparison and level.name != NULL]
        words = ["differs" if name == ELSE else name for name in names]
        texts = {len(names) - 1 - place: f"{comparison.replace('_', ' ')} {word}" for place, word in enumerate(words)}
        said.append(pl.col(f"gamma_{comparison}").replace_strict(texts, default=None, return_dtype=pl.String))
    return pl.concat_str(said, separator=", ", ignore_nulls=True)
