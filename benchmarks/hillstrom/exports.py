"""The trial as exports: every customer a HubSpot contact with consent; the training half with assignment and visits.

Source: Kevin Hillstrom, MineThatData E-Mail Analytics And Data Mining Challenge, 2008-03-20. The trial has neither ids
nor dates, so both are made here: the row number is the id, all mails went out on one day, visits came three days later.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl

MAILED_ON = date(2026, 3, 2)
DECIDED_ON = MAILED_ON + timedelta(days=15)
ACTIONS = {"Mens E-Mail": "mens_email", "Womens E-Mail": "womens_email", "No E-Mail": "none"}
TRAITS = ("recency", "history", "history_segment", "mens", "womens", "zip_code", "newbie", "channel")


def read_trial(path: Path, seed: int) -> pl.DataFrame:
    """One row per customer: id, email, the covariates, action, visit, and is_training (a random half)."""
    frame = pl.read_csv(path, infer_schema_length=None).with_row_index("id")
    is_training = np.random.default_rng(seed).permutation(len(frame)) < len(frame) // 2
    return frame.with_columns(
        # A domain of one's own (RFC 2606): a customer is nobody's colleague.
        email=pl.format("customer@c{}.example", "id"),
        action=pl.col("segment").replace_strict(ACTIONS),
        is_training=pl.Series(is_training),
    )


def write_exports(trial: pl.DataFrame, exports: Path) -> None:
    """Write the trial in the form of the exports that a team lands."""
    created_at, mailed_at, visited_at = (
        datetime.combine(MAILED_ON + timedelta(days=days), time(9)) for days in (-60, 0, 3)
    )
    training = trial.filter(pl.col("is_training"))
    contacts = trial.select(
        "id",
        property_email="email",
        property_createdate=pl.lit(created_at),
        property_lastmodifieddate=pl.lit(created_at),
        **{f"property_{trait}": pl.col(trait) for trait in TRAITS},
    )
    consent = trial.select(
        "email",
        channel=pl.lit("email"),
        basis=pl.lit("express"),
        status=pl.lit("subscribed"),
        occurred_at=pl.lit(created_at),
        source=pl.lit("purchase form"),
        evidence=pl.lit("customer of the last twelve months"),
    )
    assignments = training.select(
        "id",
        experiment_id=pl.lit("hillstrom-2008"),
        email="email",
        action="action",
        probability=pl.lit(1 / 3),
        assigned_at=pl.lit(mailed_at),
    )
    identifies = training.select(
        id=pl.format("i{}", "id"), user_id=pl.format("u{}", "id"), email="email", timestamp=pl.lit(created_at)
    )
    pages = training.filter(pl.col("visit") == 1).select(
        id=pl.format("p{}", "id"), user_id=pl.format("u{}", "id"), path=pl.lit("/"), timestamp=pl.lit(visited_at)
    )
    tables = {
        "hubspot/contact": contacts,
        "consent/subscription_status": consent,
        "experiment/assignment": assignments,
        "segment/identifies": identifies,
        "segment/pages": pages,
    }
    for folder, table in tables.items():
        (exports / folder).mkdir(parents=True, exist_ok=True)
        table.write_csv(exports / folder / "export.csv")
