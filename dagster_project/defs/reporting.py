"""The night's report, once its tables are out and its lift is measured."""

import dagster as dg

from dagster_project.reporting.page import write_report
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse


@dg.asset(
    key=["measurement", "report"],
    group_name="measurement",
    deps=[
        ["activation", "published"],
        ["measurement", "lift"],
        ["decisioning", "model_health"],
        ["decisioning", "goal_progress"],
        ["decisioning", "autonomy_advice"],
    ],
    kinds={"html"},
)
def report(night: Night, warehouse: Warehouse) -> dg.MaterializeResult:
    """One self-contained HTML page: what was decided and why, what was learnt, what it brought, the data's health."""
    with warehouse.connect() as connection:
        path = write_report(connection, night.home_dir, night.date)
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(path)})
