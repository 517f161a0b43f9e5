"""From messages and what people did to tonight's shares and hours, through the warehouse."""

from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dagster_project.defs import messages
from dagster_project.message_rows import known_hours, read_hour_evidence, read_responses
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import DEFAULT_POLICY_DIR
from policy.loading import load_policy

NIGHT = date(2026, 3, 16)
FACTS = """
create table raw.night as select date '2026-03-16' as run_date, cast(7 as bigint) as seed;
create table raw.policy_limits as select 180 as training_window_days;
create table raw.policy_messages as select 'job_function' as hour_segment, 60 as half_life_days;
create table raw.policy_message_contexts as select * from (values ('job_level', 1), ('job_function', 2)) as t(context, place);
create table raw.policy_channels as select * from (values ('email', 'email'), ('call', 'phone')) as t(channel, consent_channel);
create table raw.policy_action_variants as select 'mail' as action_id, 'body' as slot, variant as content_variant_id, 1.0::double as weight,
    variant <> 'old' as is_active, place from (values ('short', 1), ('long', 2), ('old', 3)) as t(variant, place);
create table core.contacts as select 'c' || i as contact_id, i = 3 as has_objected from range(400) as t(i);
create table decisioning.contact_zones as select contact_id, 'zone:America/New_York' as zone_key from core.contacts;
create table features.contact_features as select contact_id, date '2026-03-16' as as_of_date, 'vp' as job_level,
    case when hash(contact_id) % 2 = 0 then 'it' else 'sales' end as job_function from core.contacts where not has_objected;
-- people visit at 15:00 to 17:00 UTC, 10:00 to 12:00 in New York; a mail's open says nothing
create table core.activities as select contact_id, timestamp '2026-02-01 15:10' + to_days(d::int) + to_hours((hash(contact_id, d) % 3)::bigint) as occurred_at,
    'page_view' as activity from core.contacts cross join range(30) as t(d) where d % 7 < 5
    union all select contact_id, timestamp '2026-02-02 23:00', 'email_open' from core.contacts;
-- who got the short text responds in one of ten cases, who got another in one of a hundred
create table features.message_responses as
    select contact_id || d as decision_id, contact_id, date '2026-03-01' + d::int as decided_on, 'email' as channel, 'mail' as action_id,
        '{"body": "' || ['short', 'long', 'old'][1 + (hash(contact_id, d, 1) % 3)::bigint] || '"}' as content,
        timestamp '2026-03-01 14:00' + to_days(d::int) as sent_at, timestamp '2026-03-01 14:00' + to_days(d::int) as preferred_send_at,
        hash(contact_id, d, 2) % case when hash(contact_id, d, 1) % 3 = 0 then 10 else 100 end = 0 as has_responded
    from core.contacts cross join range(10) as t(d) where not has_objected;
"""  # noqa: E501 - rows of facts


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    home = tmp_path_factory.mktemp("home")
    warehouse = Warehouse(home=str(home))
    with warehouse.connect() as connection:
        connection.execute(FACTS)
    return learn(warehouse)


def learn(warehouse: Warehouse) -> Warehouse:
    night = Night(home=warehouse.home, exports="", policy=str(DEFAULT_POLICY_DIR), run_date=str(NIGHT))
    resources = {"night": night, "warehouse": warehouse}
    with dg.DagsterInstance.ephemeral() as instance:
        assets = [messages.send_hours, messages.content_shares]
        assert dg.materialize(assets, resources=resources, instance=instance).success
    return warehouse


def table(warehouse: Warehouse, name: str) -> pl.DataFrame:
    return warehouse.query(f"select * from decisioning.{name} order by all")


def test_responses_are_learnt_as_features_were_on_the_day(tmp_path: Path) -> None:
    """Who works in IT responds, as known when the mail left; before there are features of that day nothing is known."""
    warehouse, policy = Warehouse(home=str(tmp_path)), load_policy(DEFAULT_POLICY_DIR)
    with warehouse.connect() as connection:
        connection.execute(FACTS)
    action = policy.actions[0].model_copy(update={"action_id": "mail", "channel": "email"})
    policy = policy.model_copy(update={"actions": (action,), "traits": ()})
    features = """
        create or replace table features.contact_features as
        select contact_id, contact_id as account_id, decided_on - {days} as as_of_date,
            case when has_responded or hash(decision_id) % 4 = 0 then 'it' else 'sales' end as job_function
        from features.message_responses"""
    with warehouse.connect() as connection:
        connection.execute(features.format(days=30))
    assert read_responses(warehouse, policy, NIGHT) is None
    with warehouse.connect() as connection:
        connection.execute(features.format(days=0))
    model = read_responses(warehouse, policy, NIGHT)
    assert model is not None
    of = pl.DataFrame({"job_function": ["it", "sales"]})
    likely, unlikely = model.rates(model.encoder.encode(of))["mail"]
    assert likely > 5 * unlikely


def test_the_better_text_gets_most_and_the_retired_nothing(warehouse: Warehouse) -> None:
    effects = {row["content_variant_id"]: row for row in table(warehouse, "content_effects").to_dicts()}
    assert effects["short"]["share"] > 0.9
    assert effects["old"]["share"] is None
    assert effects["short"]["effect"] > 0.3
    assert sum(row["count_messages"] for row in effects.values()) == 3_990
    shares = table(warehouse, "content_shares")
    assert set(shares["content_variant_id"]) == {"short", "long"}
    assert set(shares["context"]) == {"", "vp|it", "vp|sales"}


def test_hours_are_those_of_the_recipients_clock(warehouse: Warehouse) -> None:
    everyone = table(warehouse, "send_hours").filter(segment="")
    counts = (
        everyone.group_by(pl.col("cell") % 24)
        .agg(pl.col("count_activities").sum())
        .filter(pl.col("count_activities") > 0)
    )
    assert set(counts["cell"]) == {10, 11, 12}
    busiest = everyone.filter(pl.col("cell") < 24).sort("activity")["cell"][-1]
    assert busiest in {9, 10}  # a message is there when people come
    assert everyone["count_messages"].sum() == 3_990
    hours = everyone.filter(pl.col("count_messages") > 0)["cell"] % 24
    assert set(hours) == {9, 10}  # 14:00 UTC before and after the change of clocks


def test_who_objected_teaches_nothing(warehouse: Warehouse) -> None:
    assert "c3" not in read_hour_evidence(warehouse, NIGHT).contacts["contact_id"]


def test_the_same_night_again_is_the_same(warehouse: Warehouse) -> None:
    names = ("send_hours", "send_hour_fit", "content_shares", "content_effects")
    before = {name: table(warehouse, name) for name in names}
    learn(warehouse)
    assert all(table(warehouse, name).equals(frame) for name, frame in before.items())
    assert known_hours(warehouse).by_segment["cell"][:168].to_list() == list(range(168))


def test_a_market_without_messages_has_shares_and_hours(tmp_path: Path) -> None:
    warehouse = Warehouse(home=str(tmp_path))
    with warehouse.connect() as connection:
        connection.execute(FACTS)
        for name in ("features.message_responses", "core.activities", "core.contacts", "features.contact_features"):
            connection.execute(f"delete from {name}")
    learn(warehouse)
    assert set(table(warehouse, "content_shares")["probability"]) == {0.5}
    assert set(table(warehouse, "send_hours")["response"]) == {1.0}
