"""Nightjar's Dagster definitions: every asset of `defs/`, the nightly job, its schedule, a night's resources."""

from pathlib import Path

import dagster as dg

from dagster_project.resources.dbt import dbt_resource
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings

NIGHTLY = dg.define_asset_job(
    "nightly", selection=dg.AssetSelection.all(), description="One night: exports in, decisions out, lift measured."
)
SCHEDULE = dg.ScheduleDefinition(
    name="nightly", job=NIGHTLY, cron_schedule="0 2 * * *", execution_timezone="UTC",
    description="Every night at 02:00 UTC, once the day's exports have landed.",
)  # fmt: skip


def resources(settings: Settings) -> dict[str, object]:
    """The resources of a night, by the name under which assets ask for them."""
    home = str(settings.home)
    return {
        "night": Night(
            home=home,
            exports=str(settings.exports),
            policy=str(settings.policy),
            run_date=settings.run_date.isoformat() if settings.run_date else "",
        ),
        "warehouse": Warehouse(home=home, threads=settings.threads, memory_limit=settings.memory_limit),
        "ledger": Ledger(home=home),
        "registry": Registry(home=home),
        "dbt": dbt_resource(),
    }


def build_definitions(settings: Settings) -> dg.Definitions:
    """The definitions for one deployment. One process does a whole night: DuckDB has one writer."""
    settings.export_to_environment()
    assets = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    return dg.Definitions.merge(
        assets,
        dg.Definitions(
            jobs=[NIGHTLY], schedules=[SCHEDULE], resources=resources(settings), executor=dg.in_process_executor
        ),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and the production daemon load."""
    return build_definitions(Settings.from_environment())
