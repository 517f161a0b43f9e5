"""What spoke for and against, exactly: SHAP values of the models in use for one contact."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.commands.console import out
from dagster_project.commands.reading import WarehouseReader
from dagster_project.models_in_use import ModelsInUse
from dagster_project.reporting.words import points
from dagster_project.resources.registry import Registry, RegistryError
from models.contributions import EffectBoosters, effect_contributions
from models.encoding import FeatureEncoder
from models.phrases import phrase_of, phrases_by_feature

TABLES = (
    "decisioning.models_in_use", "decisioning.action_scores", "features.contact_features", "raw.policy_feature_words",
)  # fmt: skip
MODELS = "select * from decisioning.models_in_use order by model"
FEATURES = """
    select features.* from features.contact_features as features
    where contact_id = $contact and as_of_date = (select run_date from raw.night)"""
LEARNT = """
    select action_id, goal_id from decisioning.action_scores
    where contact_id = $contact and evidence in ('model', 'family')
    order by expected_value_cents desc, action_id"""
MOST_TOLD = 4
# A part below a hundredth of a point isn't worth reading.
LEAST_PART = 1e-4

PARTS = {"subject": pl.String, "goal_id": pl.String, "feature": pl.String, "told": pl.String, "part": pl.Float64}


def exact_parts(warehouse: WarehouseReader, home: Path, contact_id: str) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """One row per action that a model speaks of, and feature; one row per goal that has a model, and feature; and why
    nothing can be said, if so. `part` is what the feature adds to the effect, or to the uncalibrated probability.
    """
    nothing = pl.DataFrame(schema=PARTS)
    features = warehouse.rows_if((*TABLES, "raw.night"), FEATURES, contact=contact_id)
    if features.is_empty():
        return nothing, nothing, "not scored in the last night"
    rows = warehouse.rows(MODELS).to_dicts()
    models, words = (
        ModelsInUse(rows, Registry(home=str(home))),
        warehouse.rows("select * from raw.policy_feature_words"),
    )
    asked = _Asked(features, words)
    effects, goals = [nothing], [nothing]
    try:
        for action_id, goal_id in warehouse.rows(LEARNT, contact=contact_id).iter_rows():
            trees, encoder, slope = models.effect(goal_id, action_id)
            effects.append(asked.parts(action_id, goal_id, trees, encoder, slope))
        for goal_id in sorted(str(row["goal_id"]) for row in rows if row["goal_id"] is not None):
            model = models.propensity(goal_id)
            if model is not None:
                trees = EffectBoosters(None, model.booster, None)
                goals.append(asked.parts(goal_id, goal_id, trees, model.encoder))
    except (RegistryError, KeyError, ValueError) as error:
        return nothing, nothing, f"the models of the last night can't be asked: {error}"
    return pl.concat(effects), pl.concat(goals), "no model speaks yet: all is the policy's belief"


@dataclass(frozen=True)
class _Asked:
    """A contact's features, one row, and the words for them."""

    features: pl.DataFrame
    words: pl.DataFrame

    def parts(
        self, subject: str, goal_id: str, trees: EffectBoosters, encoder: FeatureEncoder, slope: float = 1.0
    ) -> pl.DataFrame:
        """One row per feature, the largest parts first; without words, a feature is told by its name."""
        values = effect_contributions(trees, encoder, encoder.encode(self.features), slope, is_exact=True).values[0]
        phrases = phrases_by_feature(self.words, [column.name for column in encoder.columns])
        rows = []
        for position in np.argsort(-np.abs(values), kind="stable"):
            column = encoder.columns[position]
            told = phrase_of(phrases[column.name], column, self.features)[0] if column.name in phrases else None
            rows.append((subject, goal_id, column.name, told or column.name.replace("_", " "), float(values[position])))
        return pl.DataFrame(rows, schema=PARTS, orient="row")


def print_parts(title: str, parts: pl.DataFrame, absence: str) -> None:
    """One line for and one against, per action or goal, the strongest first."""
    out.print(f"\n[bold]{title}[/]")
    if parts.is_empty():
        out.print(f"  [dim]{absence}[/]", markup=True)
    for (subject,), rows in parts.group_by("subject", maintain_order=True):
        out.print(f"  {subject}", markup=False)
        for name, sign in (("for", 1.0), ("against", -1.0)):
            told = rows.filter(sign * pl.col("part") >= LEAST_PART).head(MOST_TOLD)
            texts = [f"{text} ({points(part)})" for text, part in told.select("told", "part").iter_rows()]
            if texts:
                out.print(f"    {name:<8} {'; '.join(texts)}", markup=False)
