"""Choices too young for a final answer, on a small warehouse of known facts."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from dagster_project.choice_leaks import find_choice_leaks
from dagster_project.choice_rows import CHOICE_COLUMNS, count_choices, read_choices, read_delays
from dagster_project.outcome_kinds import (
    OUTCOMES_FILE,
    outcomes_of_bundle,
    outcomes_of_goals,
    outcomes_to_json,
    say_outcomes,
)
from dagster_project.resources.warehouse import Warehouse
from models.boosting import logit, sigmoid
from models.encoding import fit_encoder
from policy.loading import load_policy
from policy.schema import Policy
from tests.dagster_project.learning_company import MESSAGES

NIGHT = date(2026, 6, 1)
SNAPSHOT = NIGHT - timedelta(days=120)
HORIZONS = {"reply": 7, "meeting": 14, "win": 90}
RATES = {"none": 0.10, "call": 0.30}
POLICY = """
goals:
  - {goal_id: reply, name: Reply, outcome: reply, value_cents: 2_000, horizon_days: 7}
  - {goal_id: meeting, name: Meeting, outcome: meeting, value_cents: 9_000, horizon_days: 14}
  - {goal_id: win, name: Win, outcome: opportunity_won, value_cents: 900_000, horizon_days: 90}
actions:
  - {action_id: call, name: Call, channel: email, cost_cents: 2, prior_uplift: {win: 0.001}}
channels:
  - {channel: email, consent_channel: email, bases: [express], is_addressed_by: email, cap_count: 2, cap_days: 7}
"""


def reached(meets: np.ndarray, age: np.ndarray, generator: np.random.Generator) -> pl.DataFrame:
    """Days to each goal (null: not by then): a reply by chance, a win mostly after a meeting."""
    count = len(meets)
    days = {
        "reply": np.where(generator.random(count) < 0.2, generator.integers(0, 7, count), -1),
        "meeting": np.where(meets, generator.integers(0, 14, count), -1),
        "win": np.where(generator.random(count) < np.where(meets, 0.5, 0.02), generator.integers(20, 90, count), -1),
    }
    frames = [
        pl.DataFrame({"number": np.arange(count), "goal_id": goal, "days": of_goal, "age": age}).with_columns(
            days_to_outcome=pl.when((pl.col("days") >= 0) & (pl.col("days") < pl.col("age"))).then("days"),
            is_matured=pl.col("age") >= HORIZONS[goal],
        )
        for goal, of_goal in days.items()
    ]
    return pl.concat(frames).with_columns(is_reached=pl.col("days_to_outcome").is_not_null().cast(pl.Int32))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Policy]:
    """6,000 contacts with labels of long ago; half are called in the last 60 days, which brings meetings."""
    folder, generator, count = tmp_path_factory.mktemp("market"), np.random.default_rng(1), 6_000
    (folder / "policy.yml").write_text(POLICY)
    is_called = generator.random(count) < 0.5
    age = generator.integers(1, 60, count)
    people = pl.DataFrame(
        {
            "number": np.arange(count),
            "contact_id": [f"c{each:05d}" for each in range(count)],
            "account_id": [f"a{each // 2}" for each in range(count)],
            "decided_on": [NIGHT - timedelta(days=int(each)) for each in age],
            "action_id": np.where(is_called, "call", "none"),
        }
    )
    before = reached(generator.random(count) < RATES["none"], np.full(count, 120), generator)
    after = reached(generator.random(count) < np.where(is_called, RATES["call"], RATES["none"]), age, generator)
    keys = people.select("contact_id", "account_id", size=pl.Series(generator.normal(size=count)))
    features = [keys.with_columns(as_of_date=pl.lit(SNAPSHOT)), keys.with_columns(as_of_date=people["decided_on"])]
    tables = {
        "raw.night": pl.DataFrame({"run_date": [NIGHT]}),
        "features.contact_features": pl.concat(features),
        "features.propensity_labels": before.join(people, on="number").with_columns(as_of_date=pl.lit(SNAPSHOT)),
        "features.choice_outcomes": after.join(people, on="number"),
        "features.message_responses": pl.DataFrame(schema=MESSAGES),
        "features.logged_choices": people.with_columns(
            action_probability=pl.lit(0.5), eligible_action_ids=pl.lit(["call"]), arm=pl.lit("random_control")
        ),
    }
    warehouse = Warehouse(home=str(folder))
    for name, frame in tables.items():
        warehouse.replace_table(name, frame)
    return warehouse, load_policy(folder)


def rate(rows: pl.DataFrame, action: str) -> float:
    taken = rows.filter(pl.col("chosen_action_id") == action)
    return float(np.average(taken["outcome"], weights=taken["sample_weight"]))


def test_a_slow_goal_gets_an_early_answer_from_meetings(market: tuple[Warehouse, Policy]) -> None:
    warehouse, policy = market
    known = read_delays(warehouse, policy)
    assert (known["win"].kind, known["win"].least_age) == ("surrogate", 14)
    assert known["win"].early == ("meeting", "reply")
    rows = read_choices(warehouse, policy, "win", known["win"], seed=1)
    assert set(rows["outcome_kind"]) == {"surrogate"} and rows["age_days"].min() == 14
    assert rows["outcome_offset"].abs().max() == 0 and rows["outcome"].is_between(0, 1).all()
    assert rows.columns[: len(CHOICE_COLUMNS)] == list(CHOICE_COLUMNS)
    assert not [name for name in rows.columns if name.startswith("early_")], "what came later is no feature"
    assert rate(rows, "none") == pytest.approx(0.1 * 0.5 + 0.9 * 0.02, abs=0.015)
    assert rate(rows, "call") - rate(rows, "none") == pytest.approx(0.2 * (0.5 - 0.02), abs=0.025)


def test_young_choices_show_their_share_and_carry_its_offset(market: tuple[Warehouse, Policy]) -> None:
    warehouse, policy = market
    known = read_delays(warehouse, policy)["meeting"]
    assert known.kind == "immature" and 3 <= known.least_age <= 5
    rows = read_choices(warehouse, policy, "meeting", known, seed=1)
    young = rows.filter(pl.col("outcome_kind") == "immature")
    assert young["age_days"].to_numpy().max() < 14 and (young["outcome_offset"] < 0).all()
    assert (rows.filter(pl.col("outcome_kind") == "matured")["outcome_offset"] == 0).all()
    for action, truth in RATES.items():
        taken = young.filter(pl.col("chosen_action_id") == action)
        expected = sigmoid(logit(np.array(truth)) + taken["outcome_offset"].to_numpy()).mean()
        assert taken["outcome"].mean() == pytest.approx(expected, abs=0.05)


def test_counts_are_of_the_choices_that_are_read(market: tuple[Warehouse, Policy]) -> None:
    warehouse, policy = market
    known = read_delays(warehouse, policy)
    counts = count_choices(warehouse, known)["win"]["call"]
    rows = read_choices(warehouse, policy, "win", known["win"], seed=1)
    called = rows.filter(pl.col("chosen_action_id") == "call")
    assert counts.exposures == called.height and counts.outcomes == called["is_reached"].sum()
    recent = count_choices(warehouse, known, evidence_days=10)["win"]["call"]
    assert recent.exposures == called.filter(pl.col("age_days") < 24).height


def test_what_early_answers_stand_on_is_said(market: tuple[Warehouse, Policy]) -> None:
    warehouse, policy = market
    known = read_delays(warehouse, policy)
    rows = {goal: read_choices(warehouse, policy, goal, known[goal], seed=1) for goal in ("meeting", "win")}
    outcomes = outcomes_of_goals(rows, HORIZONS)
    assert (outcomes["meeting"].kinds, outcomes["win"].kinds) == ("matured, immature", "surrogate")
    assert "win: 100% of the choices are judged by what comes early (meeting, reply)" in say_outcomes(outcomes)
    assert outcomes_of_bundle({OUTCOMES_FILE: outcomes_to_json(outcomes).encode()}) == outcomes


def test_what_knows_the_outcome_or_the_assignment_is_found_by_name(market: tuple[Warehouse, Policy]) -> None:
    warehouse, policy = market
    known = read_delays(warehouse, policy)
    rows = read_choices(warehouse, policy, "meeting", known["meeting"], seed=1)
    encoder = fit_encoder(rows.drop(CHOICE_COLUMNS))
    assert find_choice_leaks({"meeting": rows}, encoder, seed=1) == ()
    generator = np.random.default_rng(1)
    noise = pl.Series(generator.normal(size=rows.height))
    planted = rows.with_columns(
        arm=pl.lit("experiment"),
        signed=pl.col("is_reached") + 0.3 * noise,
        days_since_mail=pl.when((pl.col("chosen_action_id") == "call") & (noise > 0)).then(pl.lit(2)),
    )
    found = find_choice_leaks({"meeting": planted}, fit_encoder(planted.drop(CHOICE_COLUMNS)), seed=1)
    assert [each.feature for each in found] == ["days_since_mail", "signed"]
