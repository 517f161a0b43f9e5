"""The dbt models as assets, in two invocations a night: what comes before the choice, and what follows from it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from dagster_project.resources.built_tables import BuiltTables
from dagster_project.resources.dbt import fresh_manifest, project_version
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse

STAGE_OF_FOLDER = {"core": "identity", "decisioning": "decisions"}
BEFORE_THE_CHOICE = (
    " ".join(
        f"fqn:nightjar.{folder}" for folder in ("staging", "identity", "core", "lifecycle", "features", "decisioning")
    )
    + " resource_type:seed"
)
AFTER_THE_CHOICE = "fqn:nightjar.activation fqn:nightjar.measurement"
# Unit tests say something about the code, not about the night's data.
BUILD = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]

STALE = "models or seeds changed since this warehouse was built: tables that grow night by night are built in full"


class StageTranslator(DagsterDbtTranslator):
    """A model's asset key is [schema, table], as in the warehouse, and its group is the stage of its folder."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        schema = dbt_resource_props["schema"] if dbt_resource_props["resource_type"] != "source" else None
        return dg.AssetKey(
            [schema or dbt_resource_props["source_name"], dbt_resource_props.get("alias") or dbt_resource_props["name"]]
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        if dbt_resource_props["resource_type"] == "seed":
            return "staging"
        folder = dbt_resource_props["fqn"][1]
        return STAGE_OF_FOLDER.get(folder, folder)


def target_path(night: Night) -> Path:
    """Where dbt keeps its parsed project: one folder per home, as another home is another profile and parsed anew."""
    folder = night.home_dir / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


MANIFEST = json.loads(fresh_manifest().read_text())
TRANSLATOR = StageTranslator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))
# Seeds and the views of staging: what they say is in the code.
FIXED = {
    TRANSLATOR.get_asset_key(node)
    for node in MANIFEST["nodes"].values()
    if node["resource_type"] == "seed" or node["fqn"][1:2] == ["staging"]
}


@dbt_assets(manifest=MANIFEST, select=BEFORE_THE_CHOICE, name="facts", dagster_dbt_translator=TRANSLATOR)
def facts(context: dg.AssetExecutionContext, dbt: DbtCliResource, night: Night, warehouse: Warehouse) -> Iterator[Any]:
    """Staging, identity, lifecycle, features, and which action is allowed for whom.

    Tables that grow from night to night are built anew when the code that builds them changed. Seeds and views
    of staging, which only code changes, are left as they are when it didn't.
    """
    tables = {".".join(key.path) for key in context.selected_asset_keys}
    fixed = [key for key in sorted(context.selected_asset_keys) if key in FIXED]
    built = BuiltTables(warehouse, project_version())
    stale = built.stale(tables)
    if stale:
        print(STALE)  # the night's log; Dagster's own isn't shown on the command line
        context.log.info(STALE)
    arguments = [*BUILD, "--full-refresh"] if stale else BUILD
    if built.are_current({".".join(key.path) for key in fixed}):
        arguments = [*arguments, "--exclude", "resource_type:seed fqn:nightjar.staging"]
        yield from (dg.MaterializeResult(asset_key=key) for key in fixed)
    yield from dbt.cli(arguments, context=context, target_path=target_path(night)).stream()
    built.record(tables)


@dbt_assets(manifest=MANIFEST, select=AFTER_THE_CHOICE, name="consequences", dagster_dbt_translator=TRANSLATOR)
def consequences(context: dg.AssetExecutionContext, dbt: DbtCliResource, night: Night) -> Iterator[Any]:
    """What leaves for the platforms, and the statistics of each arm."""
    yield from dbt.cli(BUILD, context=context, target_path=target_path(night)).stream()
