"""The stages training and scores on a small warehouse of known facts, night after night."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import xgboost as xgb

from dagster_project.choice_rows import CHOICE_COLUMNS, count_choices, read_choices, read_delays
from dagster_project.defs.watching import model_watch
from dagster_project.resources.registry import Registry
from dagster_project.settings import TELEMETRY_OFF
from dagster_project.uplift_learner import as_choices
from models.encoding import fit_encoder
from policy.loading import load_policy
from tests.dagster_project.learning_company import ACTIONS, DECISIONS, NIGHT, Company


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
