"""Whether models that spoke on an earlier night are gone from the model store."""

import re
from datetime import date

import polars as pl

from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import Version
from dagster_project.retraining import TRAINED_FOR


def what_was_lost(ledger: Ledger, name: str, versions: list[Version], night: date) -> str:
    """Which version the newest earlier decisions name although the store has none of earlier nights; empty if none."""
    if any(each.tags[TRAINED_FOR] < night.isoformat() for each in versions):
        return ""
    nights = ledger.files("decisions", before=night)
    if not nights:
        return ""
    label = re.compile(rf"(?:^|;)({re.escape(name.removeprefix('nightjar-'))}/\d+)(?:;|$)")
    named = pl.read_parquet(nights[-1], columns=["model_version"], hive_partitioning=False)["model_version"]
    found = [match[1] for each in named.drop_nulls().unique().sort() if (match := label.search(each))]
    if not found:
        return ""
    return f"the model store was lost: {found[-1]} was in use on {nights[-1].name[:10]} and isn't there any more"
