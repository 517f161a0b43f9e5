"""The last border: every check must pass before the night's tables are published for the platforms."""

from collections.abc import Iterator
from importlib.metadata import version

import dagster as dg
import duckdb

from dagster_project.publishing import ManifestInfo, publish, read_manifest
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from expectations.activation import FRAMES, check_activation, statements
from expectations.validation import Outcome

ACTIVATION_TABLES = (*FRAMES, "row_fingerprints")
ACTIVATION_KEYS = [dg.AssetKey(["activation", table]) for table in ACTIVATION_TABLES]


def _specs(table: str) -> Iterator[dg.AssetCheckSpec]:
    """Each check looks at other tables too, so it waits for all of them."""
    asset = dg.AssetKey(["activation", table])
    others = [key for key in ACTIVATION_KEYS if key != asset]
    for name in statements(table):
        yield dg.AssetCheckSpec(name, asset=asset, blocking=True, additional_deps=others)


BORDER = [spec for table in FRAMES for spec in _specs(table)]


@dg.multi_asset_check(specs=BORDER, name="activation_border", can_subset=True)
def activation_border(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
    """What must be true before anything leaves. A statement that isn't stops the night here."""
    selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    with warehouse.connect() as connection:
        for table in FRAMES:
            asset = dg.AssetKey(["activation", table])
            if any(key == asset for key, _ in selected):
                outcomes = check_activation(connection, table)
                yield from (_result(asset, outcome) for outcome in outcomes if (asset, outcome.statement) in selected)


@dg.asset(key=["activation", "published"], group_name="activation", deps=ACTIVATION_KEYS, kinds={"parquet"})
def published(context: dg.AssetExecutionContext, night: Night, warehouse: Warehouse) -> dg.MaterializeResult:
    """The night's activation tables as Parquet under `published/<run_date>/`; `latest` leads to the newest night."""
    with warehouse.connect() as connection:
        info = _manifest_info(connection, context.run_id)
        folder = publish(connection, night.home_dir, night.date, info)
    manifest = read_manifest(folder)
    rows = {f"rows_{table.name}": dg.MetadataValue.int(table.rows) for table in manifest.tables}
    return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(folder), **rows})


def _result(asset: dg.AssetKey, outcome: Outcome) -> dg.AssetCheckResult:
    metadata = {}
    if not outcome.is_true:
        metadata = {
            "unexpected_rows": dg.MetadataValue.int(outcome.count_unexpected),
            "unexpected_examples": dg.MetadataValue.text(", ".join(outcome.examples) or "none"),
        }
    return dg.AssetCheckResult(
        passed=outcome.is_true,
        asset_key=asset,
        check_name=outcome.statement,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
        description=outcome.error,
    )


def _manifest_info(connection: duckdb.DuckDBPyConnection, run_id: str) -> ManifestInfo:
    policy_version = connection.sql("select max(policy_version) from raw.night").fetchall()[0][0]
    models = (
        "select distinct model_version from decisioning.next_best_action where model_version is not null order by 1"
    )
    return ManifestInfo(
        run_id=run_id,
        policy_version=policy_version or "",
        model_versions=tuple(name for (name,) in connection.sql(models).fetchall()),
        code_version=version("nightjar"),
    )
