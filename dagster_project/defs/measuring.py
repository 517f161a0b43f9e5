"""Lift between the arms: SQL has aggregated, here is the inference."""

import dagster as dg

from dagster_project.resources.warehouse import Warehouse
from models.lift import estimate_lift


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
