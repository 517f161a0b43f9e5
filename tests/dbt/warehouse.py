"""A small warehouse with hand-made raw rows, and dbt run on it, for the tests of the dbt models."""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import duckdb
import polars as pl
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from dagster_project.resources.warehouse import SCHEMAS
from dagster_project.settings import DBT_PROJECT_DIR, DEFAULT_POLICY_DIR, PROJECT_ROOT, TELEMETRY_OFF
from policy.loading import load_policy

PROJECT = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
OBJECTS = PROJECT_ROOT / "dagster_project" / "ingestion" / "objects.yml"
TYPES = {"text": "varchar", "integer": "bigint", "number": "double", "json": "varchar"}
METADATA = {
    "_extra": "varchar", "_is_deleted": "boolean", "_modified_at": "timestamp", "_file": "varchar", "_line": "bigint",
    "_loaded_at": "timestamp", "_key": "varchar", "_loaded_on": "date",
}  # fmt: skip
# Tables of the raw schema that are not exports, as `name: column type, ...`; a column without a type is varchar.
RUN_TABLES = {
    "night": "run_date date, previous_run_date date, policy_version, seed bigint",
    "published_rows": "table_name, row_key, row_fingerprint",
    "rejected_rows": "source, object, file, line bigint, column_name, reason, raw_text, rejected_at timestamp",
    "files": "file_hash, source, object, file, size_bytes bigint, modified_at timestamp, count_rows bigint,"
    " count_rejected bigint, loaded_at timestamp",
    "new_columns": "source, object, column_name, first_file",
    "policy_goals": "goal_id, name, outcome, value_cents bigint, horizon_days integer, weight double, target bigint,"
    " target_since date, target_by date",
    "policy_actions": "action_id, name, channel, cost_cents bigint, needs_owner boolean, is_seller_action boolean,"
    " cool_down_days integer, autonomy_mode, stakes, is_active boolean, offer, is_priority boolean",
    "policy_action_goals": "action_id, goal_id, prior_uplift double",
    "policy_action_stages": "action_id, stage",
    "policy_action_variants": "action_id, slot, content_variant_id, weight double, is_active boolean, place integer",
    "policy_channels": "channel, consent_channel, cap_count integer, cap_days integer, quiet_from_hour integer,"
    " quiet_until_hour integer, send_hour integer, daily_budget_cents bigint, daily_volume bigint, is_addressed_by,"
    " learns_send_hour boolean, hour_exploration_share double, hourly_volume bigint",
    "policy_channel_bases": "channel, basis",
    "policy_consent_validity": "basis, valid_days integer",
    "policy_arms": "arm, share double",
    "policy_limits": "contact_cap_count integer, contact_cap_days integer, account_daily_cap integer,"
    " rep_daily_capacity integer, exploration_share double, exploration_floor double, reject_limit double,"
    " minimum_exposures integer, minimum_outcomes integer, retrain_after_days integer, training_window_days integer",
    "policy_lifecycle": "mql_points double, engagement_window_days integer, lapsed_after_days integer,"
    " at_risk_after_days integer",
    "policy_stages": "entity, stage, place integer, rank integer",
    "policy_stage_conditions": "entity, stage, alternative integer, measure, value",
    "policy_offerings": "offering_id, name, is_default boolean",
    "policy_offering_matches": "offering_id, match_on, value",
    "policy_offering_roles": "offering_id, role, weight double, count integer",
    "policy_buying_groups": "minimum_contacts integer, engagement_window_days integer, engaged_points double,"
    " daily_cap double",
    "policy_activity_points": "activity, points double, daily_cap double",
    "policy_messages": "response_days integer, hour_segment, content_floor double, half_life_days integer",
    "policy_message_responses": "outcome",
    "policy_message_contexts": "context, place integer",
    "policy_traits": "trait, source, source_column, type",
    "policy_contact_policy": "offer_days integer, roles_first_days integer",
    "policy_contact_rules": "name, place integer, counts, per, at_least integer, within_days integer,"
    " pause_days integer",
    "policy_contact_rule_channels": "name, channel",
    "policy_contact_rule_actions": "name, action_id",
    "policy_action_openings": "action_id, place integer, opened_by, event, after_days integer, within_days integer",
    "policy_ideal_customer": "name, points double, condition_id",
    "policy_conditions": "condition_id, section, name, field, expression, condition_sql",
    "policy_audiences": "audience_id, platform, action_id",
    "policy_routing": "counts_open_tasks boolean",
    "policy_routing_owner_order": "place integer, owner_kind",
    "policy_territories": "territory, name, place integer",
    "policy_territory_parts": "territory, part, value",
    "policy_reps": "rep, place integer, daily_capacity integer",
    "policy_rep_territories": "rep, territory",
    "policy_rep_skills": "rep, skill",
    "policy_rep_working_days": "rep, weekday",
    "policy_rep_absences": "rep, away_from date, away_until date",
    "policy_teams": "team, name, place integer",
    "policy_team_reps": "team, rep",
    "policy_team_actions": "team, action_id",
    "policy_skills_needed": "skill, territory, action_id",
    "policy_speed_to_lead": "rule, place integer, activity, hours integer, urgent_days integer, condition_id",
    "policy_speed_to_lead_details": "rule, detail",
    "ledger_contact_keys": "source, object, source_id, contact_id, is_anchor boolean, assigned_on date",
    "ledger_account_keys": "kind, identifier, account_id, is_anchor boolean, assigned_on date",
    "ledger_merges": "entity, old_id, new_id, merged_at timestamp, reason",
    "ledger_splits": "entity, record_key, old_id, new_id, split_at timestamp, reason",
    "ledger_files": "source, object, file_hash, first_seen_on date",
    "ledger_erasures": "kind, identifier_hash, key_id, erased_on date",
    "ledger_attributions": "kind, identifier_hash, contact_id, known_on date",
    "ledger_match_parameters": "settings_version, parameters, trained_on date, count_records bigint",
    "ledger_company_claims": "source, object, source_id, company, email_domain, claimed_at timestamp,"
    " is_change boolean, known_on date",
    "ledger_arms": "unit_id, arm, assigned_on date",
    "ledger_decisions": "decision_id, run_date date, contact_id, account_id, arm, action_id, channel,"
    " content_variant_id, send_at timestamp, recipient_time_zone, owner_id, goal_id, propensity double, uplift double,"
    " expected_value double, cost double, action_probability double, runner_up_action_id, reason_codes varchar[],"
    " no_action_gate, eligible_action_ids varchar[], autonomy_mode, approval_status, model_version, policy_version,"
    " seed bigint, content, content_probability double, content_probabilities, send_hour_probability double,"
    " preferred_send_at timestamp, send_hour_basis",
}

PACKAGED = (
    "policy_stages",
    "policy_stage_conditions",
    "policy_offerings",
    "policy_offering_matches",
    "policy_offering_roles",
    "policy_buying_groups",
    "policy_routing",
    "policy_routing_owner_order",
    "policy_messages",
    "policy_message_responses",
    "policy_message_contexts",
    "policy_contact_policy",
)

Rows = Sequence[Mapping[str, object]] | pl.DataFrame


def build_raw(home: Path, rows: Mapping[str, Rows]) -> None:
    """Write `<home>/warehouse.duckdb` anew: every table of the raw schema, with the given rows, the others empty.

    What a policy always has, offerings and definitions of stages, is as packaged where no rows are given.

    Args:
        home: folder of the warehouse; made if absent.
        rows: table name without schema (`salesforce__contact`, `night`, `ledger_contact_keys`) → rows. A column that a
            row leaves out is null; one that an export object doesn't declare goes to `_extra`; `_is_deleted`,
            `_modified_at` and `_key` have defaults. Text in place of dates and times is cast.

    Raises:
        KeyError: a table or a column of a run table that doesn't exist.
    """
    home.mkdir(parents=True, exist_ok=True)
    warehouse = home / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    tables = _tables()
    unknown = set(rows) - set(tables)
    if unknown:
        raise KeyError(f"no such raw table: {sorted(unknown)}")
    with duckdb.connect(str(warehouse)) as connection:
        for schema in SCHEMAS:
            connection.sql(f"create schema {schema}")
        for table, columns in tables.items():
            declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.sql(f"create table raw.{table} ({declared})")
            _insert(connection, table, columns, rows.get(table, _packaged_policy().get(table, [])))


def dbt_build(
    home: Path, select: str = "staging identity core", full_refresh: bool = False, with_seeds: bool = True
) -> None:
    """Run `dbt build` on the warehouse of the home, for seeds and the selection (space-separated folders or selectors).

    It runs in this process, on a project that is parsed once: a start of its own would take longer than most builds.

    Raises:
        AssertionError: a model or a data test fails; the message is what dbt says of it.
    """
    selectors = [f"path:models/{word}" if word.isidentifier() else word for word in select.split()]
    options = [
        "--target-path",
        str(home / "target"),
        "--log-path",
        str(home / "logs"),
        "--indirect-selection",
        "cautious",
    ]
    seeds = ["resource_type:seed"] if with_seeds else []
    if full_refresh:
        options.append("--full-refresh")
    with patch.dict(os.environ, TELEMETRY_OFF, NIGHTJAR_HOME=str(home)):
        try:
            build = dbtRunner(manifest=_manifest().deepcopy()).invoke(
                ["--quiet", "build", *PROJECT, *options, "--select", *seeds, *selectors]
            )
        finally:
            _close_warehouse()
    assert build.exception is None, build.exception
    failed = [f"{node.node.name}: {node.message}" for node in build.result if node.status in ("error", "fail")]
    assert build.success and not failed, "\n".join(failed)


@cache
def _manifest() -> Manifest:
    """Of the project, parsed in a folder of its own: several processes test at once."""
    with patch.dict(os.environ, TELEMETRY_OFF), TemporaryDirectory() as folder:
        parsed = dbtRunner().invoke(["--quiet", "parse", *PROJECT, "--target-path", folder, "--log-path", folder])
    assert parsed.success, parsed.exception
    return parsed.result


def _close_warehouse() -> None:
    """dbt keeps the file open, and while it does nobody else can open it with other settings."""
    if DuckDBConnectionManager._ENV:
        DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()


def query(home: Path, sql: str) -> pl.DataFrame:
    """The result of a query on the warehouse of the home."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.sql(sql).pl()


@cache
def _packaged_policy() -> dict[str, pl.DataFrame]:
    tables = load_policy(DEFAULT_POLICY_DIR).tables()
    return {table: tables[table] for table in PACKAGED}


def _tables() -> dict[str, dict[str, str]]:
    exports = {
        name.replace("/", "__"): {column: TYPES.get(kind, kind) for column, kind in spec["columns"].items()} | METADATA
        for name, spec in yaml.safe_load(OBJECTS.read_text()).items()
    }
    return exports | {table: _parse(columns) for table, columns in RUN_TABLES.items()}


def _parse(columns: str) -> dict[str, str]:
    pairs = [column.split() for column in columns.split(",")]
    return {name: kind[0] if kind else "varchar" for name, *kind in pairs}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Rows) -> None:
    if isinstance(rows, pl.DataFrame):
        connection.register("rows_to_insert", rows.to_arrow())
        connection.sql(f"insert into raw.{table} by name select * from rows_to_insert")
        return
    is_export = "_key" in columns
    for number, row in enumerate(rows):
        values = _export_row(row, columns, number) if is_export else dict(row)
        if not set(values) <= set(columns):
            raise KeyError(f"raw.{table} has no column {sorted(set(values) - set(columns))}")
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f"cast(? as {columns[name]})" for name in values)
        connection.execute(f"insert into raw.{table} ({names}) values ({marks})", list(values.values()))


def _export_row(row: Mapping[str, object], columns: Mapping[str, str], number: int) -> dict[str, object]:
    extra = {name: value for name, value in row.items() if name not in columns}
    defaults = {
        "_is_deleted": False,
        "_modified_at": "2024-01-01",
        "_file": "by_hand.csv",
        "_line": number,
        "_loaded_at": "2024-01-01",
        "_key": str(row.get("id") or number),
        "_extra": json.dumps(extra) if extra else None,
    }
    declared = {
        name: json.dumps(value) if isinstance(value, dict) else value for name, value in row.items() if name in columns
    }
    return defaults | declared
