"""A warehouse whose core tables are made by hand, so that the models behind them are tested on known facts alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from tests.dbt.warehouse import build_raw

Rows = Sequence[Mapping[str, object]]

# Columns of the tables that the models read, as `name type, ...`; without a type: varchar.
CORE_TABLES = {
    "core.contacts": "contact_id, account_id, email, email_domain, phone_e164, first_name, last_name, title, job_level,"
    " job_function, country_code, state, city, postal_code, time_zone, owner_id, lead_source, created_at timestamp,"
    " is_role_mailbox boolean, has_objected boolean, traits",
    "core.accounts": "account_id, name, domain, industry, count_employees bigint, annual_revenue_cents bigint,"
    " country_code, owner_id, created_at timestamp, salesforce_account_id, hubspot_company_id",
    "core.owners": "owner_id, name, email, is_active boolean, time_zone",
    "core.opportunities": "opportunity_id, account_id, offering_id, owner_id, stage_name, amount_cents bigint,"
    " is_closed boolean, is_won boolean, created_at timestamp, closed_at timestamp",
    "core.int_opportunity_roles": "opportunity_id, account_id, offering_id, is_closed boolean, contact_id, role,"
    " named_at timestamp",
    "core.buying_groups": "buying_group_id, account_id, offering_id, completeness double, engaged_completeness double,"
    " missing_roles, engagement_points double, count_members bigint, count_engaged_members bigint,"
    " count_open_opportunities bigint, open_amount_cents bigint",
    "core.buying_group_members": "buying_group_id, account_id, offering_id, contact_id, role, role_source,"
    " role_opportunity_id, role_weight double, engagement_points double, is_engaged boolean",
    "core.consent": "contact_id, channel, basis, valid_from timestamp, valid_until timestamp, is_contactable boolean,"
    " source, evidence",
    "core.suppressions": "contact_id, channel, reason, suppressed_at timestamp",
    "core.touches": "touch_id, contact_id, account_id, occurred_at timestamp, channel, direction, action_id,"
    " decision_id, source, known_on date",
    "core.activities": "activity_id, contact_id, account_id, occurred_at timestamp, activity, detail, source,"
    " known_on date",
    "core.outcomes": "outcome_id, contact_id, account_id, outcome, occurred_at timestamp, value_cents bigint, source",
    "identity.contact_id_map": "source, object, source_id, contact_id, account_id, match_rule, match_score double",
    "identity.contact_merges": "old_contact_id, contact_id, merged_at timestamp, reason",
    "identity.emails": "email_normalised, contact_id, is_primary boolean",
    "decisioning.arms": "unit_id, arm, assigned_on date",
    "decisioning.account_fit": "account_id, account_fit integer, reasons",
    "decisioning.contact_scores": "contact_id, goal_id, propensity double, value_cents double, is_prior boolean,"
    " model_version",
}  # fmt: skip

STAGING = (
    "fqn:stg_experiment__assignments fqn:stg_consent__suppressions fqn:stg_consent__subscription_statuses"
    " fqn:int_unreadable_consent fqn:stg_salesforce__tasks fqn:activity_days fqn:touch_days"
)

GOALS = [
    {"goal_id": "reply", "outcome": "reply", "value_cents": 2_000, "horizon_days": 7, "weight": 1},
    {"goal_id": "meeting", "outcome": "meeting", "value_cents": 20_000, "horizon_days": 14, "weight": 0.5},
    {
        "goal_id": "opportunity",
        "outcome": "opportunity_created",
        "value_cents": 150_000,
        "horizon_days": 30,
        "weight": 1,
    },
]
ACTION = {"cost_cents": 2, "needs_owner": False, "is_seller_action": False, "cool_down_days": 14, "is_active": True,
          "autonomy_mode": "autonomous", "stakes": "normal"}  # fmt: skip
ACTIONS = [
    ACTION | {"action_id": "mail", "name": "E-mail", "channel": "email"},
    ACTION | {"action_id": "mail_any_stage", "name": "E-mail to all", "channel": "email"},
    ACTION
    | {"action_id": "call", "name": "Discovery call", "channel": "call", "needs_owner": True, "is_seller_action": True},
    ACTION | {"action_id": "show_ads", "name": "Ads", "channel": "ads", "cool_down_days": 0},
    ACTION | {"action_id": "retired", "name": "Retired", "channel": "email", "is_active": False},
]
CHANNELS = [
    {"channel": "email", "consent_channel": "email", "cap_count": 2, "cap_days": 7, "quiet_from_hour": 20,
     "quiet_until_hour": 8, "send_hour": 9, "is_addressed_by": "email"},
    {"channel": "call", "consent_channel": "phone", "cap_count": 1, "cap_days": 14, "quiet_from_hour": 18,
     "quiet_until_hour": 9, "send_hour": 10, "is_addressed_by": "phone"},
    {"channel": "ads", "consent_channel": "ads", "send_hour": 6, "is_addressed_by": "email"},
]  # fmt: skip
POLICY: dict[str, Rows] = {
    "policy_goals": GOALS,
    "policy_actions": ACTIONS,
    "policy_action_stages": [
        {"action_id": action, "stage": stage}
        for action in ("mail", "call")
        for stage in ("lead", "engaged", "mql", "sal")
    ],
    "policy_channels": CHANNELS,
    "policy_channel_bases": [
        {"channel": "email", "basis": "express"},
        {"channel": "email", "basis": "legitimate_interest"},
        {"channel": "call", "basis": "express"},
        {"channel": "ads", "basis": "express"},
    ],
    "policy_limits": [{"contact_cap_count": 3, "contact_cap_days": 7, "training_window_days": 180}],
    "policy_lifecycle": [
        {"mql_points": 50, "engagement_window_days": 30, "lapsed_after_days": 180, "at_risk_after_days": 60}
    ],
    "policy_activity_points": [
        {"activity": "email_open", "points": 1, "daily_cap": 2},
        {"activity": "page_view", "points": 2, "daily_cap": 10},
        {"activity": "form_submission", "points": 20, "daily_cap": 40},
        {"activity": "reply", "points": 25, "daily_cap": 25},
        {"activity": "meeting", "points": 40, "daily_cap": 40},
    ],
    "policy_audiences": [
        {"audience_id": f"nurture_{platform}", "platform": platform, "action_id": "show_ads"}
        for platform in ("google", "meta", "linkedin", "tiktok")
    ],
}


def build_known_facts(home: Path, run_date: str, rows: Mapping[str, Rows]) -> None:
    """Write `<home>/warehouse.duckdb`: the policy above, and the given rows.

    Args:
        home: folder of the warehouse; made if absent.
        run_date: the night.
        rows: `core.contacts`, `identity.emails`, `decisioning.arms`, ... or a raw table without its schema → rows. A
            column that a row leaves out is null; `known_on` is then the day on which it occurred. The day tables
            aren't given but built: select `fqn:activity_days fqn:touch_days`.
    """
    night = {"night": [{"run_date": run_date, "policy_version": "p1", "seed": 1}]}
    build_raw(home, POLICY | night | {name: of for name, of in rows.items() if "." not in name})
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for table, declared in CORE_TABLES.items():
            columns = [column.split() for column in declared.split(",")]
            types = {name: kind[0] if kind else "varchar" for name, *kind in columns}
            connection.sql(f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
            insert(connection, table, rows.get(table, []))
        date_what_is_known(connection)
        for table in ("next_best_action", "decision_log"):
            connection.sql(f"create table decisioning.{table} as select * from raw.ledger_decisions limit 0")
            insert(connection, f"decisioning.{table}", rows.get(f"decisioning.{table}", []))


def replace_known_facts(home: Path, run_date: str, rows: Mapping[str, Rows]) -> None:
    """Another night in a warehouse that keeps what was built: the given tables hold the given rows, the others stay."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("update raw.night set run_date = cast(? as date)", [run_date])
        for table, of in rows.items():
            connection.execute(f"delete from {table}")
            insert(connection, table, of)
        date_what_is_known(connection)


def date_what_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    """What doesn't say otherwise became known on the day on which it occurred."""
    for table in ("core.activities", "core.touches"):
        connection.execute(f"update {table} set known_on = cast(occurred_at as date) where known_on is null")


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    """Insert rows into a table; text in place of dates and times is cast."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def execute(home: Path, *statements: str) -> None:
    """Run SQL statements on the warehouse of the home."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)
