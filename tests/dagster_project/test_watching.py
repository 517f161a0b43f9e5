"""What is watched in a night's models, on a warehouse of known facts: what is planted is found, nothing else is."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from dagster_project.model_health import EFFECT_COLUMNS, MODEL_COLUMNS
from dagster_project.model_inputs import policy_traits
from dagster_project.model_watch import read_reviews, watch_night
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import NewVersion, Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.retraining import TRAINED_FOR
from dagster_project.settings import TELEMETRY_OFF
from dagster_project.watched_night import WatchedNight
from models.approval import Review
from models.drift import LEFT_ALONE, PROFILE_FILE, fit_profile
from models.encoding import FeatureEncoder, fit_encoder
from models.propensity import train_propensity
from models.uplift import GoalEffects, UpliftModel
from policy.loading import load_policy
from tests.dagster_project.learning_company import MESSAGES

NIGHT = date(2026, 3, 10)
TRAINED_ON = NIGHT - timedelta(days=3)
DECIDED_ON = NIGHT - timedelta(days=20)
COUNT = 2_000
PROPENSITY, UPLIFT = "nightjar-propensity-reply", "nightjar-uplift"
POLICY = """
goals: [{goal_id: reply, name: Reply, outcome: reply, value_cents: 2_000, horizon_days: 7}]
actions: [{action_id: mail, name: Mail, channel: email, cost_cents: 2, prior_uplift: {reply: 0.05}}]
channels:
  - {channel: email, consent_channel: email, bases: [express], is_addressed_by: email, cap_count: 2, cap_days: 7}
"""
TRAITS = ", ".join(
    f"{{trait: {name}, source: salesforce__contact, source_column: {name}, type: {kind}}}"
    for name, kind in (("plan", "category"), ("gender", "category"), ("age", "number"))
)


def features(night: date) -> pl.DataFrame:
    """Contacts of two an account; what they do differs from night to night, who they are doesn't."""
    fixed, tonight = np.random.default_rng(0), np.random.default_rng(night.toordinal())
    interest = fixed.normal(size=COUNT)
    return pl.DataFrame(
        {
            "contact_id": [f"c{each:05d}" for each in range(COUNT)],
            "account_id": [f"a{each // 2:05d}" for each in range(COUNT)],
            "as_of_date": [night] * COUNT,
            "count_clicks": tonight.poisson(np.exp(0.5 * interest)),
            "days_since_touch": tonight.integers(1, 60, COUNT),
            "interest": interest,
            "industry": fixed.choice(["retail", "steel"], COUNT),
            "country_code": fixed.choice(["DE", "FR", "US"], COUNT, p=[0.2, 0.3, 0.5]),
            "traits": ["{}"] * COUNT,
        }
    )


def rate(frame: pl.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(2.2 - frame["interest"].to_numpy()))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A propensity model, and an uplift model that knows no action yet, both of three nights ago."""
    os.environ.update(TELEMETRY_OFF)
    registry, generator = Registry(home=str(tmp_path_factory.mktemp("registry"))), np.random.default_rng(1)
    rows = pl.concat([features(TRAINED_ON - timedelta(days=30 * each)) for each in (2, 3, 4)])
    rows = rows.with_columns(
        unit_id="account_id",
        is_reached=pl.Series((generator.random(rows.height) < rate(rows)).astype(int)),
        sample_weight=pl.lit(1.0),
    )
    model, _ = train_propensity("reply", rows, (), 25, seed=1)
    contacts = features(TRAINED_ON)
    alone = {LEFT_ALONE: left_alone(contacts), "industry=steel": (contacts["industry"] == "steel").to_numpy()}
    units, uplift = (
        contacts["account_id"].to_numpy(),
        UpliftModel(model.encoder, (GoalEffects("reply", 0.1, ()),), None),
    )
    for name, encoder, files in (
        (PROPENSITY, model.encoder, model.to_files()),
        (UPLIFT, model.encoder, uplift.to_files()),
    ):
        profile = fit_profile(encoder, encoder.encode(contacts), units, alone)
        bundle = {**files, PROFILE_FILE: profile.to_json().encode()}
        registry.log_and_register(NewVersion(name, bundle, {}, {}, {TRAINED_FOR: str(TRAINED_ON)}, {}))
    return registry


def left_alone(frame: pl.DataFrame) -> np.ndarray:
    return (frame["account_id"] < "a00200").to_numpy()


class World:
    """A warehouse after training, and the night's watching of it."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder, self.registry = folder, registry
        self.set_policy(POLICY)
        self.warehouse, self.ledger = Warehouse(home=str(folder)), Ledger(home=str(folder))

    def set_policy(self, text: str) -> None:
        (self.folder / "policy").mkdir(exist_ok=True)
        (self.folder / "policy" / "policy.yml").write_text(text)
        self.policy = load_policy(self.folder / "policy")

    def facts(
        self, night: date = NIGHT, tonight: pl.DataFrame | None = None, replies: float = 1.0, effect: float = 0.05,
        in_france: float = 0.5,
    ) -> "World":  # fmt: skip
        """Randomised choices of twenty days ago, their outcomes, and last night's decisions."""
        generator, then = np.random.default_rng(night.toordinal() + 7), features(DECIDED_ON)
        tonight = features(night) if tonight is None else tonight
        is_mailed = generator.random(COUNT) < 0.5
        chance = np.clip(rate(then) * replies + effect * (is_mailed - 0.5), 0, 1)
        people = then.select("contact_id", "account_id", decided_on="as_of_date")
        is_french = (then["country_code"] == "FR").to_numpy()
        got = generator.random(COUNT) < np.where(is_french, in_france, 0.5)
        tables = {
            "features.contact_features": pl.concat([then, tonight], how="diagonal_relaxed"),
            "features.logged_choices": people.with_columns(
                action_id=pl.Series(np.where(is_mailed, "mail", "none")),
                action_probability=pl.lit(0.5),
                eligible_action_ids=pl.Series([["mail"]] * COUNT),
                arm=pl.lit("random_control"),
            ),
            "features.message_responses": pl.DataFrame(schema=MESSAGES),
            "features.choice_outcomes": people.with_columns(
                goal_id=pl.lit("reply"),
                is_reached=pl.Series((generator.random(COUNT) < chance).astype(int)),
                is_matured=pl.lit(True),
            ),
            "raw.ledger_arms": then.select(
                pl.col("account_id").alias("unit_id"),
                arm=pl.when(pl.Series(left_alone(then))).then(pl.lit("holdout")).otherwise(pl.lit("model")),
                assigned_on=pl.lit(DECIDED_ON),
            ).unique(),
            "raw.ledger_decisions": then.select(
                "contact_id",
                action_id=pl.when(pl.Series(got)).then(pl.lit("mail")),
                eligible_action_ids=pl.Series([["mail"]] * COUNT),
                arm=pl.lit("model"),
                run_date=pl.lit(night - timedelta(days=1)),
            ),
            "decisioning.models_in_use": pl.DataFrame(
                [
                    {"model": PROPENSITY, "goal_id": "reply", "version": 1, "model_version": "propensity-reply/1",
                     "status": "champion", "reason": "trained", "base_rate": 0.1},
                    {"model": UPLIFT, "version": 1, "model_version": "uplift/1", "status": "champion",
                     "reason": "trained"},
                ],
                schema=MODEL_COLUMNS,
            ),
            "decisioning.action_effects": pl.DataFrame(
                [{"action_id": "mail", "goal_id": "reply", "evidence": "model", "reason": "", "mean": 0.05}],
                schema=EFFECT_COLUMNS,
            ),
        }  # fmt: skip
        with self.warehouse.connect() as connection:
            for name, frame in tables.items():
                connection.register("frame_to_write", frame.to_arrow())
                connection.sql(f"create or replace table {name} as select * from frame_to_write")
        return self

    def watch(self, night: date = NIGHT) -> pl.DataFrame:
        watch_night(WatchedNight(night, self.policy, self.warehouse, self.registry), self.ledger)
        return self.warehouse.query("select * from decisioning.model_watch")

    def found(self, night: date = NIGHT) -> dict[tuple[str, str], str]:
        """What isn't ok: check and subject, and status."""
        rows = self.watch(night).filter(pl.col("status") != "ok", pl.col("segment") == "all")
        return {(row["check"], row["subject"]): row["status"] for row in rows.to_dicts()}


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Opening a warehouse costs more than asking it, and nobody else opens these."""
    with ExitStack() as stack:
        opened: dict[Path, duckdb.DuckDBPyConnection] = {}
        connect = Warehouse.connect

        @contextmanager
        def kept(self: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
            if self.path not in opened:
                opened[self.path] = stack.enter_context(connect(self))
            yield opened[self.path]

        monkeypatch.setattr(Warehouse, "connect", kept)
        yield


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> World:
    return World(tmp_path, registry)


def test_twenty_stable_nights_raise_no_alarm(world: World) -> None:
    for each in range(20):
        night = NIGHT + timedelta(days=each)
        table = world.facts(night).watch(night)
        assert table.filter(pl.col("status") != "ok").rows() == []
    assert table.filter(pl.col("value").is_not_null())["check"].value_counts().sort("check").rows() == [
        ("calibration", 3), ("drift", 10), ("effect", 3), ("rate_ratio", 6),
    ]  # fmt: skip


def test_planted_drift_is_found_by_name_that_night(world: World) -> None:
    """In every model that reads the feature; and how long it has been so is known."""
    moved = features(NIGHT).with_columns(pl.col("count_clicks") * 5)
    table = world.facts(tonight=moved).watch()
    found = table.filter(pl.col("status") != "ok", pl.col("segment") == "all")
    assert set(found.select("model", "check", "subject", "status").iter_rows()) == {
        (PROPENSITY, "drift", "count_clicks", "review"), (UPLIFT, "drift", "count_clicks", "review"),
    }  # fmt: skip
    assert "then" in found["detail"][0] and found["since"].to_list() == [NIGHT] * 2
    assert table.filter(pl.col("segment") == "industry=steel", pl.col("status") != "ok").height == 2
    tomorrow = NIGHT + timedelta(days=1)
    again = world.facts(tomorrow, moved.with_columns(as_of_date=pl.lit(tomorrow))).watch(tomorrow)
    assert again.filter(pl.col("status") != "ok")["since"].unique().to_list() == [NIGHT]
    after = NIGHT + timedelta(days=2)
    assert world.facts(after).found(after) == {}


def test_touches_of_our_own_are_no_drift(world: World) -> None:
    touched = features(NIGHT).with_columns(
        pl.when(~pl.Series(left_alone(features(NIGHT)))).then(1).otherwise("days_since_touch").alias("days_since_touch")
    )
    table = world.facts(tonight=touched).watch()
    row = table.filter(pl.col("subject") == "days_since_touch", pl.col("segment") == "all").row(0, named=True)
    assert row["status"] == "ok" and row["value"] > 1 and "left alone" in row["detail"]


def test_a_feature_that_is_gone_is_named(world: World) -> None:
    """A model that still needs it can't be used; one that was trained anew without it says what it lost."""
    world.facts()
    with world.warehouse.connect() as connection:
        connection.sql("alter table features.contact_features drop column count_clicks")
    with pytest.raises(ValueError, match="feature 'count_clicks' is missing"):
        world.watch()
    with world.warehouse.connect() as connection:
        connection.sql("update decisioning.models_in_use set version = null")
    assert world.found() == {("drift", "count_clicks"): "warn"}


def test_a_miscalibrated_model_is_reviewed_or_stopped(world: World) -> None:
    assert world.facts(replies=0.35).found()["calibration", "reply"] == "review"
    (review,) = read_reviews(world.warehouse, NIGHT)[:1]
    assert (review.goal_id, review.action_id, review.contact_ids) == ("reply", None, None)
    assert world.facts(replies=0.1).found()["calibration", "reply"] == "stop"
    models = world.warehouse.query("select * from decisioning.models_in_use order by model").to_dicts()
    assert [(row["model_version"], row["version"], row["status"]) for row in models] == [
        ("prior", None, "stopped"), ("uplift/1", 1, "champion"),
    ]  # fmt: skip
    assert models[0]["reason"].startswith("stopped: calibration of reply, stated 1")
    assert models[0]["reason"].endswith("(propensity-reply/1: trained)")


def test_an_action_that_harms_goes_to_a_person(world: World) -> None:
    assert world.facts(effect=-0.06).found() == {("effect", "mail for reply"): "review"}
    (review, *_) = read_reviews(world.warehouse, NIGHT)
    assert (review.goal_id, review.action_id) == ("reply", "mail") and "it harms" in review.why


def test_a_stopped_uplift_model_leaves_the_prior(world: World) -> None:
    world.set_policy(POLICY + "watch: {effect: {stop: 1.0}}\n")
    assert world.facts(effect=-0.06).found() == {("effect", "mail for reply"): "stop"}
    effect = world.warehouse.query("select evidence, reason from decisioning.action_effects").row(0)
    assert effect[0] == "prior" and effect[1].startswith("stopped: effect of mail for reply")


def test_a_group_that_is_left_out_is_named(world: World) -> None:
    found = world.facts(in_france=0.1).found()
    assert found == {("rate_ratio", f"{each} by country_code=FR"): "warn" for each in ("mail", "any action")}


def test_a_protected_trait_is_watched_and_never_learnt_from(world: World) -> None:
    world.set_policy(POLICY + "traits: [" + TRAITS + "]\nwatch: {attributes: [], protected: [gender, age]}\n")
    assert [each.name for each in policy_traits(world.policy)] == ["plan"]
    women = np.random.default_rng(5).random(COUNT) < 0.5
    age = np.random.default_rng(6).integers(20, 65, COUNT)
    traits = [f'{{"gender": "{"f" if f else "m"}", "age": {of}}}' for f, of in zip(women, age, strict=True)]
    world.facts(tonight=features(NIGHT).with_columns(traits=pl.Series(traits)))
    got = np.random.default_rng(7).random(COUNT) < (0.1 + 0.5 * ~women) * (age < 50)
    decided = world.warehouse.query("select * from raw.ledger_decisions order by contact_id")
    mailed = decided.with_columns(action_id=pl.when(pl.Series(got)).then(pl.lit("mail")))
    world.warehouse.replace_table("raw.ledger_decisions", mailed)
    table = world.watch().filter(pl.col("subject").str.contains("mail by"), pl.col("value").is_not_null())
    found = {row["subject"]: (row["check"], row["value"], row["status"]) for row in table.to_dicts()}
    assert found["mail by gender=f"][0] == "rate_ratio" and found["mail by gender=f"][1] < 0.35
    assert found["mail by gender=f"][2] == found["mail by gender=m"][2] == "warn"
    assert found["mail by age"][0] == "gini" and found["mail by age"][1] < -0.3


def test_a_segment_is_reviewed_on_its_own(world: World) -> None:
    world.facts()
    with world.warehouse.connect() as connection:
        connection.sql(
            "update features.choice_outcomes set is_reached = 0 where contact_id in"
            " (select contact_id from features.contact_features where industry = 'steel')"
        )
    reviews = read_reviews(world.warehouse, NIGHT) if world.watch().height else ()
    steel = {row["contact_id"] for row in features(NIGHT).to_dicts() if row["industry"] == "steel"}
    assert Review("reply", None, frozenset(steel), reviews[-1].why) in reviews


def test_what_the_policy_watches_but_nobody_has_is_said(world: World) -> None:
    world.set_policy(POLICY + "watch: {segments: [regoin], attributes: [gendre]}\n")
    assert world.facts().found() == {("drift", "regoin"): "warn", ("rate_ratio", "gendre"): "warn"}


def test_without_models_or_choices_it_says_what_it_lacks(tmp_path: Path) -> None:
    world = World(tmp_path, Registry(home=str(tmp_path))).facts()
    with world.warehouse.connect() as connection:
        for table in ("features.logged_choices", "raw.ledger_decisions"):
            connection.sql(f"delete from {table}")
        connection.sql("update decisioning.models_in_use set version = null")
    table = world.watch()
    assert set(table["status"]) == {"ok"} and table["value"].null_count() == table.height
    assert set(table["detail"]) >= {"no training of an earlier night to compare with", "no model in use"}
    assert not world.registry.database.exists()


def test_the_encoder_that_is_watched_is_the_models_own(registry: Registry) -> None:
    files = registry.load(registry.versions(UPLIFT)[0]).files
    assert FeatureEncoder.from_json(files["encoder.json"].decode()) != fit_encoder(features(NIGHT).drop("interest"))
