"""The stages training and scores on a small warehouse of known facts, night after night."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from dagster_project.choice_rows import CHOICE_COLUMNS, count_choices, read_choices, read_delays
from dagster_project.defs.scoring import scores
from dagster_project.defs.training import model_health, propensity_models, uplift_model
from dagster_project.defs.watching import model_watch
from dagster_project.history_effects import COLUMNS as HISTORY_COLUMNS
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import TELEMETRY_OFF
from dagster_project.uplift_learner import as_choices
from models.encoding import fit_encoder
from policy.loading import load_policy

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


@pytest.fixture(scope="module", autouse=True)
def no_telemetry() -> None:
    """As in every run."""
    os.environ.update(TELEMETRY_OFF)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow database: making one takes seconds, copying it doesn't."""
    registry = Registry(home=str(tmp_path_factory.mktemp("empty")))
    assert registry._client.search_registered_models() == []
    return registry.database


@pytest.fixture
def company(tmp_path: Path, database: Path) -> Company:
    company = Company(tmp_path)
    shutil.copy(database, company.registry.database)
    return company


def test_first_night_decides_by_priors_and_says_so(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.facts(NIGHT, with_choices=False)
    with company.warehouse.connect() as connection:
        connection.sql("delete from features.propensity_labels where is_reached = 1 and contact_id > 'c00100'")
    tables = company.run(NIGHT)
    status = company.status(tables)
    version, reason = status["nightjar-propensity-reply"]
    assert version == "prior" and reason.endswith("outcomes, 25 are needed")
    assert status["nightjar-uplift"][0] == "prior" and "0 exposures, 250 are needed" in status["nightjar-uplift"][1]
    assert set(tables["action_scores"]["evidence"]) == {"prior"}
    assert set(tables["action_scores"]["model_version"]) == {"prior"}
    assert tables["contact_scores"]["is_prior"].all()
    assert not company.registry.database.exists(), "nothing learnt, nothing registered"


def test_learns_and_scores(company: Company) -> None:
    company.facts(NIGHT, with_choices=True)
    tables = company.run(NIGHT)
    status = company.status(tables)
    assert status["nightjar-propensity-reply"] == ("propensity-reply/1", "trained for 2026-02-20")
    assert status["nightjar-propensity-win"] == ("prior", "0 outcomes, 25 are needed")
    assert status["nightjar-uplift"][0] == "uplift/1"
    assert tables["contact_scores"].height == 2 * company.count
    assert tables["action_scores"].height == 2 * (company.count - 10)
    reply = tables["action_scores"].filter(pl.col("goal_id") == "reply")
    assert set(reply["model_version"]) == {"propensity-reply/1;uplift/1"}
    effects = {
        row["action_id"]: row for row in tables["action_effects"].filter(pl.col("goal_id") == "reply").to_dicts()
    }
    assert 0.03 < effects["call"]["mean"] < 0.13 and abs(effects["email"]["mean"]) < 0.04
    health = company.health(tables)
    assert 0.65 < health["nightjar-propensity-reply", "auc"] < 0.85
    assert ("nightjar-uplift", "qini") in health
    champion = company.registry.champion("nightjar-uplift")
    assert champion is not None and champion.version.version == 1


def test_only_who_could_have_got_an_action_is_its_control(company: Company) -> None:
    """Not: what was decided before that was logged, who could get nothing, and where the model left no chance."""
    company.facts(NIGHT, with_choices=True)
    policy = load_policy(company.folder / "policy")
    known = read_delays(company.warehouse, policy)
    before = count_choices(company.warehouse, known)["reply"]
    with company.warehouse.connect() as connection:
        connection.sql(
            """
            update features.logged_choices set
                eligible_action_ids = case contact_id % 4 when 0 then null when 1 then [] when 2 then ['call']
                    else ['call', 'email'] end,
                arm = case when contact_id % 8 = 6 then 'model' else arm end,
                action_probability = case when contact_id % 8 = 6 then 1 else action_probability end
            from (select contact_id as id, cast(substr(contact_id, 2) as integer) as number
                from features.logged_choices) where id = contact_id""".replace("contact_id %", "number %")
        )
    after = count_choices(company.warehouse, known)["reply"]
    choices = read_choices(company.warehouse, policy, "reply", known["reply"], seed=1)
    frame = company.warehouse.query("select * from features.logged_choices").with_columns(
        number=pl.col("contact_id").str.slice(1).cast(pl.Int32)
    )
    none = frame.filter((pl.col("action_id") == "none") & (pl.col("number") % 8 != 6))["number"] % 4
    assert (after["call"].controls, after["email"].controls) == ((none >= 2).sum(), (none == 3).sum())
    assert before["call"].controls == before["email"].controls == before["none"].exposures
    assert after["call"].exposures < before["call"].exposures, "a certain choice teaches nothing"
    encoder = fit_encoder(choices.drop(CHOICE_COLUMNS), ())
    learnt = as_choices(choices, encoder)
    for action in ACTIONS[1:]:
        assert len(learnt.controls(action)) == after[action].controls
        assert len(learnt.treated(action)) == after[action].exposures


def test_same_night_again_and_rebuilt_home_give_the_same(company: Company, database: Path, tmp_path: Path) -> None:
    company.facts(NIGHT, with_choices=True)
    first = company.run(NIGHT)
    second = company.run(NIGHT)
    other = Company(tmp_path / "rebuilt")
    shutil.copy(database, other.registry.database)
    other.facts(NIGHT, with_choices=True)
    third = other.run(NIGHT)
    for name, frame in first.items():
        assert frame.equals(second[name]) and frame.equals(third[name]), name
    assert len(company.registry.versions("nightjar-uplift")) == 1


def test_later_nights_keep_retrain_and_do_not_change_earlier_ones(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.facts(NIGHT, with_choices=True)
    company.run(NIGHT)
    soon, later = NIGHT + timedelta(days=3), NIGHT + timedelta(days=8)
    company.facts(soon, with_choices=True)
    with monkeypatch.context() as quiet:
        quiet.setattr(xgb, "train", lambda *_, **__: pytest.fail("a night without retraining trains no booster"))
        assert company.status(company.run(soon))["nightjar-uplift"] == ("uplift/1", "trained for 2026-02-20")
    company.facts(later, with_choices=True, seed=1, days_later=15)
    status = company.status(company.run(later))
    versions = company.registry.versions("nightjar-propensity-reply")
    assert len(versions) == 2 and "of version 1 on 3,000 newer rows" in versions[1].tags["judgement"]
    assert versions[1].tags["trained_because"] == "8 days since version 1"
    promoted = versions[1].tags["is_promoted"] == "true"
    assert status["nightjar-propensity-reply"][0] == f"propensity-reply/{2 if promoted else 1}"
    company.facts(soon, with_choices=True)
    assert company.status(company.run(soon))["nightjar-uplift"] == ("uplift/1", "trained for 2026-02-20")


def test_a_new_feature_is_learnt_the_next_night(company: Company) -> None:
    company.facts(NIGHT, with_choices=True)
    company.run(NIGHT)
    tomorrow = NIGHT + timedelta(days=1)
    company.facts(tomorrow, with_choices=True, extra_feature=True)
    company.run(tomorrow)
    assert len(company.registry.versions("nightjar-propensity-reply")) == 2


def test_a_leak_is_left_out_by_name_and_said(company: Company) -> None:
    company.facts(NIGHT, with_choices=True, with_leak=True)
    tables = company.run(NIGHT)
    for model in ("nightjar-propensity-reply", "nightjar-uplift"):
        assert "without call_seconds: alone it predicts the goal" in company.status(tables)[model][1]
    assert 0.65 < company.health(tables)["nightjar-propensity-reply", "auc"] < 0.85, "as without the leak"


def test_a_feature_that_the_project_drops_is_named_and_learnt_without(company: Company) -> None:
    """In the reason of each model that needed it, and in what is watched; the night goes on with models without it."""
    company.facts(NIGHT, with_choices=True)
    company.run(NIGHT)
    tomorrow = NIGHT + timedelta(days=1)
    company.facts(tomorrow, with_choices=True)
    with company.warehouse.connect() as connection:
        connection.sql("alter table features.contact_features drop column interest")
        connection.sql(DECISIONS)
    tables = company.run(tomorrow, model_watch)
    reason = "feature 'interest' is missing; the model was trained with it"
    for model in ("nightjar-propensity-reply", "nightjar-uplift"):
        version = company.status(tables)[model]
        assert version[0].endswith("/2") and reason in version[1]
    found = company.warehouse.query(
        "select model, t.check, subject from decisioning.model_watch t where status <> 'ok'"
    )
    assert {("nightjar-propensity-reply", "drift", "interest"), ("nightjar-uplift", "drift", "interest")} <= set(
        found.iter_rows()
    )
    assert tables["action_scores"]["uplift"].is_finite().all()


def test_a_model_that_knows_nothing_is_kept_out(company: Company) -> None:
    company.facts(NIGHT, with_choices=False, is_noise=True, seed=2)
    tables = company.run(NIGHT)
    version, reason = company.status(tables)["nightjar-propensity-reply"]
    assert version == "prior" and reason.startswith("no better than one rate for all (log loss ")
    assert tables["contact_scores"].filter(pl.col("goal_id") == "reply")["propensity"].n_unique() == 1
    assert company.registry.champion("nightjar-propensity-reply") is None
    assert company.run(NIGHT)["models_in_use"].equals(tables["models_in_use"])
    assert len(company.registry.versions("nightjar-propensity-reply")) == 1


def test_a_damaged_champion_is_reported_or_replaced(company: Company) -> None:
    company.facts(NIGHT, with_choices=True)
    company.run(NIGHT)
    for version in company.registry.versions("nightjar-uplift"):
        (company.folder / "mlartifacts" / version.run_id / "artifacts" / "bundle" / "model.ubj").write_bytes(b"")
    tomorrow = NIGHT + timedelta(days=1)
    company.facts(tomorrow, with_choices=False)
    tables = company.run(tomorrow)
    version, reason = company.status(tables)["nightjar-uplift"]
    assert version == "prior" and reason.startswith("no champion: nightjar-uplift/1: ")
    company.facts(tomorrow, with_choices=True)
    assert company.status(company.run(tomorrow))["nightjar-uplift"][0] == "uplift/2"


def test_an_eligible_contact_without_features_stops_the_night_and_keeps_the_tables(company: Company) -> None:
    company.facts(NIGHT, with_choices=False)
    before = company.run(NIGHT)["action_scores"]
    with company.warehouse.connect() as connection:
        connection.sql("insert into decisioning.eligible_actions values ('c99999', 'call', true)")
    with pytest.raises(ValueError, match="contact c99999 may get action call but has no features tonight"):
        company.run(NIGHT)
    assert company.warehouse.query("select * from decisioning.action_scores order by all").equals(before)
