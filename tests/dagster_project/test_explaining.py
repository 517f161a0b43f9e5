"""Reasons, drivers and explanations of a home in which one model knows two actions, from the models to the words."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from dagster_project.commands import explain_models
from dagster_project.commands.reading import open_warehouse
from dagster_project.defs.explaining import action_drivers
from dagster_project.explaining import tell_choices
from dagster_project.model_health import MODEL_COLUMNS
from dagster_project.resources.night import Night
from dagster_project.resources.registry import LoadedBundle, Registry, Version
from dagster_project.resources.warehouse import Warehouse
from models.boosting import sigmoid
from models.choices import Choices, Evidence
from models.encoding import fit_encoder
from models.priors import policy_prior
from models.uplift_training import build_uplift_model, train_goal_effects
from policy.loading import load_policy

NIGHT = date(2026, 3, 1)
COUNT = 12_000
GENERATOR = np.random.default_rng(11)
CONTACTS = pl.DataFrame({
    "contact_id": [f"c{each:05d}" for each in range(COUNT)],
    "as_of_date": [NIGHT] * COUNT,
    "count_pricing_view_30d": GENERATOR.poisson(1.0, COUNT),
    "industry": GENERATOR.choice(["Steel", "Retail", "Health"], COUNT),
    "job_level": GENERATOR.choice(["manager", "director"], COUNT),
    "days_since_session": GENERATOR.integers(1, 90, COUNT),
})  # fmt: skip


def bundle() -> dict[str, bytes]:
    """A model of a trial: the mail works for who views pricing, the call in Steel only."""
    chosen = GENERATOR.integers(0, 3, COUNT)
    views = np.minimum(CONTACTS["count_pricing_view_30d"].to_numpy(), 3)
    steel = (CONTACTS["industry"] == "Steel").to_numpy()
    logit = -2.2 + (chosen == 1) * (0.8 * views - 0.3) + (chosen == 2) * (1.8 * steel - 0.3)
    features = CONTACTS.drop("contact_id", "as_of_date")
    encoder = fit_encoder(features)
    choices = Choices(
        features=encoder.encode(features),
        action=np.array(["none", "mail", "call"], dtype=object)[chosen],
        probability=np.full(COUNT, 1 / 3),
        outcome=(GENERATOR.random(COUNT) < sigmoid(logit)).astype(float),
        weight=np.ones(COUNT),
        units=np.arange(COUNT).astype(str).astype(object),
        can_get=dict.fromkeys(["mail", "call"], np.ones(COUNT, dtype=bool)),
    )
    priors = dict.fromkeys(("mail", "call"), policy_prior(0.02))
    trained = train_goal_effects("reply", choices, priors, Evidence(250, 25), seed=1)
    return build_uplift_model(encoder, [trained]).to_files()


class Shelf(Registry):
    """A registry that holds one bundle, in the home."""

    def versions(self, name: str) -> list[Version]:
        return [Version(name, 1, "run", {})]

    def load(self, version: Version) -> LoadedBundle:
        return LoadedBundle(version, {path.name: path.read_bytes() for path in Path(self.home, "bundle").iterdir()})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    home = tmp_path_factory.mktemp("home")
    warehouse, tables = Warehouse(home=str(home)), load_policy(Path("policy")).tables()
    model = dict.fromkeys(MODEL_COLUMNS) | {"model": "nightjar-uplift", "version": 1}
    pairs = CONTACTS.select("contact_id").head(600).join(pl.DataFrame({"action_id": ["mail", "call"]}), how="cross")
    scored = pairs.with_columns(
        goal_id=pl.lit("reply"), evidence=pl.lit("model"), uplift=0.05, propensity=0.1, expected_value_cents=1.0,
        response_ratio=pl.lit(None, pl.Float64), is_eligible=True,
    )  # fmt: skip
    for name, frame in {
        "features.contact_features": CONTACTS, "raw.policy_feature_words": tables["policy_feature_words"],
        "raw.policy_goals": tables["policy_goals"], "decisioning.models_in_use": pl.DataFrame([model], MODEL_COLUMNS),
        "decisioning.eligible_actions": scored, "decisioning.action_scores": scored,
        "raw.night": pl.DataFrame({"run_date": [NIGHT]}),
    }.items():  # fmt: skip
        warehouse.replace_table(name, frame)
    night = Night(home=str(home), exports="", policy="policy", run_date=str(NIGHT))
    (home / "bundle").mkdir()
    for name, content in bundle().items():
        (home / "bundle" / name).write_bytes(content)
    return SimpleNamespace(home=home, warehouse=warehouse, night=night, registry=Shelf(home=str(home)), pairs=scored)


def told(world: SimpleNamespace, action_id: str, **changes: object) -> pl.DataFrame:
    pairs = world.pairs.filter(action_id=action_id).with_columns(**{k: pl.lit(v) for k, v in changes.items()})
    by_contact = pl.DataFrame({"pair": np.arange(pairs.height), "way": "optimum"}).with_columns(
        pair=pl.when(pl.col("pair") % 7 > 0).then("pair"),
        way=pl.when(pl.col("pair") % 5 == 0).then(pl.lit("explored")).otherwise("way"),
    )
    choices: Any = SimpleNamespace(pairs=pairs, by_contact=by_contact)
    frame = tell_choices(world.night, world.warehouse, world.registry, choices)
    return frame.join(by_contact.filter(pl.col("pair").is_not_null()).with_columns(
        contact_id=pairs["contact_id"].gather(by_contact["pair"].drop_nulls())
    ), on="contact_id").join(CONTACTS, on="contact_id").sort("contact_id")  # fmt: skip


def test_reasons_are_what_the_model_learnt_and_never_contradict_the_data(world: SimpleNamespace) -> None:
    mail = told(world, "mail")
    viewers = mail.filter((pl.col("count_pricing_view_30d") >= 3) & (pl.col("way") == "optimum"))
    assert viewers.height > 20
    for views, drivers in viewers.select("count_pricing_view_30d", "drivers").iter_rows():
        assert drivers[0] == f"viewed pricing {views} times in 30 days"
    never = mail.filter(count_pricing_view_30d=0)
    assert not any("pricing" in each for drivers in never["drivers"] for each in drivers)
    call = told(world, "call").filter(way="optimum")
    steel = call.filter(industry="Steel")["drivers"].list.first()
    assert (steel == "industry Steel").mean() > 0.95
    other = call.filter(pl.col("industry") != "Steel")["drivers"].explode()
    assert not other.drop_nulls().str.contains("industry").any()


def test_chance_and_priors_have_no_drivers_and_facts_are_facts(world: SimpleNamespace) -> None:
    assert told(world, "mail").filter(way="explored")["drivers"].list.len().max() == 0
    by_prior = told(world, "mail", evidence="prior")
    assert by_prior["drivers"].list.len().max() == 0, "there is no propensity model either"
    assert (by_prior["fact"].is_null() == (by_prior["count_pricing_view_30d"] == 0)).all()


def test_the_same_night_again_says_the_same(world: SimpleNamespace) -> None:
    assert told(world, "mail").equals(told(world, "mail"))


def test_drivers_of_an_action_are_a_table(world: SimpleNamespace) -> None:
    resources = {"night": world.night, "warehouse": world.warehouse, "registry": world.registry}
    assert dg.materialize([action_drivers], resources=resources).success
    drivers = world.warehouse.query("select * from decisioning.action_drivers order by action_id, place")
    first = {row["action_id"]: row for row in drivers.filter(place=1).to_dicts()}
    assert first["mail"]["feature"] == "count_pricing_view_30d" and first["call"]["feature"] == "industry"
    assert first["call"]["text"].startswith("industry: most where “industry Steel”, least where “industry ")
    assert first["mail"]["text"].endswith("least where “hasn't viewed pricing in 30 days”")
    assert first["call"]["most_part"] > 0 > first["call"]["least_part"]
    assert drivers["count_contacts"].unique().to_list() == [600]


def test_explain_says_exactly_what_spoke(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_models, "Registry", lambda home: world.registry)
    contact = CONTACTS.head(600).filter(industry="Steel", count_pricing_view_30d=0)["contact_id"][0]
    with open_warehouse(world.home) as warehouse:
        effects, goals, absence = explain_models.exact_parts(warehouse, world.home, contact)
        nobody, _, why = explain_models.exact_parts(warehouse, world.home, "c99999")
    assert set(effects["subject"]) == {"mail", "call"} and goals.is_empty() and absence
    strongest = effects.filter(subject="call").row(0, named=True)
    assert (strongest["feature"], strongest["told"]) == ("industry", "industry Steel") and strongest["part"] > 0
    pricing = effects.filter(subject="mail", feature="count_pricing_view_30d").row(0, named=True)
    assert pricing["part"] < 0 and pricing["told"] == "hasn't viewed pricing in 30 days"
    assert nobody.is_empty() and why == "not scored in the last night"
    json.dumps(effects.to_dicts())
