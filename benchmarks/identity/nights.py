"""A night until identity, and what it found."""

import time
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings

NIGHT = date(2026, 3, 2)


def identity_night(exports: Path, home: Path, night: date = NIGHT) -> float:
    """Run a night until identity; returns its seconds.

    Raises:
        RuntimeError: the night failed.
    """
    began = time.monotonic()
    result = run_night(Settings(home=home, exports=exports, run_date=night), until="identity")
    if not result.success:
        raise RuntimeError(f"the night of {night} failed: {result.failures}")
    return time.monotonic() - began


def contact_ids(home: Path) -> pl.DataFrame:
    """One row per source record: source, object, source_id, contact_id, account_id, match_rule, match_score."""
    return Warehouse(home=str(home)).query(
        "select source, object, source_id, contact_id, account_id, match_rule, match_score from identity.contact_id_map"
        " order by all"
    )
