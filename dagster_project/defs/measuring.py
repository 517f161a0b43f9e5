"""Lift between the arms, and what it means for autonomy: SQL has aggregated, here is the inference."""

import dagster as dg
import polars as pl

from dagster_project.resources.warehouse import Warehouse
from models.autonomy_advice import advise_modes
from models.lift import estimate_lift

ACTIONS = "select action_id, autonomy_mode, stakes, cost_cents from raw.policy_actions where is_active order by 1"
EFFECTS = """
    select effects.action_id, effects.evidence, effects.mean, effects.mean_error,
        goals.weight * goals.value_cents as worth_cents
    from decisioning.action_effects as effects inner join raw.policy_goals as goals on effects.goal_id = goals.goal_id
    order by 1, effects.goal_id"""


@dg.asset(
    key=["measurement", "lift"],
    group_name="measurement",
    deps=[dg.AssetKey(["measurement", "arm_statistics"]), dg.AssetKey(["raw", "policy_arms"])],
)
def lift(warehouse: Warehouse) -> dg.MaterializeResult:
    """One row per metric and pair of arms: difference per unit with its interval."""
    statistics = warehouse.query("select * from measurement.arm_statistics")
    result = estimate_lift(statistics, warehouse.query("select arm, share from raw.policy_arms"))
    warehouse.replace_table("measurement.lift", result)
    return dg.MaterializeResult(metadata={"comparisons": len(result)})


@dg.asset(
    key=["decisioning", "autonomy_advice"],
    group_name="measurement",
    deps=[
        dg.AssetKey(["training", "uplift_model"]),
        dg.AssetKey(["decisioning", "model_watch"]),
        *(dg.AssetKey(["raw", table]) for table in ("policy_actions", "policy_goals")),
    ],
)
def autonomy_advice(warehouse: Warehouse) -> dg.MaterializeResult:
    """One row per active action: whether what it was measured to bring speaks for more, or less, without a person."""
    advice = advise_modes(warehouse.query(ACTIONS), warehouse.query(EFFECTS))
    warehouse.replace_table("decisioning.autonomy_advice", advice)
    changes = advice.filter(pl.col("advice") != "stay")["action_id"].to_list()
    return dg.MaterializeResult(metadata={"rows": len(advice), "changes": changes})
