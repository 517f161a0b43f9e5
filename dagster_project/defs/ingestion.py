"""Stage raw: the exports, the policy, the ledger and the night itself as tables."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dagster_project.erasure.identifiers import read_erased
from dagster_project.ingestion.catalogue import RawObject, load_catalogue
from dagster_project.ingestion.ingest import FirstSeen, ingest
from dagster_project.ingestion.ledger_schema import LEDGER_COLUMNS
from dagster_project.ingestion.ledger_views import copy_published_rows, show_ledger
from dagster_project.ingestion.profiling import DATED_BY, has_files, profile
from dagster_project.ingestion.report import IngestionReport, IngestionStoppedError, ObjectReport, raise_if_stopped
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from expectations.raw import BLOCKING, STATEMENTS, raw_suite
from expectations.validation import Outcome, validate
from policy.loading import load_policy
from policy.tables import SCHEMAS

CATALOGUE = load_catalogue()
CHECKED = tuple(each for each in CATALOGUE.objects if each.label in DATED_BY)
BOOKS = {
    "files": "One row per object and file content that was loaded.",
    "rejected_rows": "One row per exported row that couldn't be read or typed, with the reason.",
    "new_columns": "One row per exported column that the catalogue doesn't know.",
}

# What an earlier run of this night saw first stays seen; other kinds are what tonight decides.
KNOWN_TONIGHT = {"files", "attributions"}
# Who was forgotten is forgotten in every night, also in an earlier one that is run again.
ERASURES = "erasures"
FIRST_SEEN_TONIGHT = (
    "select source, object, file_hash, first_seen_on from raw.files where first_seen_on = ? order by all"
)


def _raw(name: str, description: str | None = None) -> dg.AssetSpec:
    return dg.AssetSpec(["raw", name], group_name="raw", description=description)


@dg.multi_asset(
    name="raw_exports",
    specs=[
        *(_raw(each.table_name, each.description) for each in CATALOGUE.objects),
        *(_raw(name, description) for name, description in BOOKS.items()),
    ],
    check_specs=[
        dg.AssetCheckSpec(statement, asset=["raw", each.table_name], blocking=statement in BLOCKING)
        for each in CHECKED
        for statement in STATEMENTS
    ],
)
def raw_exports(
    context: dg.AssetExecutionContext, night: Night, warehouse: Warehouse, ledger: Ledger
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What is new in the exports. Files that can't be read, or too many bad rows, stop the night here."""
    limit = load_policy(night.policy_dir).limits.reject_limit
    now = datetime.now(UTC).replace(tzinfo=None)
    erased = read_erased(ledger)
    with warehouse.connect() as connection:
        report = ingest(
            connection, night.exports_dir, CATALOGUE, now, limit, context.log.info, night.date, first_seen(ledger),
            erased,
        )  # fmt: skip
        found = connection.sql(FIRST_SEEN_TONIGHT, params=[night.date]).pl()
        checks = [
            check for each in CHECKED for check in _checks(connection, each, report.of(each.label), night.date, limit)
        ]
    if len(found):
        ledger.append("files", night.date, found)
    yield from _results(report)
    yield from checks
    try:
        raise_if_stopped(report, limit)
    except IngestionStoppedError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def first_seen(ledger: Ledger) -> FirstSeen:
    """The night that found each content first, by object and hash: a warehouse made anew dates its rows by it."""
    files = ledger.read("files")
    if files is None:
        return {}
    return {(f"{source}/{name}", file_hash): night for source, name, file_hash, night in files.iter_rows()}


def _results(report: IngestionReport) -> Iterator[dg.MaterializeResult]:
    for each in report.objects:
        yield dg.MaterializeResult(
            asset_key=["raw", f"{each.source}__{each.name}"],
            metadata={
                "rows_read": each.rows_read,
                "rows_added": each.rows_added,
                "rows_changed": each.rows_changed,
                "rows_rejected": each.rows_rejected,
                "files": list(each.files),
                "new_columns": list(each.new_columns),
                "missing_columns": list(each.missing_columns),
                "stopped": list(each.stopped),
            },
        )
    metadata: dict[str, dict[str, Any]] = {
        "files": {"files": sum(len(each.files) for each in report.objects), "not_read": list(report.warnings)},
        "rejected_rows": {"rows": sum(each.rows_rejected for each in report.objects)},
        "new_columns": {"columns": sum(len(each.new_columns) for each in report.objects)},
    }
    for name in BOOKS:
        yield dg.MaterializeResult(asset_key=["raw", name], metadata=metadata[name])


def _checks(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, report: ObjectReport, run_date: date, limit: float
) -> Iterator[dg.AssetCheckResult]:
    suite = raw_suite(raw_object.label, run_date, limit, has_files(connection, raw_object))
    frame = profile(connection, raw_object, report)
    for outcome in validate(frame, suite):
        yield _check(raw_object, outcome, {column: str(frame[column][0]) for column in frame})


def _check(raw_object: RawObject, outcome: Outcome, found: dict[str, str]) -> dg.AssetCheckResult:
    is_blocking = outcome.statement in BLOCKING
    return dg.AssetCheckResult(
        asset_key=["raw", raw_object.table_name],
        check_name=outcome.statement,
        passed=outcome.is_true,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description=outcome.error,
        metadata=found,
    )


@dg.multi_asset(specs=[_raw(f"policy_{name}", f"The policy's {name}, as a table.") for name in SCHEMAS])
def policy_tables(night: Night, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """The policy of the night, one table per list."""
    tables = load_policy(night.policy_dir).tables()
    with warehouse.connect() as connection:
        for name, table in tables.items():
            connection.register("policy_table", table.to_arrow())
            connection.execute(f"create or replace table raw.{name} as select * from policy_table")
    for name, table in tables.items():
        yield dg.MaterializeResult(asset_key=["raw", name], metadata={"rows": table.height})


@dg.multi_asset(specs=[_raw(f"ledger_{kind}", f"The ledger's {kind} of earlier nights.") for kind in LEDGER_COLUMNS])
def ledger_views(night: Night, warehouse: Warehouse, ledger: Ledger) -> Iterator[dg.MaterializeResult]:
    """What earlier nights wrote down."""
    with warehouse.connect() as connection:
        for kind, columns in LEDGER_COLUMNS.items():
            files = ledger.files(kind, before=None if kind == ERASURES else _until(kind, night.date))
            show_ledger(connection, kind, columns, files)
            yield dg.MaterializeResult(asset_key=["raw", f"ledger_{kind}"], metadata={"nights": len(files)})


def _until(kind: str, night: date) -> date:
    return night + timedelta(days=1) if kind in KNOWN_TONIGHT else night


@dg.asset(key=["raw", "night"], group_name="raw")
def night_row(night: Night, warehouse: Warehouse) -> dg.MaterializeResult:
    """One row: the night's date, the last published night before it, the policy's version, the seed of its draws."""
    previous = previous_run_date(night.home_dir / "published", night.date)
    with warehouse.connect() as connection:
        connection.execute(
            "create or replace table raw.night as select cast(? as date) as run_date,"
            " cast(? as date) as previous_run_date, cast(? as varchar) as policy_version, cast(? as bigint) as seed",
            [night.date, previous, load_policy(night.policy_dir).version, int(f"{night.date:%Y%m%d}")],
        )
    return dg.MaterializeResult(metadata={"run_date": str(night.date), "previous_run_date": str(previous)})


def previous_run_date(published: Path, before: date) -> date | None:
    """The newest night that was published before a date; None when there is none."""
    nights = (path.parent.name for path in published.glob("[0-9]*-[0-9]*-[0-9]*/manifest.json"))
    return max((date.fromisoformat(name) for name in nights if name < before.isoformat()), default=None)


@dg.asset(key=["raw", "published_rows"], group_name="raw")
def published_rows(night: Night, warehouse: Warehouse) -> dg.MaterializeResult:
    """One row per published table and row key of the last published set, with its fingerprint."""
    fingerprints = night.home_dir / "published" / "latest" / "row_fingerprints.parquet"
    with warehouse.connect() as connection:
        return dg.MaterializeResult(metadata={"rows": copy_published_rows(connection, fingerprints)})
