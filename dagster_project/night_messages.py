"""The messages of the night: which content they carry, and when they leave."""

from datetime import date

import polars as pl

from dagster_project.message_rows import (
    TIMED_CHANNELS,
    context_columns,
    context_name,
    known_hours,
    read_hour_evidence,
)
from dagster_project.night_pairs import hourly_volumes
from dagster_project.resources.warehouse import Warehouse
from models.content import draw_content
from models.decisions import Messages
from models.send_times import SendRules, choose_send_times

WINDOWS = "select zone_key, channel, send_at, earliest_send_at, latest_send_at from decisioning.send_windows"
EXPLORATION = f"""
    select channel, hour_exploration_share from raw.policy_channels
    where learns_send_hour and channel in ({TIMED_CHANNELS})"""


def choose_messages(acting: pl.DataFrame, warehouse: Warehouse, night: date, seed: int) -> Messages:
    """Content and hour for the contacts that get an action (`models.decisions.acting_contacts`)."""
    named = warehouse.query(
        f"select contact_id, {context_name(context_columns(warehouse))} as context"
        " from features.contact_features where as_of_date = $night",
        night=night,
    )
    shares = warehouse.query("select * from decisioning.content_shares order by all")
    content = draw_content(acting.join(named, on="contact_id", how="left"), shares, night, seed)
    rules = SendRules(
        warehouse.query(WINDOWS), warehouse.query(EXPLORATION), night, seed, volumes=hourly_volumes(warehouse)
    )
    timed = acting.join(rules.shares, on="channel", how="semi")
    evidence = read_hour_evidence(warehouse, night, timed["contact_id"].to_list())
    return Messages(content, choose_send_times(acting, known_hours(warehouse), evidence, rules))
