"""A clean night passes every statement at the activation border; each single damage breaks exactly its statements."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from dagster_project.defs.activation import ACTIVATION_KEYS, activation_border, published
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from expectations.activation import CONTENT_TABLES, FRAMES, check_activation, statements

NIGHT = """
create table raw.night as select date '2026-03-02' as run_date;
create table raw.published_rows (table_name varchar, row_key varchar, row_fingerprint varchar);
create table raw.policy_limits as select 2 as account_daily_cap, 2 as rep_daily_capacity;
create table raw.policy_actions as select * from (values
    ('mail', 'email', false), ('phone_call', 'call', true), ('show_ads', 'ads', false)
) as t(action_id, channel, is_seller_action);
create table raw.policy_audiences as select 'nurture' as audience_id, 'google' as platform, 'show_ads' as action_id;
create table raw.policy_channels as select * from (values
    ('email', 'email', 20, 8, 3, 1000), ('call', 'phone', 18, 9, null, null), ('ads', 'ads', null, null, null, null)
) as t(channel, consent_channel, quiet_from_hour, quiet_until_hour, daily_volume, daily_budget_cents);
alter table raw.policy_channels add column hourly_volume integer;
create table raw.policy_channel_bases as select * from (values
    ('email', 'express'), ('email', 'implied_purchase'), ('call', 'express'), ('ads', 'express')
) as t(channel, basis);

create table core.contacts as
    select 'c' || i as contact_id, i = 9 as has_objected, 'c' || i || '@example.com' as email,
        cast(null as varchar) as phone_e164
    from range(10) as t(i);
create table core.consent as
    select contact_id, channel, 'express' as basis, timestamp '2025-01-01' as valid_from,
        cast(null as timestamp) as valid_until, true as is_contactable
    from core.contacts cross join (values ('email'), ('phone'), ('ads')) as c(channel) where contact_id <> 'c8';
create table core.suppressions as select 'c8' as contact_id, 'email' as channel;

create table decisioning.next_best_action as select * from (values
    ('d0', 'c0', 'a0', 'model', 'mail', 'email', null, 2.0, 'autonomous', 'not_needed'),
    ('d1', 'c1', 'a0', 'random_control', 'mail', 'email', null, 2.0, 'autonomous', 'not_needed'),
    ('d2', 'c2', 'a1', 'model', 'phone_call', 'call', 'o1', 1500.0, 'supervised', 'approved'),
    ('d3', 'c3', 'a1', 'model', 'show_ads', 'ads', null, 60.0, 'autonomous', 'not_needed'),
    ('d4', 'c4', null, 'model', 'phone_call', 'call', 'o1', 1500.0, 'assisted', 'pending'),
    ('d5', 'c5', null, 'model', 'mail', 'email', null, 2.0, 'shadow', 'shadow'),
    ('d6', 'c6', null, 'holdout', null, null, null, null, null, null)
) as t(decision_id, contact_id, account_id, arm, action_id, channel, owner_id, cost, autonomy_mode, approval_status);

create table decisioning.reps as select 'o1' as owner_id, 2 as capacity;
create table decisioning.contact_zones as
    select contact_id, if(contact_id = 'c1', 'unknown', 'zone:America/New_York') as zone_key from core.contacts;
create table decisioning.send_windows as select * from (values
    ('zone:America/New_York', timestamp '2026-03-02 13:00:00', timestamp '2026-03-02 23:45:00'),
    ('unknown', timestamp '2026-03-02 15:00:00', timestamp '2026-03-02 15:15:00')
) as t(zone_key, earliest_send_at, latest_send_at) cross join (select 'email' as channel);

create table activation.email_sends as
    select decision_id, contact_id, contact_id || '@example.com' as email, action_id,
        timestamp '2026-03-02 15:00:00' as send_at,
        if(contact_id = 'c1', null, 'America/New_York') as recipient_time_zone
    from decisioning.next_best_action where decision_id in ('d0', 'd1');
create table activation.sms_sends as select *, '+1' as phone_e164 from activation.email_sends where false;
create table activation.push_sends as select * from activation.email_sends where false;
create table activation.direct_mail as
    select decision_id, contact_id, action_id, current_date as due_on, '' as postal_code from activation.email_sends
    where false;
create table activation.crm_tasks as
    select 'd2' as decision_id, 'c2' as contact_id, 'o1' as owner_id, 'Call' as subject, date '2026-03-03' as due_on,
        'phone_call' as action_id;
create table activation.ad_audience_members as
    select 'm3' as member_key, 'nurture' as audience_id, 'google' as platform, 'c3' as contact_id, 'd3' as decision_id,
        'show_ads' as action_id, sha256('c3@example.com') as email_sha256, cast(null as varchar) as phone_sha256;
create table activation.suppressions as
    select 'c8 email' as suppression_key, 'c8' as contact_id, 'c8@example.com' as email,
        cast(null as varchar) as phone_e164, 'email' as channel, 'objection' as reason
    union all select 'x email', null, 'x@example.com', null, 'email', 'legal';
create table activation.automation_exclusions as
    select 'email:' || email as exclusion_key, contacts.contact_id, 'email' as kind, email as identifier
    from core.contacts inner join decisioning.next_best_action on next_best_action.contact_id = contacts.contact_id
    where arm <> 'business_as_usual';
create table activation.contact_scores as
    select contacts.contact_id, arm, coalesce(arm <> 'business_as_usual', false) as is_managed_by_nightjar,
        case when not has_objected then '{"reply": 0.1}' else '{}' end as propensities
    from core.contacts left join decisioning.next_best_action on next_best_action.contact_id = contacts.contact_id;
"""


@pytest.fixture
def night() -> duckdb.DuckDBPyConnection:
    return make_night(duckdb.connect())


def make_night(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    for schema in ("raw", "core", "decisioning", "activation"):
        connection.sql(f"create schema if not exists {schema}")
    connection.execute(NIGHT)
    connection.sql("alter table raw.night add column policy_version varchar default 'p1'")
    connection.sql("alter table decisioning.next_best_action add column model_version varchar default 'reply:3'")
    keys = {
        "ad_audience_members": "member_key",
        "contact_scores": "contact_id",
        "suppressions": "suppression_key",
        "automation_exclusions": "exclusion_key",
    }
    rows = " union all ".join(
        f"select '{table}' as table_name, {keys.get(table, 'decision_id')} as row_key from activation.{table}"
        for table in CONTENT_TABLES
    )
    connection.sql(f"create table activation.row_fingerprints as {rows}")
    connection.sql("create table activation.changes as select *, 'added' as op from activation.row_fingerprints")
    return connection


def untrue(connection: duckdb.DuckDBPyConnection, *tables: str) -> set[str]:
    outcomes = [outcome for table in tables or FRAMES for outcome in check_activation(connection, table)]
    assert not [outcome.error for outcome in outcomes if outcome.error]
    return {outcome.statement for outcome in outcomes if not outcome.is_true}


def test_a_clean_night_passes(night: duckdb.DuckDBPyConnection) -> None:
    assert untrue(night) == set()


def test_a_night_without_decisions_passes_with_empty_tables(night: duckdb.DuckDBPyConnection) -> None:
    night.execute("delete from decisioning.next_best_action")
    for table in ("email_sends", "crm_tasks", "ad_audience_members"):
        night.execute(f"delete from activation.{table}")
    assert untrue(night, "email_sends", "crm_tasks", "ad_audience_members") == set()


def test_a_decision_may_be_missing_where_the_contact_opted_out(night: duckdb.DuckDBPyConnection) -> None:
    night.execute("insert into core.suppressions values ('c0', 'email')")
    night.execute("delete from activation.email_sends where contact_id = 'c0'")
    assert untrue(night, "email_sends") == set()


def test_a_decision_may_be_missing_where_its_address_gets_one_tonight(night: duckdb.DuckDBPyConnection) -> None:
    night.execute("delete from activation.email_sends where contact_id = 'c1'")
    assert untrue(night, "email_sends") == {"every_released_decision_is_a_row"}
    night.execute("update core.contacts set email = 'c0@example.com' where contact_id = 'c1'")
    assert untrue(night, "email_sends") == set()


def test_statements_are_unique_within_a_table() -> None:
    assert all(len(statements(table)) == len(set(statements(table))) for table in FRAMES)


DAMAGES = {
    "email_sends": [
        ("insert into core.suppressions values ('c0', 'email')", "no_suppressed_contact_is_sent"),
        (
            "insert into activation.suppressions values ('y', null, 'c0@example.com', null, 'email', 'legal')",
            "no_suppressed_contact_is_sent",
        ),
        ("delete from core.consent where contact_id = 'c0'", "every_contact_has_a_consent_valid_on_the_day"),
        ("update core.consent set is_contactable = false", "every_contact_has_a_consent_valid_on_the_day"),
        ("update core.consent set basis = 'implied_inquiry'", "every_contact_has_a_consent_valid_on_the_day"),
        (
            "update core.consent set valid_until = timestamp '2026-03-01'",
            "every_contact_has_a_consent_valid_on_the_day",
        ),
        ("update core.consent set valid_from = timestamp '2026-03-03'", "every_contact_has_a_consent_valid_on_the_day"),
        ("update activation.email_sends set email = 'not an address'", "every_address_looks_like_one"),
        ("update activation.email_sends set email = null", "every_message_has_an_address"),
        (
            "update activation.email_sends set send_at = send_at - interval 1 day",
            "every_message_leaves_within_its_window_of_the_night",
        ),
        (
            "update activation.email_sends set send_at = send_at + interval 1 hour where recipient_time_zone is null",
            "every_message_leaves_within_its_window_of_the_night",
        ),
        ("update activation.email_sends set send_at = send_at - interval 3 hour", "no_message_leaves_in_quiet_hours"),
        (
            "update decisioning.next_best_action set arm = 'business_as_usual'",
            "no_contact_of_holdout_or_business_as_usual_is_acted_on",
        ),
        ("update raw.policy_channels set daily_volume = 1", "no_channel_exceeds_its_volume"),
        ("update raw.policy_channels set daily_budget_cents = 3", "no_channel_exceeds_its_budget"),
        ("update raw.policy_channels set hourly_volume = 1", "no_hour_gets_more_than_its_volume"),
        ("update raw.policy_limits set account_daily_cap = 1", "no_account_gets_more_than_its_daily_cap"),
        ("delete from activation.email_sends where decision_id = 'd0'", "every_released_decision_is_a_row"),
        ("delete from activation.email_sends", "every_released_decision_is_a_row"),
        ("update activation.crm_tasks set contact_id = 'c0'", "no_contact_gets_two_messages"),
        (
            "update activation.email_sends set action_id = 'phone_call'",
            "every_row_is_a_released_decision_of_the_night",
        ),
    ],
    "crm_tasks": [
        ("update activation.crm_tasks set owner_id = null", "every_task_has_an_owner"),
        ("update activation.crm_tasks set due_on = date '2026-04-01'", "everything_is_due_within_the_week"),
        ("update decisioning.reps set capacity = 0", "no_owner_gets_more_tasks_than_a_day_has_room_for"),
        ("insert into core.suppressions values ('c2', 'phone')", "no_suppressed_contact_is_sent"),
    ],
    "ad_audience_members": [
        ("update activation.ad_audience_members set email_sha256 = 'ABC'", "every_hash_is_64_lower_hex"),
        ("update activation.ad_audience_members set email_sha256 = upper(email_sha256)", "every_hash_is_64_lower_hex"),
        ("update activation.ad_audience_members set email_sha256 = null", "every_member_has_an_address"),
        ("update activation.ad_audience_members set platform = 'x'", "every_platform_is_known"),
        ("delete from activation.ad_audience_members", "every_released_decision_is_a_row"),
    ],
    "suppressions": [
        (
            "delete from activation.suppressions where contact_id is not null",
            "no_known_suppression_is_missing",
        ),
        ("update activation.suppressions set reason = null", "every_suppression_names_its_reason"),
        ("update activation.suppressions set suppression_key = 'k'", "no_key_is_there_twice"),
    ],
    "automation_exclusions": [
        (
            "delete from activation.automation_exclusions where contact_id = 'c6'",
            "everybody_outside_business_as_usual_is_kept_from_the_old_rules",
        ),
        (
            "insert into activation.automation_exclusions values ('hubspot_contact:7', 'c9', 'hubspot_contact', '7')",
            "nobody_of_business_as_usual_alone_is_kept_from_the_old_rules",
        ),
        (
            "insert into activation.automation_exclusions select * from activation.automation_exclusions limit 1",
            "no_exclusion_is_there_twice",
        ),
    ],
    "contact_scores": [
        ("delete from activation.contact_scores", "the_scores_are_empty_only_without_contacts"),
        ("update activation.contact_scores set contact_id = null where contact_id = 'c0'", "every_row_has_a_key"),
        ("update activation.contact_scores set propensities = '{\"reply\": NaN}'", "every_score_is_a_number"),
        ("update core.contacts set has_objected = true", "no_contact_is_profiled_after_an_objection"),
        (
            "update activation.contact_scores set arm = 'business_as_usual' where contact_id = 'c0'",
            "no_contact_is_managed_against_its_arm",
        ),
        (
            "update activation.contact_scores set is_managed_by_nightjar = false where contact_id = 'c6'",
            "no_contact_is_managed_against_its_arm",
        ),
    ],
    "changes": [
        ("update activation.changes set op = 'touched'", "every_change_is_added_changed_or_removed"),
        ("delete from activation.changes", "the_changes_explain_the_difference_to_what_is_published"),
        ("delete from activation.row_fingerprints", "every_row_has_a_fingerprint"),
    ],
}


@pytest.mark.parametrize(
    ("table", "damage", "statement"),
    [(table, damage, statement) for table, damages in DAMAGES.items() for damage, statement in damages],
)
def test_a_damage_breaks_its_statement(
    night: duckdb.DuckDBPyConnection, table: str, damage: str, statement: str
) -> None:
    night.execute(damage)
    assert statement in untrue(night, table)
    assert statement in statements(table)


def test_a_damage_names_the_rows(night: duckdb.DuckDBPyConnection) -> None:
    night.execute("insert into core.suppressions values ('c0', 'email')")
    outcome = next(o for o in check_activation(night, "email_sends") if o.statement == "no_suppressed_contact_is_sent")
    assert outcome.count_unexpected == 1 and outcome.examples == ("d0",)


@pytest.mark.parametrize("damage", [None, "insert into core.suppressions values ('c0', 'email')"])
def test_nothing_is_published_unless_every_statement_holds(tmp_path: Path, damage: str | None) -> None:
    warehouse = Warehouse(home=str(tmp_path))
    with warehouse.connect() as connection:
        make_night(connection)
        if damage:
            connection.execute(damage)

    @dg.multi_asset(specs=[dg.AssetSpec(key) for key in ACTIVATION_KEYS])
    def activation_tables():
        """Stands for the dbt models."""

    result = dg.materialize(
        [activation_tables, activation_border, published],
        resources={
            "night": Night(home=str(tmp_path), exports="", policy="", run_date="2026-03-02"),
            "warehouse": warehouse,
        },
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )
    broken = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
    assert broken == ({"no_suppressed_contact_is_sent", "no_known_suppression_is_missing"} if damage else set())
    assert result.success == (damage is None)
    assert (tmp_path / "published" / "latest").exists() == (damage is None)
