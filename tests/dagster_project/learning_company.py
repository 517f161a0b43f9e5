"""A company whose nights are trained and scored on a small warehouse of known facts."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from dagster_project.defs.scoring import scores
from dagster_project.defs.training import model_health, propensity_models, uplift_model
from dagster_project.history_effects import COLUMNS as HISTORY_COLUMNS
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse

ACTIONS = ("none", "call", "email")
POLICY = """
goals:
  - {goal_id: reply, name: Reply, outcome: reply, value_cents: 2_000, horizon_days: 7}
  - {goal_id: win, name: Win, outcome: opportunity_won, value_cents: 900_000, horizon_days: 90}
actions:
  - {action_id: call, name: Call, channel: email, cost_cents: 2, prior_uplift: {reply: 0.01, win: 0.001}}
  - {action_id: email, name: Mail, channel: email, cost_cents: 2, prior_uplift: {reply: 0.01}}
channels:
  - channel: email
    consent_channel: email
    bases: [express]
    is_addressed_by: email
    cap_count: 2
    cap_days: 7
    send_hour: 9
traits:
  - {trait: plan, source: billing__subscription, source_column: plan, type: category}
limits: {minimum_exposures: 250, minimum_outcomes: 25, retrain_after_days: 7}
"""


MESSAGES = {
    "decision_id": pl.String,
    "contact_id": pl.String,
    "decided_on": pl.Date,
    "channel": pl.String,
    "action_id": pl.String,
    "has_responded": pl.Boolean,
}
OUTCOMES = {
    "outcome_id": pl.String,
    "contact_id": pl.String,
    "account_id": pl.String,
    "outcome": pl.String,
    "occurred_at": pl.Datetime,
    "value_cents": pl.Int64,
}


class Company:
    """A warehouse at stage features, with the assets to run on it."""

    def __init__(self, folder: Path, count: int = 3_000) -> None:
        self.folder, self.count = folder, count
        (folder / "policy").mkdir(parents=True)
        (folder / "policy" / "policy.yml").write_text(POLICY)
        self.warehouse = Warehouse(home=str(folder))
        self.registry = Registry(home=str(folder))

    def facts(
        self,
        night: date,
        with_choices: bool,
        *,
        seed: int = 0,
        extra_feature: bool = False,
        is_noise: bool = False,
        days_later: int = 0,
        with_leak: bool = False,
    ) -> None:
        """Features of two snapshots, one decision date and tonight; one in ten replies, more after a call."""
        generator = np.random.default_rng(seed)
        known = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 10)]
        dates = [*(day + timedelta(days=days_later) for day in known), night]
        ids = [f"c{each:05d}" for each in range(self.count)]
        x = generator.normal(size=self.count)
        frames = [
            pl.DataFrame(
                {
                    "contact_id": ids,
                    "account_id": [None if each % 3 == 0 else f"a{each // 3}" for each in range(self.count)],
                    "as_of_date": [day] * self.count,
                    "count_clicks": generator.poisson(np.exp(0.3 * x)),
                    "interest": x,
                    "industry": generator.choice(["retail", "steel"], self.count),
                    "traits": ['{"plan": "pro"}'] * self.count,
                }
            )
            for day in dates
        ]
        features = pl.concat(frames)
        if extra_feature:
            features = features.with_columns(is_new=pl.lit(True))
        rate = 1 / (1 + np.exp(2.6 - x))
        labelled = np.full(2 * self.count, 0.03) if is_noise else np.tile(rate, 2)
        labels = (
            features.filter(pl.col("as_of_date") <= dates[1])
            .select(
                "contact_id",
                "account_id",
                "as_of_date",
                goal_id=pl.lit("reply"),
                is_reached=pl.Series((generator.random(2 * self.count) < labelled).astype(int)),
            )
            .with_columns(days_to_outcome=pl.when(pl.col("is_reached") == 1).then(3))
        )
        chosen = generator.integers(0, 3, self.count)
        reached = generator.random(self.count) < np.clip(rate + 0.08 * (chosen == 1), 0, 1)
        people = frames[2].select("contact_id", "account_id", decided_on="as_of_date")
        choices = people.with_columns(
            action_id=pl.Series(np.array(ACTIONS)[chosen]),
            action_probability=pl.lit(1 / 3),
            eligible_action_ids=pl.Series([sorted(ACTIONS[1:])] * self.count),
            arm=pl.lit("random_control"),
        )
        outcomes = people.with_columns(
            goal_id=pl.lit("reply"),
            is_reached=pl.Series(reached.astype(int)),
            value_cents=pl.lit(0.0),
            is_matured=pl.lit(True),
        ).with_columns(days_to_outcome=pl.when(pl.col("is_reached") == 1).then(3))
        if with_leak:
            known_later = np.concatenate([labels["is_reached"].to_numpy(), reached, np.zeros(self.count)])
            noise = np.random.default_rng(seed + 1).normal(0, 0.4, len(known_later))
            features = features.with_columns(call_seconds=pl.Series(300 * known_later + 100 * noise))
        shown = self.count if with_choices else 0
        eligible = frames[3].select("contact_id").join(pl.DataFrame({"action_id": ACTIONS[1:]}), how="cross")
        tables = {
            "features.contact_features": features,
            "features.propensity_labels": labels,
            "features.logged_choices": choices.head(shown),
            "features.choice_outcomes": outcomes.head(shown),
            "features.message_responses": pl.DataFrame(schema=MESSAGES),
            "decisioning.eligible_actions": eligible.with_columns(is_eligible=pl.col("contact_id") > "c00009"),
            "core.outcomes": pl.DataFrame(schema=OUTCOMES),
            "raw.night": pl.DataFrame({"run_date": [night]}),
            "raw.ledger_arms": pl.DataFrame(schema={"unit_id": pl.String, "arm": pl.String, "assigned_on": pl.Date}),
            "decisioning.history_effects": pl.DataFrame(schema=HISTORY_COLUMNS),
        }
        for name, frame in tables.items():
            self.warehouse.replace_table(name, frame)

    def run(self, night: date, *watching: dg.AssetsDefinition) -> dict[str, pl.DataFrame]:
        """Stages training and scores; the tables they write."""
        result = dg.materialize(
            [propensity_models, uplift_model, model_health, scores, *watching],
            resources={
                "night": Night(
                    home=str(self.folder), exports="", policy=str(self.folder / "policy"), run_date=str(night)
                ),
                "warehouse": self.warehouse,
                "registry": self.registry,
                "ledger": Ledger(home=str(self.folder)),
            },
        )
        assert result.success
        names = ("contact_scores", "action_scores", "models_in_use", "model_health", "action_effects")
        return {name: self.warehouse.query(f"select * from decisioning.{name} order by all") for name in names}

    def health(self, tables: dict[str, pl.DataFrame]) -> dict[tuple[str, str], float]:
        return {(row["model"], row["metric"]): row["value"] for row in tables["model_health"].to_dicts()}

    def status(self, tables: dict[str, pl.DataFrame]) -> dict[str, tuple[str, str]]:
        return {row["model"]: (row["model_version"], row["reason"]) for row in tables["models_in_use"].to_dicts()}


NIGHT = date(2026, 2, 20)
DECISIONS = """
    create table raw.ledger_decisions (
        contact_id varchar, action_id varchar, eligible_action_ids varchar[], arm varchar, run_date date
    )"""
