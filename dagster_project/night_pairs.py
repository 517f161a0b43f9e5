"""The pairs of contact and action that a night can choose from, with what each is worth to the choice."""

import polars as pl

from dagster_project.resources.warehouse import Warehouse
from models.net_value import ValueRules, with_net_value
from models.offers import keep_one_offer

PAIRS = """
    select
        scores.contact_id, scores.action_id, scores.goal_id, scores.propensity, scores.uplift, scores.evidence,
        scores.uplift_standard_error, scores.response_ratio, scores.model_version, scores.expected_value_cents,
        scores.expected_value_error_cents, actions.channel, actions.cost_cents, actions.needs_owner,
        actions.is_seller_action, actions.autonomy_mode, actions.stakes, actions.discount_percent, actions.offer,
        actions.name as action_name, coalesce(goals.name, scores.goal_id) as goal_name,
        coalesce(words.noun, actions.channel) as noun, owners.owner_id
    from decisioning.action_scores as scores
    inner join decisioning.eligible_actions as eligible
        on scores.contact_id = eligible.contact_id and scores.action_id = eligible.action_id and eligible.is_eligible
    inner join raw.policy_actions as actions on scores.action_id = actions.action_id
    left join decisioning.action_owners as owners
        on scores.contact_id = owners.contact_id and scores.action_id = owners.action_id
    left join raw.policy_goals as goals on scores.goal_id = goals.goal_id
    left join raw.policy_channel_words as words on actions.channel = words.channel
    where isfinite(scores.expected_value_cents)
    order by 1, 2"""
HOURLY_VOLUMES = """
    select channel, hourly_volume from raw.policy_channels where hourly_volume is not null order by 1"""
# Within which hours (UTC) a contact's message may leave.
HOURS = """
    select zones.contact_id, windows.channel, hour(windows.earliest_send_at)::bigint as first_hour,
        hour(windows.latest_send_at)::bigint as last_hour
    from decisioning.contact_zones as zones
    inner join decisioning.send_windows as windows on zones.zone_key = windows.zone_key
    where windows.send_at is not null
        and windows.channel in (select channel from raw.policy_channels where hourly_volume is not null)
    order by 1, 2"""
PRICES = "select channel, contact_price_cents from raw.policy_channels order by 1"
# Older touches weigh less than a thousandth. Nothing is read where no channel has a price.
RECENT = """
    select touches.contact_id,
        sum(pow(0.5, date_diff('day', touches.occurred_at::date, night.run_date)
            / limits.contact_price_half_life_days))::double as recent_touches
    from core.touches as touches cross join raw.night as night cross join raw.policy_limits as limits
    where touches.direction = 'outbound' and touches.occurred_at::date <= night.run_date
        and touches.occurred_at::date > night.run_date - 10 * limits.contact_price_half_life_days
    group by 1 order by 1"""
NONE_RECENT = {"contact_id": pl.String, "recent_touches": pl.Float64}
UNITS = """
    select contacts.contact_id, coalesce(contacts.account_id, contacts.contact_id) as unit_id, arms.arm
    from core.contacts as contacts
    inner join decisioning.arms as arms on coalesce(contacts.account_id, contacts.contact_id) = arms.unit_id
    order by 1"""

MATCHES = """
    select contact_id, condition_id from decisioning.condition_matches
    where condition_id in (
        select condition_id from raw.policy_levers union all select condition_id from raw.policy_autonomy
        union all select condition_id from raw.policy_review_rules
        union all select condition_id from raw.policy_guardrails
    )
    order by all"""


def read_matches(warehouse: Warehouse) -> pl.DataFrame:
    """One row per contact and condition of a rule that it meets: contact_id, condition_id."""
    return warehouse.query(MATCHES)


def read_pairs(warehouse: Warehouse) -> pl.DataFrame:
    """One row per contact and action that is allowed and scored, with the columns of `models.net_value`."""
    pairs = with_net_value(warehouse.query(PAIRS), value_rules(warehouse))
    if hourly_volumes(warehouse).is_empty():
        return pairs
    return pairs.join(
        warehouse.query(HOURS), on=["contact_id", "channel"], how="left", validate="m:1", maintain_order="left"
    )


def hourly_volumes(warehouse: Warehouse) -> pl.DataFrame:
    """One row per channel with a limit; channel, hourly_volume."""
    return warehouse.query(HOURLY_VOLUMES)


def without_other_offers(pairs: pl.DataFrame, warehouse: Warehouse) -> pl.DataFrame:
    """The pairs in which people of one account are made one offer at most."""
    if pairs["offer"].is_null().all():
        return pairs
    return keep_one_offer(pairs, warehouse.query(UNITS), warehouse.query("select run_date from raw.night").item())


def value_rules(warehouse: Warehouse) -> ValueRules:
    """The night's levers and prices of contact."""
    prices = warehouse.query(PRICES)
    is_priced = (prices["contact_price_cents"] > 0).any()
    return ValueRules(
        levers=warehouse.query("select * from raw.policy_levers order by name"),
        matches=read_matches(warehouse),
        prices=prices,
        recent=warehouse.query(RECENT) if is_priced else pl.DataFrame(schema=NONE_RECENT),
    )
