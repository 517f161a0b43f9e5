"""Stage decisions: what drives the effect of each action."""

import dagster as dg
import polars as pl

from dagster_project.model_health import read_models
from dagster_project.models_in_use import ModelsInUse
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from models.action_drivers import Driver, driver_text, drivers_of_effect
from models.phrases import Phrases, phrases_by_feature
from policy.loading import load_policy

DRIVERS = {
    "action_id": pl.String, "goal_id": pl.String, "place": pl.Int64, "feature": pl.String, "text": pl.String,
    "share": pl.Float64, "mean_absolute": pl.Float64, "most": pl.String, "least": pl.String, "most_part": pl.Float64,
    "least_part": pl.Float64, "count_contacts": pl.Int64,
}  # fmt: skip
MOST_DRIVERS, SAMPLE = 10, 1_000
# A fixed pseudo-random part of those who may get the action.
SAMPLED = """
    with drawn as (
        select contact_id, action_id, row_number() over (partition by action_id order by md5(contact_id)) as draw
        from decisioning.eligible_actions where is_eligible
    )
    select drawn.action_id, features.* from drawn
    inner join features.contact_features as features
        on drawn.contact_id = features.contact_id and features.as_of_date = $night
    where draw <= $most order by all"""


@dg.asset(
    key=["decisioning", "action_drivers"],
    group_name="scores",
    deps=[
        ["training", "uplift_model"],
        ["features", "contact_features"],
        ["decisioning", "eligible_actions"],
        ["raw", "policy_feature_words"],
    ],
    kinds={"xgboost"},
    description="What makes an action do more for some than for others, by its model. [action × goal × feature]",
)
def action_drivers(night: Night, warehouse: Warehouse, registry: Registry) -> dg.MaterializeResult:
    """Ask the uplift model in use about a sample of those who may get each action; no rows where priors speak."""
    uplift = ModelsInUse(read_models(warehouse), registry).uplift
    least = load_policy(night.policy_dir).limits.minimum_group_size
    rows: list[dict[str, object]] = []
    if uplift is not None and uplift.trees is not None:
        words = warehouse.query("select * from raw.policy_feature_words")
        phrases = phrases_by_feature(words, [column.name for column in uplift.encoder.columns])
        sample = warehouse.query(SAMPLED, night=night.date, most=SAMPLE)
        known = [each for goal in uplift.goals for each in goal.effects if each.evidence == "model"]
        for effect in known:
            people = sample.filter(action_id=effect.action_id)
            found = drivers_of_effect(uplift, effect.goal_id, effect.action_id, people, least)
            about = {"action_id": effect.action_id, "goal_id": effect.goal_id, "count_contacts": people.height}
            rows += [
                about | {"place": place} | _row(each, phrases) for place, each in enumerate(found[:MOST_DRIVERS], 1)
            ]
    warehouse.replace_table("decisioning.action_drivers", pl.DataFrame(rows, schema=DRIVERS))
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows)})


def _row(driver: Driver, phrases: dict[str, Phrases]) -> dict[str, object]:
    most, least = (None if value is None else str(value) for value in (driver.most, driver.least))
    return {
        "feature": driver.feature, "text": driver_text(driver, phrases), "share": driver.share,
        "mean_absolute": driver.mean_absolute, "most": most, "least": least, "most_part": driver.most_part,
        "least_part": driver.least_part,
    }  # fmt: skip
