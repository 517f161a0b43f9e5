"""Old rules' logs in a small warehouse: read as trials, learnt once a week, gone when own decisions suffice."""

import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dagster_project.history_effects import (
    TABLE,
    HistoryNight,
    as_trials,
    choose_history,
    history_priors,
    joined,
)
from dagster_project.history_rows import own_features, read_trials
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import DEFAULT_POLICY_DIR, TELEMETRY_OFF
from dagster_project.standing import record_verdict
from dagster_project.uplift_learner import priors_of_goal
from models.choices import Counts
from models.priors import Prior
from policy.loading import load_policy

POLICY = load_policy(DEFAULT_POLICY_DIR)
MEETING = next(goal for goal in POLICY.goals if goal.goal_id == "meeting")
NIGHT = date(2026, 3, 2)
EFFECT = 0.20


@pytest.fixture(scope="module", autouse=True)
def _no_telemetry() -> None:
    os.environ |= TELEMETRY_OFF


def market(folder: Path, count: int = 3_000) -> Warehouse:
    """People look at prices; a rule calls 60 % of those on the next day. Looking leads to meetings, a call to more."""
    rng = np.random.default_rng(7)
    contacts = [f"c{number:05}" for number in range(count)]
    looked = rng.random(count) < 0.6
    day = rng.integers(0, 50, count)
    called = looked & (rng.random(count) < 0.6)
    met = rng.random(count) < np.where(looked, 0.15, 0.02) + EFFECT * called
    met_before = rng.random(count) < 0.10
    start = datetime.fromisoformat("2025-12-10")
    at = [start + timedelta(days=int(each)) for each in day]

    def rows(mask: np.ndarray, hours: float) -> pl.DataFrame:
        index = np.flatnonzero(mask)
        moments = [at[each] + timedelta(hours=hours) for each in index]
        return pl.DataFrame({"contact_id": [contacts[each] for each in index], "occurred_at": moments})

    touches = rows(called, 12).with_columns(
        source=pl.lit("automation"), action_id=pl.lit("call_discovery"), channel=pl.lit("call"),
        direction=pl.lit("outbound"),
    )  # fmt: skip
    outcomes = pl.concat([rows(met, 50), rows(met_before, -200)]).with_columns(outcome=pl.lit("meeting"))
    looks = rows(looked, -6).with_columns(activity=pl.lit("pricing_view"))
    visits = rows(rng.random(count) < 0.7, -30).with_columns(activity=pl.lit("page_view"))
    activities = pl.concat([looks, visits])
    nothing = pl.lit(None, dtype=pl.String)
    tables = {
        "core.contacts": pl.DataFrame({"contact_id": contacts}).with_columns(
            account_id=nothing, created_at=pl.lit(start - timedelta(days=300)), is_role_mailbox=pl.lit(False),
            country_code=pl.lit("DE"), has_objected=pl.col("contact_id") > contacts[-100],
        ),
        "core.touches": touches,
        "core.outcomes": outcomes,
        "core.activities": activities,
        "core.activity_days": activities.with_columns(occurred_on=pl.col("occurred_at").dt.date()),
        "core.accounts": pl.DataFrame(
            schema={"account_id": pl.String, "industry": pl.String, "count_employees": pl.Int64}
        ),
        "core.int_job_titles": pl.DataFrame(schema=dict.fromkeys(("title", "job_level", "job_function"), pl.String)),
        "identity.int_contact_records": pl.DataFrame(
            schema={
                **dict.fromkeys(("contact_id", "source", "phone", "mobile_phone", "lead_source", "title"), pl.String),
                "created_at": pl.Datetime, "precedence": pl.Int64,
            }
        ),
        "lifecycle.contact_stages": pl.DataFrame(
            schema={"contact_id": pl.String, "stage": pl.String, "entered_at": pl.Datetime}
        ),
        "lifecycle.account_stages": pl.DataFrame(
            schema={"account_id": pl.String, "stage": pl.String, "entered_at": pl.Datetime}
        ),
        "raw.ledger_decisions": pl.DataFrame(
            {"contact_id": contacts[:50], "run_date": date(2025, 12, 1), "arm": "model"}
        ),
    }  # fmt: skip
    warehouse = Warehouse(home=str(folder))
    for name, frame in tables.items():
        warehouse.replace_table(name, frame)
    return warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return market(tmp_path_factory.mktemp("home"))


def test_trials_hold_what_was_known_and_what_came(warehouse: Warehouse) -> None:
    trials = read_trials(warehouse, "call_discovery", [MEETING], POLICY, NIGHT)
    treated = trials.filter("is_treated")
    assert (treated["count_pricing_view_0_to_1d"] == 1).all()
    assert treated["count_touch_call_0_to_1d"].sum() == 0  # the call itself comes after the start
    rates = trials.group_by("is_treated").agg(pl.col("outcome of meeting").mean()).sort("is_treated")
    assert rates["outcome of meeting"][1] == pytest.approx(0.15 + EFFECT, abs=0.05)
    assert own_features(MEETING) <= set(trials.columns)
    last = date(2026, 1, 28) + timedelta(days=MEETING.horizon_days)
    young = read_trials(warehouse, "call_discovery", [MEETING], POLICY, last - timedelta(days=5))
    assert young["outcome of meeting"].null_count() > 0


def test_objectors_and_people_of_nightjars_own_arms_take_no_part(warehouse: Warehouse) -> None:
    trials = read_trials(warehouse, "call_discovery", [MEETING], POLICY, NIGHT)
    people = set(trials["unit_id"])
    assert not people & {f"c{number:05}" for number in range(50)}
    assert not people & {f"c{number:05}" for number in range(2_901, 3_000)}


def test_the_logs_are_read_once_a_week_and_give_a_prior(warehouse: Warehouse) -> None:
    registry, ledger = Registry(home=warehouse.home), Ledger(home=warehouse.home)
    logs = HistoryNight(warehouse, POLICY, {}, NIGHT)
    first = choose_history(registry, ledger, logs, 7, 1)
    found = {(effect.action_id, effect.goal_id): effect for effect in first.effects}
    meeting = found["call_discovery", "meeting"]
    assert meeting.verdict == "used"
    assert abs(meeting.effect - EFFECT) < 2.5 * meeting.error
    assert found["call_discovery", "opportunity"].verdict == "refused"
    assert choose_history(registry, ledger, logs, 7, 1) == first  # the same night again
    assert len(registry.versions("nightjar-history")) == 1
    later = choose_history(registry, ledger, replace(logs, night=NIGHT + timedelta(days=6)), 7, 1)
    assert later.learnt_on == NIGHT
    night = NIGHT + timedelta(days=1)
    record_verdict(ledger, "nightjar-history", "rollback", None, counts_from=night, decided_by="mia")
    refused = choose_history(registry, ledger, replace(logs, night=night), 7, 1)
    assert (refused.effects, "by mia" in refused.reason) == ((), True)
    warehouse.replace_table(TABLE, first.table())
    priors = history_priors(warehouse, POLICY)
    prior = priors["meeting", "call_discovery"]
    assert prior.source == "history"
    assert 0.02 < prior.value < meeting.effect
    assert ("opportunity", "call_discovery") not in priors
    assert priors_of_goal(POLICY, "meeting", priors)["call_discovery"] == prior
    assert priors_of_goal(POLICY, "opportunity", priors) == priors_of_goal(POLICY, "opportunity")


def test_own_decisions_replace_the_logs(warehouse: Warehouse, tmp_path: Path) -> None:
    enough = Counts(exposures=1_000, outcomes=100, controls=1_000, control_outcomes=100)
    counts = {goal.goal_id: {"call_discovery": enough} for goal in POLICY.goals}
    home = str(tmp_path)
    history = choose_history(
        Registry(home=home), Ledger(home=home), HistoryNight(warehouse, POLICY, counts, NIGHT), 7, 1
    )
    assert history.effects == ()
    assert "no rule did an action that still needs a prior" in history.reason
    assert not (tmp_path / "mlflow.db").exists()


def test_features_in_which_all_are_alike_are_left_out(warehouse: Warehouse) -> None:
    trials = as_trials(read_trials(warehouse, "call_discovery", [MEETING], POLICY, NIGHT), [MEETING])
    assert "count_pricing_view_0_to_1d" in trials.feature_names
    assert "count_webinar_0_to_1d" not in trials.feature_names
    assert trials.features.shape == (len(trials.is_treated), len(trials.feature_names))


def test_belief_and_logs_are_joined_by_how_sure_they_are() -> None:
    belief = Prior(0.01, 0.01, "policy")
    assert joined(belief, 0.05, 1.0).value == pytest.approx(0.01, abs=1e-4)
    assert joined(belief, 0.05, 1e-4).value == pytest.approx(0.05, abs=1e-4)
    assert joined(belief, 0.01, 0.02).deviation >= 0.01
    assert joined(Prior(0.0, 0.0, "policy"), 0.03, 0.01) == Prior(0.03, 0.01, "history")
