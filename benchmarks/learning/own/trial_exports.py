"""The trial as exports and policy: every person a HubSpot contact with consent; the training part with assignment.

A trial need have neither ids nor dates, so both are made here: all actions went out on one day, outcomes, visits of the
site, came three days later.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import yaml

from benchmarks.learning.own.trial_table import TrialTable
from models.choices import NO_ACTION

ACTED_ON = date(2026, 3, 2)
DECIDED_ON = ACTED_ON + timedelta(days=15)
GOAL = "visit"
CHANNEL = "email"


def write_exports(trial: TrialTable, exports: Path) -> None:
    """Write the trial in the form of the exports that a team lands."""
    created_at, acted_at, reached_at = (
        datetime.combine(ACTED_ON + timedelta(days=days), time(9)) for days in (-60, 0, 3)
    )
    training = trial.training
    contacts = trial.frame.select(
        "id",
        property_email="email",
        property_createdate=pl.lit(created_at),
        property_lastmodifieddate=pl.lit(created_at),
        **{f"property_{trait.name}": pl.col(trait.name) for trait in trial.traits},
    )
    consent = trial.frame.select(
        "email",
        channel=pl.lit(CHANNEL),
        basis=pl.lit("express"),
        status=pl.lit("subscribed"),
        occurred_at=pl.lit(created_at),
        source=pl.lit("trial"),
        evidence=pl.lit("took part in the trial"),
    )
    assignments = training.select(
        "id", "email", "action", "probability", experiment_id=pl.lit("trial"), assigned_at=pl.lit(acted_at)
    )
    identifies = training.select(
        id=pl.format("i{}", "id"), user_id=pl.format("u{}", "id"), email="email", timestamp=pl.lit(created_at)
    )
    pages = training.filter(pl.col("outcome") == 1).select(
        id=pl.format("p{}", "id"), user_id=pl.format("u{}", "id"), path=pl.lit("/"), timestamp=pl.lit(reached_at)
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


def write_policy(trial: TrialTable, folder: Path, share_acted: float = 1.0) -> None:
    """The smallest policy that decides among the trial's actions: no belief, no exploration, no costs.

    Args:
        share_acted: at most this share of all people gets an action.
    """
    goal = {"goal_id": GOAL, "name": "Outcome of the trial", "outcome": "site_visit", "value_cents": 100}
    actions = [
        {"action_id": action, "name": action, "channel": CHANNEL, "cost_cents": 0, "prior_uplift": {GOAL: 0.0}}
        | {"autonomy_mode": "autonomous"}
        for action in trial.actions
        if action != NO_ACTION
    ]
    channel = {"channel": CHANNEL, "consent_channel": CHANNEL, "bases": ["express"], "is_addressed_by": "email"}
    cap = {"daily_volume": int(share_acted * len(trial.frame))} if share_acted < 1 else {}
    source = {"source": "hubspot__contact"}
    policy = {
        "goals": [goal | {"horizon_days": 14}],
        "actions": actions,
        "channels": [channel | cap | {"cap_count": 1, "cap_days": 7}],
        "arms": {"model": 1.0, "random_control": 0.0, "business_as_usual": 0.0, "holdout": 0.0},
        "limits": {"exploration_share": 0.0, "contact_cap_count": 1, "contact_cap_days": 7, "account_daily_cap": 1},
        "traits": [
            {"trait": trait.name, **source, "source_column": f"property_{trait.name}", "type": trait.kind}
            for trait in trial.traits
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.yml").write_text(yaml.safe_dump(policy, sort_keys=False))
