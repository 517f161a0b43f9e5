"""What hours and content of messages are learnt from, out of the warehouse."""

from datetime import date

import numpy as np
import polars as pl

from dagster_project.model_inputs import MESSAGES, message_families, policy_traits
from dagster_project.resources.warehouse import Warehouse
from models.encoding import fit_encoder
from models.hour_evidence import HourEvidence
from models.hour_profiles import local_cells
from models.responses import Messages, ResponseModel, fit_responses
from models.send_hours import SendHours
from models.timing import reference_zone
from policy.schema import Policy

MOST_CONTACTS = 10_000  # on whom hours are learnt: first those who get messages
MOST_MESSAGES = 60_000  # from which responses are learnt: the newest
# What people do by themselves; opening a message says when it was sent.
OWN_ACTIVITIES = ("page_view", "pricing_view", "product_event", "form_submission")
TIMED_CHANNELS = f"select channel from raw.policy_channels where consent_channel in {MESSAGES}"

_LEARNERS = f"""
    select contacts.contact_id
    from core.contacts as contacts
    left join (
        select distinct contact_id from features.message_responses where channel in ({TIMED_CHANNELS})
    ) as messages on contacts.contact_id = messages.contact_id
    where not contacts.has_objected
    order by messages.contact_id is null, md5(contacts.contact_id)
    limit {MOST_CONTACTS}"""
_CONTACTS = """
    select people.contact_id, features.{segment} as segment, zones.zone_key
    from people
    left join features.contact_features as features
        on people.contact_id = features.contact_id and features.as_of_date = $night
    left join decisioning.contact_zones as zones on people.contact_id = zones.contact_id
    order by people.contact_id"""
_ACTIVITY = f"""
    select distinct contact_id, date_trunc('hour', occurred_at) as at
    from core.activities
    where contact_id in (select contact_id from people)
        and activity in {OWN_ACTIVITIES}
        and occurred_at >= $night - to_days((select training_window_days from raw.policy_limits))
        and occurred_at < $night
    order by 1, 2"""
_MESSAGES = f"""
    select contact_id, sent_at as at, preferred_send_at, decided_on, cast(has_responded as integer) as is_responded,
        pow(0.5, ($night - decided_on) / (select half_life_days from raw.policy_messages)) as weight
    from features.message_responses
    where contact_id in (select contact_id from people) and channel in ({TIMED_CHANNELS})
    order by decision_id"""
# Weights are added up as whole numbers: a sum of fractions depends on the order, which no thread promises.
_CONTENT = """
    with messages as (
        select
            messages.action_id, messages.content, {columns}cast(messages.has_responded as integer) as has_responded,
            cast(round(1e6 * pow(0.5, ($night - messages.decided_on)
                / (select half_life_days from raw.policy_messages))) as bigint) as millionths
        from features.message_responses as messages
        left join features.contact_features as features
            on messages.contact_id = features.contact_id and features.as_of_date = $night
        where messages.content is not null
    )
    select
        * exclude (has_responded, millionths), count(*) as count_messages,
        cast(sum(has_responded) as bigint) as count_responses, cast(sum(millionths) as double) / 1e6 as weight,
        cast(sum(has_responded * millionths) as double) / 1e6 as weighted_responses
    from messages
    group by all
    order by all"""


_RESPONSES = """
    select
        coalesce(features.account_id, features.contact_id) as unit_id, messages.action_id,
        messages.has_responded::double as has_responded, night.run_date - messages.decided_on as age_days, features.*
    from features.message_responses as messages
    inner join features.contact_features as features
        on messages.contact_id = features.contact_id and messages.decided_on = features.as_of_date
    cross join raw.night as night
    order by messages.decided_on desc, md5(messages.decision_id)
    limit $most"""


def read_hour_evidence(warehouse: Warehouse, night: date, contact_ids: list[str] | None = None) -> HourEvidence:
    """What the given contacts did and were sent; without any given, those on whom hours are learnt."""
    segment = warehouse.query("select hour_segment from raw.policy_messages").item()
    with warehouse.connect() as connection:
        if contact_ids is None:
            connection.sql(f"create temp table people as {_LEARNERS}")
        else:
            listed = pl.DataFrame({"contact_id": contact_ids}, schema={"contact_id": pl.String}).to_arrow()  # noqa: F841
            connection.sql("create temp table people as select * from listed")
        contacts, activity, messages = (
            connection.sql(sql, params={"night": night} if "$night" in sql else None).pl()
            for sql in (_CONTACTS.format(segment=segment), _ACTIVITY, _MESSAGES)
        )
    zones = contacts.select("contact_id", zone=_reference_zones(contacts["zone_key"], night))
    return HourEvidence(
        contacts.select("contact_id", "segment"),
        _localised(activity, zones).select("contact_id", "cell", "half").unique(maintain_order=True),
        _localised(messages, zones).select(
            "contact_id", "cell", "half", preferred_hour=pl.col("preferred_cell") % 24, weight="weight",
            is_responded="is_responded",
        ),
    )  # fmt: skip


def read_content_rows(warehouse: Warehouse, night: date) -> pl.DataFrame:
    """Messages with content, counted by action, content and context (`models.content.fit_content`)."""
    columns = "".join(f"features.{name}, " for name in context_columns(warehouse))
    return warehouse.query(_CONTENT.format(columns=columns), night=night)


def read_contexts(warehouse: Warehouse, night: date) -> pl.DataFrame:
    """The contexts of tonight's contacts, with how many are in each."""
    columns = context_columns(warehouse)
    listed = "".join(f", {name}" for name in columns)
    return warehouse.query(
        f"select {context_name(columns)} as context{listed}, count(*) as count_contacts"
        " from features.contact_features where as_of_date = $night group by all order by 1",
        night=night,
    )


def context_columns(warehouse: Warehouse) -> tuple[str, ...]:
    """The columns of the features that make the context of content, in the policy's order."""
    return tuple(warehouse.query("select context from raw.policy_message_contexts order by place")["context"])


def context_name(columns: tuple[str, ...]) -> str:
    """SQL of the name of a contact's context; empty for that of everyone."""
    return f"concat_ws('|', {', '.join(columns)})" if columns else "''"


def read_responses(warehouse: Warehouse, policy: Policy, night: date) -> ResponseModel | None:
    """Who responds to which action's messages, learnt from the newest of them; None before there are enough."""
    rows = warehouse.query(_RESPONSES, most=MOST_MESSAGES)
    if rows.is_empty():
        return None
    told = ("unit_id", "action_id", "has_responded", "age_days")
    encoder = fit_encoder(rows.drop(told), policy_traits(policy))
    messages = Messages(
        features=encoder.encode(rows),
        action=rows["action_id"].to_numpy(),
        responded=rows["has_responded"].to_numpy(),
        weight=np.ones(rows.height),
        units=rows["unit_id"].to_numpy(),
        age_days=rows["age_days"].to_numpy().astype(float),
    )
    return fit_responses(
        encoder, messages, message_families(policy), policy.messages.half_life_days, int(f"{night:%Y%m%d}")
    )


def known_hours(warehouse: Warehouse) -> SendHours:
    """What was learnt tonight about hours."""
    table = warehouse.query("select * from decisioning.send_hours order by segment, cell")
    return SendHours(table, **warehouse.query("select * from decisioning.send_hour_fit").row(0, named=True))


def _reference_zones(zone_keys: pl.Series, night: date) -> pl.Series:
    known = zone_keys.fill_null("unknown")
    return known.replace_strict({key: reference_zone(key, night) for key in known.unique()}, return_dtype=pl.String)


def _localised(rows: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Add cell, preferred_cell (if there are preferred hours), and half: whether its week is even or odd."""
    rows = rows.join(zones, on="contact_id", maintain_order="left")
    rows = rows.with_columns(cell=local_cells(rows["at"], rows["zone"]), half=_week(rows["at"]) % 2)
    if "preferred_send_at" not in rows.columns:
        return rows
    return rows.with_columns(preferred_cell=local_cells(rows["preferred_send_at"], rows["zone"]))


def _week(instants: pl.Series) -> pl.Series:
    return instants.cast(pl.Date).cast(pl.Int32).cast(pl.Int64) // 7
