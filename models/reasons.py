"""Why a decision is as it is, in short plain words: what a seller reads in a task and a marketer in the report."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

MOST_REASONS = 4
CHANNEL_WORDS = {"email": "e-mail", "sms": "text message", "post": "letter"}


@dataclass(frozen=True)
class Behaviour:
    """A feature worth telling: `once` when it is 1, `often` (with a place for the number) when it is more."""

    column: str
    once: str
    often: str


BEHAVIOURS = (  # the first that holds is told
    Behaviour("count_pricing_view_30d", "viewed pricing once in 30 days", "viewed pricing {} times in 30 days"),
    Behaviour("count_form_submission_30d", "submitted a form in 30 days", "submitted {} forms in 30 days"),
    Behaviour("count_reply_30d", "replied once in 30 days", "replied {} times in 30 days"),
    Behaviour("count_meeting_90d", "had a meeting in 90 days", "had {} meetings in 90 days"),
    Behaviour("count_webinar_90d", "attended a webinar in 90 days", "attended {} webinars in 90 days"),
    Behaviour(
        "count_open_opportunities", "the account has an open opportunity", "the account has {} open opportunities"
    ),
    Behaviour("count_email_click_30d", "clicked a link in 30 days", "clicked {} links in 30 days"),
    Behaviour("count_product_event_30d", "used the product once in 30 days", "used the product {} times in 30 days"),
    Behaviour(
        "account_count_pricing_view_30d", "a colleague viewed pricing", "colleagues viewed pricing {} times in 30 days"
    ),
    Behaviour("count_page_view_30d", "visited the site once in 30 days", "viewed {} pages in 30 days"),
)
BEHAVIOUR_COLUMNS = tuple(behaviour.column for behaviour in BEHAVIOURS)

LIMIT_WORDS: Mapping[str, str] = {
    "daily_volume": "the channel's volume of the night is used up",
    "daily_budget": "the channel's budget of the night is used up",
    "rep_daily_capacity": "the owner has no room left tonight",
    "account_daily_cap": "enough people of the account are contacted tonight",
    "account_seller_cap": "a seller already contacts the account tonight",
}
GATE_WORDS: Mapping[str, str] = {
    "capacity": "a limit of the night is used up",
    "no_gain": "no action is worth more than it costs",
    "exploration": "nothing, chosen at random to keep learning",
    "no_score": "no score tonight for any of the allowed actions",
}


def with_reasons(decisions: pl.DataFrame) -> pl.DataFrame:
    """Add reason_codes, at most four, the most telling first.

    Args:
        decisions: one row per contact; arm, way, action_id, channel, runner_up_action_id, net_value_cents and
            runner_up_net_value_cents, count_pairs, uplift, goal_id, evidence, no_action_gate, gate_detail (of the
            gate, in words), short_limit, and the columns of `BEHAVIOUR_COLUMNS`; any may be null.

    Returns:
        The same rows with `reason_codes` (list of text).
    """
    acts = pl.col("action_id").is_not_null()
    reasons = [_how(acts), _effect(acts), _evidence(acts), _why_not(acts), _next_in_line(acts), _behaviour()]
    listed = pl.concat_list(reasons).list.drop_nulls().list.head(MOST_REASONS)
    return decisions.with_columns(listed.alias("reason_codes"))


def _how(acts: pl.Expr) -> pl.Expr:
    count, runner_up = pl.col("count_pairs"), pl.col("runner_up_action_id")
    value, other = pl.col("net_value_cents"), pl.col("runner_up_net_value_cents")
    behind = ((value - other) / value * 100).round(0).cast(pl.Int64)
    optimum = (
        pl.when(runner_up.is_null())
        .then(
            pl.when(count > 1)
            .then(pl.format("best of {} eligible actions; no other is worth its cost", count))
            .otherwise(pl.lit("the only eligible action"))
        )
        .when(other > value)
        .then(pl.format("{} would bring more, but what it needs is short tonight", runner_up))
        .otherwise(pl.format("best of {} eligible actions; {} was {} % behind", count, runner_up, behind))
    )
    drawn = pl.format("chosen at random among {} eligible actions and none, to keep learning", count)
    return pl.when(acts & (pl.col("way") == "optimum")).then(optimum).when(acts).then(drawn)


def _effect(acts: pl.Expr) -> pl.Expr:
    points = pl.col("uplift") * 100
    shown = pl.when(points.abs() < 0.1).then(points.round(2)).otherwise(points.round(1)) + 0.0
    sign = pl.when(shown > 0).then(pl.lit("+")).otherwise(pl.lit(""))
    channel = pl.col("channel").replace(CHANNEL_WORDS)
    return pl.when(acts).then(pl.format("{}: {}{} points for {}", channel, sign, shown, pl.col("goal_id")))


def _evidence(acts: pl.Expr) -> pl.Expr:
    prior = pl.lit("decided by prior: nothing learnt yet for this action")
    return pl.when(acts & (pl.col("evidence") == "prior")).then(prior)


def _behaviour() -> pl.Expr:
    told = []
    for behaviour in BEHAVIOURS:
        count = pl.col(behaviour.column).cast(pl.Int64)
        often = pl.format(behaviour.often, count) if "{}" in behaviour.often else pl.lit(behaviour.often)
        told.append(pl.when(count > 1).then(often).when(count == 1).then(pl.lit(behaviour.once)))
    return pl.coalesce(told)


def _why_not(acts: pl.Expr) -> pl.Expr:
    gate = pl.col("no_action_gate")
    words = gate.replace_strict(GATE_WORDS, default=None, return_dtype=pl.String)
    arm = pl.format("the arm {} gets no action", pl.col("arm"))
    failed = pl.format("not allowed ({}): {}", gate, pl.col("gate_detail"))
    kind = pl.col("short_limit").str.split(":").list.first()
    limit = pl.when(gate == "capacity").then(kind.replace_strict(LIMIT_WORDS, default=None, return_dtype=pl.String))
    other = pl.coalesce(limit, words, failed, pl.format("not allowed: {}", gate))
    reason = pl.when(gate == "arm").then(arm).otherwise(other)
    return pl.when(~acts).then(reason)


def _next_in_line(acts: pl.Expr) -> pl.Expr:
    is_short = ~acts & (pl.col("no_action_gate") == "capacity")
    return pl.when(is_short).then(pl.format("{} would have been next", pl.col("runner_up_action_id")))
