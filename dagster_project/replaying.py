"""The other policy's rule on nights whose outcomes are known: scored by the models in use, at the simulated prices."""

from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.defs.scoring import load_scoring
from dagster_project.night_pairs import read_matches
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from models.net_value import ValueRules, with_net_value
from models.replay import ESTIMATES, AccountCaps, estimate_rule, rule_choices
from models.scores import score_batch
from policy.loading import load_policy
from policy.schema import Policy

MOST = 50_000  # a fixed pseudo-random part of many choices
BATCH = 25_000
# One row per choice that had something to choose from and of which any goal's outcome is known.
CHOICES = """
    select
        concat(contact_id, '|', decided_on) as row_id, contact_id, coalesce(account_id, contact_id) as unit_id,
        decided_on, arm, action_id, action_probability, eligible_action_ids
    from features.logged_choices
    where arm in ('model', 'random_control') and len(eligible_action_ids) > 0 and decided_on >= $since
        and (contact_id, decided_on) in (select (contact_id, decided_on) from features.choice_outcomes where is_matured)
    order by md5(unit_id), row_id limit $most"""
OUTCOMES = """
    select concat(contact_id, '|', decided_on) as row_id, goal_id, is_reached from features.choice_outcomes
    where is_matured and decided_on >= $since order by 1, 2"""
FEATURES = """
    select features.* from features.contact_features as features
    inner join (select unnest($contacts) as contact_id, unnest($days) as as_of_date) as wanted
        on features.contact_id = wanted.contact_id and features.as_of_date = wanted.as_of_date
    order by features.contact_id, features.as_of_date"""
ACTIONS = """
    select actions.action_id, actions.channel, actions.cost_cents, actions.needs_owner, actions.is_seller_action,
        not actions.is_seller_action and channels.consent_channel <> 'ads' as is_message
    from raw.policy_actions as actions inner join raw.policy_channels as channels on actions.channel = channels.channel
    where actions.is_active"""
LIMIT_PRICES = """
    select split_part(limit_id, ':', 1) as kind, split_part(limit_id, ':', 2) as entity, shadow_price_cents as price
    from decisioning.limit_prices"""


def replay_rule(folder: Path, policy_dir: Path, nights: int) -> pl.DataFrame:
    """One row per goal with the columns of `models.replay.ESTIMATES`.

    The rule: of the actions that could be had then, the one of most net value under the policy, at the prices that
    shared limits have on the simulated night, and within what an account may get a night.

    Args:
        folder: a home whose last night was decided under the policy.
        policy_dir: that policy.
        nights: how many nights before the last to look at.
    """
    warehouse, policy = Warehouse(home=str(folder)), load_policy(policy_dir)
    night: date = warehouse.query("select run_date from raw.night").item()
    since = pl.select(pl.lit(night) - pl.duration(days=nights)).item()
    choices = warehouse.query(CHOICES, since=since, most=MOST)
    outcomes = warehouse.query(OUTCOMES, since=since)
    pairs = [_pairs(batch, warehouse, policy, folder, night) for batch in choices.iter_slices(BATCH)]
    if not pairs:
        return pl.DataFrame(schema=ESTIMATES)
    limits = policy.limits
    caps = AccountCaps(limits.account_daily_cap, limits.account_daily_seller_cap, limits.account_daily_message_cap)
    best = rule_choices(pl.concat(pairs), caps)
    known = choices.join(outcomes, on="row_id", validate="1:m").with_columns(
        count_actions=pl.col("eligible_action_ids").list.len()
    )
    return estimate_rule(known, best, policy.limits.exploration_share)


def _pairs(choices: pl.DataFrame, warehouse: Warehouse, policy: Policy, folder: Path, night: date) -> pl.DataFrame:
    """The pairs that `rule_choices` reads: what could be had, with what it is worth under the policy."""
    scoring = load_scoring(policy, warehouse, Registry(home=str(folder)), night)
    features = warehouse.query(
        FEATURES, contacts=choices["contact_id"].to_list(), days=choices["decided_on"].to_list()
    ).with_columns(contact_id=pl.concat_str("contact_id", pl.col("as_of_date").cast(pl.String), separator="|"))
    actions = warehouse.query(ACTIONS)
    eligible = (
        choices.select("row_id", action_id="eligible_action_ids")
        .explode("action_id")
        .join(actions, on="action_id", validate="m:1")
        .join(features.select(row_id="contact_id"), on="row_id", how="semi")
        .select("action_id", contact_id="row_id")
    )
    scores = score_batch(features, eligible, scoring).action_scores
    valued = with_net_value(scores.join(actions, on="action_id", validate="m:1"), _rules(choices, warehouse))
    night_of_unit = pl.concat_str("unit_id", pl.col("decided_on").cast(pl.String), separator="|")
    return valued.select(
        "action_id", "is_seller_action", "is_message", row_id="contact_id",
        worth_cents=pl.col("net_value_cents") - _limit_price(warehouse),
    ).join(choices.select("row_id", night_of_unit=night_of_unit), on="row_id", validate="m:1")  # fmt: skip


def _rules(choices: pl.DataFrame, warehouse: Warehouse) -> ValueRules:
    """Levers as tonight's conditions hold; the price of contact as of one left alone."""
    matches = choices.select("contact_id", "row_id").join(read_matches(warehouse), on="contact_id")
    return ValueRules(
        levers=warehouse.query("select * from raw.policy_levers order by name"),
        matches=matches.select("condition_id", contact_id="row_id"),
        prices=warehouse.query("select channel, contact_price_cents from raw.policy_channels"),
        recent=pl.DataFrame(schema={"contact_id": pl.String, "recent_touches": pl.Float64}),
    )


def _limit_price(warehouse: Warehouse) -> pl.Expr:
    """Cents that the simulated night asks for the room a pair takes: of its channel, and of a rep on average."""
    prices = warehouse.query(LIMIT_PRICES)
    of_channel = {
        kind: dict(prices.filter(kind=kind).select("entity", "price").iter_rows())
        for kind in ("daily_volume", "daily_budget")
    }
    rep = prices.filter(kind="rep_daily_capacity")["price"].mean() or 0.0
    volume, budget = (
        pl.col("channel").replace_strict(known, default=0.0, return_dtype=pl.Float64) for known in of_channel.values()
    )
    return volume + budget * pl.col("cost_cents") + pl.when("needs_owner").then(pl.lit(rep)).otherwise(0.0)
