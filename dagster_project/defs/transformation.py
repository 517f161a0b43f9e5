"""The dbt models as assets, in two invocations a night: what comes before the choice, and what follows from it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from dagster_project.resources.dbt import fresh_manifest
from dagster_project.resources.night import Night

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


@dbt_assets(manifest=MANIFEST, select=BEFORE_THE_CHOICE, name="facts", dagster_dbt_translator=TRANSLATOR)
def facts(context: dg.AssetExecutionContext, dbt: DbtCliResource, night: Night) -> Iterator[Any]:
    """Staging, identity, lifecycle, features, and which action is allowed for whom."""
    yield from dbt.cli(BUILD, context=context, target_path=target_path(night)).stream()


@dbt_assets(manifest=MANIFEST, select=AFTER_THE_CHOICE, name="consequences", dagster_dbt_translator=TRANSLATOR)
def consequences(context: dg.AssetExecutionContext, dbt: DbtCliResource, night: Night) -> Iterator[Any]:
    """What leaves for the platforms, and the statistics of each arm."""
    yield from dbt.cli(BUILD, context=context, target_path=target_path(night)).stream()
