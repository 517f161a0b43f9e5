"""What spoke for tonight's choices: the models in use, asked for the parts of what they said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_project.model_health import read_models
from dagster_project.models_in_use import ModelsInUse
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from models.contact_drivers import driver_phrases, first_facts
from models.contributions import effect_contributions, logit_contributions
from models.encoding import FeatureEncoder
from models.night_choice import NightChoices
from models.phrases import phrases_by_feature
from models.reasons import FACT_COLUMNS, LEARNT

BATCH = 50_000
# A goal counts as likelier than for most from this many times its base rate on.
LIKELIER = 1.1
TOLD: dict[str, pl.DataType | type[pl.DataType]] = {
    "contact_id": pl.String,
    "drivers": pl.List(pl.String),
    "fact": pl.String,
}
FEATURES = """
    select * from features.contact_features
    where as_of_date = $night and contact_id between $first and $last order by contact_id"""


def tell_choices(night: Night, warehouse: Warehouse, registry: Registry, choices: NightChoices) -> pl.DataFrame:
    """One row per contact with an action: `drivers`, what speaks for the action, in words, where the optimiser chose
    and a model speaks; and `fact`, something the contact did.
    """
    teller = _Teller(
        ModelsInUse(read_models(warehouse), registry),
        warehouse.query("select * from raw.policy_feature_words"),
        dict(warehouse.query("select goal_id, sign(value_cents)::double from raw.policy_goals").iter_rows()),
    )
    told = [pl.DataFrame(schema=TOLD)]
    for chosen, features in _batches(night, warehouse, choices):
        facts = first_facts(features, FACT_COLUMNS, phrases_by_feature(teller.words, FACT_COLUMNS))
        drivers = teller.drivers(chosen, features)
        told.append(pl.DataFrame([chosen["contact_id"], drivers.alias("drivers"), facts.alias("fact")], schema=TOLD))
    return pl.concat(told)


def _batches(night: Night, warehouse: Warehouse, choices: NightChoices) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Chosen pairs with `way`, and the features of their contacts, row by row the same contacts."""
    taken = choices.by_contact.select("pair", "way").filter(pl.col("pair").is_not_null())
    pairs = choices.pairs.select(
        "contact_id", "action_id", "goal_id", "evidence", "uplift", "propensity", "response_ratio"
    )
    chosen = pairs[taken["pair"].to_numpy()].with_columns(taken["way"]).sort("contact_id")
    for start in range(0, chosen.height, BATCH):
        batch = chosen[start : start + BATCH]
        ends = {"first": batch["contact_id"][0], "last": batch["contact_id"][-1]}
        features = warehouse.query(FEATURES, night=night.date, **ends)
        known = features.join(batch.select("contact_id"), on="contact_id", how="semi", maintain_order="left")
        yield batch.join(known.select("contact_id"), on="contact_id", how="semi", maintain_order="left"), known


@dataclass(frozen=True)
class _Teller:
    """Words for what the models in use found. `signs` has the sign of each goal's value."""

    models: ModelsInUse
    words: pl.DataFrame
    signs: Mapping[str, float]

    def drivers(self, chosen: pl.DataFrame, features: pl.DataFrame) -> pl.Series:
        """What speaks for each contact's action; an empty list where nothing is known or chance chose."""
        told = np.empty(chosen.height, dtype=object)
        told[:] = [[] for _ in range(chosen.height)]
        of_action = pl.when(pl.col("evidence").is_in(LEARNT)).then("action_id")
        # Where responses are known they scale a belief, and not the propensity.
        is_told = pl.col("evidence").is_in(LEARNT) | pl.col("response_ratio").is_null()
        groups = chosen.with_row_index("row").filter(is_told, way="optimum").with_columns(action_id=of_action)
        for (goal_id, action_id), group in groups.group_by("goal_id", "action_id", maintain_order=True):
            rows = group["row"].to_numpy()
            found = (
                self._of_effect(str(goal_id), str(action_id), group, features[rows])
                if action_id is not None
                else self._of_goal(str(goal_id), group, features[rows])
            )
            if found is not None:
                told[rows] = found.to_list()
        return pl.Series(told.tolist(), dtype=pl.List(pl.String))

    def _of_effect(self, goal_id: str, action_id: str, group: pl.DataFrame, features: pl.DataFrame) -> pl.Series:
        boosters, encoder, slope = self.models.effect(goal_id, action_id)
        parts = effect_contributions(boosters, encoder, encoder.encode(features), slope)
        return self._told(self.signs[goal_id] * parts.values, group["uplift"].to_numpy(), encoder, features)

    def _of_goal(self, goal_id: str, group: pl.DataFrame, features: pl.DataFrame) -> pl.Series | None:
        """Before an action has a model of its own, its effect grows with the probability of the goal."""
        model = self.models.propensity(goal_id)
        if model is None:
            return None
        values = logit_contributions(model.booster, model.encoder, model.encoder.encode(features))
        is_likelier = group["propensity"].to_numpy() >= LIKELIER * model.base_rate
        values[~is_likelier] = 0.0
        return self._told(values, np.zeros(len(values)), model.encoder, features)

    def _told(
        self, values: np.ndarray, whole: np.ndarray, encoder: FeatureEncoder, features: pl.DataFrame
    ) -> pl.Series:
        phrases = phrases_by_feature(self.words, [column.name for column in encoder.columns])
        return driver_phrases(values, whole, encoder, features, phrases)
