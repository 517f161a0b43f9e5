"""Pairs from night to night: only records that are new or changed are compared again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from models.match_columns import People, comparable_records
from models.match_rules import MatchRules
from models.matching import PAIR, probable_pairs, read_parameters

# a change of the code makes what earlier code found worthless
CODE = ("match_blocks", "match_columns", "match_memory", "match_rules", "matching")


def match_version(settings_version: str, parameters: str) -> str:
    """Pairs that were found under another version are found anew."""
    code = b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in CODE)
    return hashlib.sha256(settings_version.encode() + parameters.encode() + code).hexdigest()[:16]


def remembered_pairs(
    people: People,
    rules: MatchRules,
    parameters: pl.DataFrame,
    memory: Sequence[pl.DataFrame | None],
    backend: Any,
) -> pl.DataFrame:
    """The pairs of last night between records that are as they were, and those of new and changed records.

    This is what comparing all would find, but for blocks that grew beyond their limit since or shrank below it: pairs
    found in them stay, and their records meet again when one of them changes.

    Args:
        people: records (with `fingerprint`), nicknames and free mail domains, see `comparable_records`.
        parameters: the row of `match_parameters`.
        memory: last night's records (`record_key`, `fingerprint`, `version`) and pairs, None in the first night.

    Returns:
        see `probable_pairs`.
    """
    profiles = people[0]
    known, pairs = memory
    is_useful = known is not None and pairs is not None and set(known["version"]) == set(parameters["version"])
    if known is None or pairs is None or not is_useful:
        return probable_pairs(comparable_records(*people), rules, read_parameters(parameters), backend)
    same = profiles.join(known, on=["record_key", "fingerprint"], how="semi")["record_key"]
    kept = pairs.filter(pl.all_horizontal(pl.col(side).is_in(same.implode()) for side in PAIR))
    changed = profiles.filter(~pl.col("record_key").is_in(same.implode()))["record_key"]
    if changed.is_empty():
        return kept.sort(PAIR)
    new = probable_pairs(comparable_records(*people), rules, read_parameters(parameters), backend, changed)
    return pl.concat([kept.select(new.columns), new]).sort(PAIR)
