"""How long the reasons of a night's decisions take, and how well the quick method agrees with the exact one.

Contacts have all features of `features.contact_features`, drawn; the uplift model is trained on them as the nightly job
does. Timed is all from the features of the actioned contacts to the words.
"""

import numpy as np
import polars as pl
from ruamel.yaml import YAML

from benchmarks.learning.options import Options
from benchmarks.learning.printing import show_table
from benchmarks.meter import Meter
from benchmarks.paths import PROJECT_ROOT
from models.boosting import sigmoid
from models.choices import Choices, Evidence
from models.contact_drivers import driver_phrases
from models.contributions import effect_contributions
from models.encoding import KEYS, TRAITS_COLUMN, FeatureEncoder, fit_encoder
from models.phrases import phrases_by_feature
from models.priors import policy_prior
from models.uplift import UpliftModel
from models.uplift_training import build_uplift_model, train_goal_effects
from policy.loading import load_policy

ACTIONS = ("case_study", "discovery_call", "tips", "webinar")
COUNT_TRAINING, COUNT_EXACT = 60_000, 2_000
BATCH = 50_000
DRAWN_LEVELS = ("Retail", "Software", "Steel", "Health", "unknown")


def run(options: Options) -> dict[str, object]:
    """Time the reasons of `rows` decisions, median over seeds, and compare quick and exact parts."""
    timed = [_timed(options.rows, seed) for seed in range(options.seeds)]
    median = {name: float(np.median([each[name] for each in timed])) for name in timed[0]}
    rows = [[name.replace("_", " "), f"{value:,.3g}"] for name, value in median.items()]
    show_table(f"Reasons of {options.rows:,} decisions", ["figure", "median"], rows)
    return {"decisions": options.rows, "seeds": options.seeds, **median}


def draw_contacts(count: int, seed: int) -> pl.DataFrame:
    """One row per contact: a value for each feature in the contract of `features.contact_features`."""
    generator = np.random.default_rng(seed)
    models = YAML(typ="safe").load(PROJECT_ROOT / "dbt/models/features/_models.yml")["models"]
    columns = next(model["columns"] for model in models if model["name"] == "contact_features")
    drawn = {
        "boolean": lambda: generator.random(count) < 0.3,
        "varchar": lambda: generator.choice(np.array(DRAWN_LEVELS, dtype=object), count),
        "integer": lambda: generator.poisson(1.5, count),
        "double": lambda: generator.gamma(2.0, 0.5, count),
    }
    return pl.DataFrame({
        each["name"]: drawn[each["data_type"]]() for each in columns if each["name"] not in (*KEYS, TRAITS_COLUMN)
    })  # fmt: skip


def train_model(features: pl.DataFrame, encoder: FeatureEncoder, seed: int) -> UpliftModel:
    """The model of a trial in which four actions move a reply, each by the values of another feature."""
    generator = np.random.default_rng(seed)
    encoded = encoder.encode(features)
    centred = np.nan_to_num((encoded - np.nanmean(encoded, axis=0)) / (np.nanstd(encoded, axis=0) + 1e-6))
    action = generator.integers(0, len(ACTIONS) + 1, len(encoded))
    weights = generator.normal(scale=0.5, size=(encoded.shape[1], len(ACTIONS))) * (
        generator.random((encoded.shape[1], len(ACTIONS))) < 0.05
    )
    shifts = np.concatenate([np.zeros((len(encoded), 1)), 0.3 + centred @ weights], axis=1)
    logits = -3.0 + centred[:, :4].sum(axis=1) * 0.4 + shifts[np.arange(len(encoded)), action]
    choices = Choices(
        features=encoded,
        action=np.array(["none", *ACTIONS], dtype=object)[action],
        probability=np.full(len(encoded), 1 / (len(ACTIONS) + 1)),
        outcome=(generator.random(len(encoded)) < sigmoid(logits)).astype(float),
        weight=np.ones(len(encoded)),
        units=np.arange(len(encoded)).astype(str).astype(object),
        can_get=dict.fromkeys(ACTIONS, np.ones(len(encoded), dtype=bool)),
    )
    trained = train_goal_effects("reply", choices, dict.fromkeys(ACTIONS, policy_prior(0.01)), Evidence(250, 25), seed)
    return build_uplift_model(encoder, [trained])


def _timed(count: int, seed: int) -> dict[str, float]:
    contacts = draw_contacts(count, seed)
    encoder = fit_encoder(contacts[:COUNT_TRAINING])
    model = train_model(contacts[:COUNT_TRAINING], encoder, seed)
    words = load_policy(PROJECT_ROOT / "policy").tables()["policy_feature_words"]
    with Meter() as meter:
        told = [
            _tell(model, contacts[start : start + BATCH], ACTIONS[number % len(ACTIONS)], words)
            for number, start in enumerate(range(0, count, BATCH))
        ]
        meter.mark("reasons")
    use = meter.stages()["reasons"]
    lengths = pl.concat(told).list.len()
    return {
        "wall_seconds": use.wall_seconds, "cpu_seconds": use.cpu_seconds, "peak_mb": use.peak_mb,
        "share_with_a_reason": float(np.mean(lengths.to_numpy() > 0)), **_agreement(model, contacts[:COUNT_EXACT]),
    }  # fmt: skip


def _tell(model: UpliftModel, features: pl.DataFrame, action: str, words: pl.DataFrame) -> pl.Series:
    goal = model.goal("reply")
    effect = goal.effect_of(action) if goal else None
    if effect is None:
        raise ValueError(f"{action} wasn't trained")
    boosters, encoded = model.explain_boosters("reply", action), model.encoder.encode(features)
    parts = effect_contributions(boosters, model.encoder, encoded, effect.slope)
    phrases = phrases_by_feature(words, [column.name for column in model.encoder.columns])
    return driver_phrases(parts.values, parts.effect, model.encoder, features, phrases)


def _agreement(model: UpliftModel, features: pl.DataFrame) -> dict[str, float]:
    """Correlation of quick and exact parts, and how often the strongest of one is among the three of the other."""
    encoded, boosters = model.encoder.encode(features), model.explain_boosters("reply", ACTIONS[0])
    exact, quick = (effect_contributions(boosters, model.encoder, encoded, 1.0, each).values for each in (True, False))
    three = np.argsort(-exact, axis=1)[:, :3]
    among = (three == quick.argmax(axis=1)[:, None]).any(axis=1)
    return {
        "correlation_with_exact": float(np.corrcoef(quick.ravel(), exact.ravel())[0, 1]),
        "share_strongest_among_exact_three": float(among.mean()),
    }
