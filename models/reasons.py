"""Why a decision is as it is, in short plain words: what a seller reads in a task and a marketer in the report."""

from collections.abc import Mapping

import polars as pl

MOST_REASONS = 5
# Responses are a reason from this many times the usual rate on.
MORE_RESPONSES = 1.25
# Features told as plain facts where nothing is known of what speaks for an action; the first that isn't 0.
FACT_COLUMNS = (
    "count_pricing_view_30d", "count_form_submission_30d", "count_reply_30d", "count_meeting_90d", "count_webinar_90d",
    "count_open_opportunities", "count_email_click_30d", "count_product_event_30d", "account_count_pricing_view_30d",
    "count_page_view_30d",
)  # fmt: skip

LIMIT_WORDS: Mapping[str, str] = {
    "daily_volume": "the channel's volume of the night is used up",
    "hourly_volume": "the hours in which the message could leave are full",
    "daily_budget": "the channel's budget of the night is used up",
    "rep_daily_capacity": "the owner has no room left tonight",
    "account_daily_cap": "enough people of the account are contacted tonight",
    "contact_rule": "contact policy leaves room for no more people there tonight",
    "account_seller_cap": "a seller already contacts the account tonight",
    "account_message_cap": "the account gets enough messages tonight",
    "buying_group_daily_cap": "enough people of the buying group are contacted tonight",
    "maximum": "as many such actions as the policy allows are made tonight",
    "maximum_cents": "the budget that such actions share is used up tonight",
}
GATE_WORDS: Mapping[str, str] = {
    "capacity": "a limit of the night is used up",
    "no_gain": "no action is worth more than it costs",
    "exploration": "nothing, chosen at random to keep learning",
    "no_score": "no score tonight for any of the allowed actions",
}
# Evidence of effects that a model differs by contact: of the action itself, or of its family.
LEARNT = ("model", "family")
EVIDENCE_WORDS: Mapping[str, str] = {
    "prior": "decided by what the policy believes: too little learnt yet for this action",
    "family": "decided by what similar actions did: too little learnt yet for this one",
    "history": "decided by what the old rules' logs tell: too little learnt yet for this action",
}


def with_reasons(decisions: pl.DataFrame) -> pl.DataFrame:
    """Add reason_codes, at most five, the most telling first.

    Args:
        decisions: one row per contact; arm, way, count_pairs, no_action_gate, gate_detail (of the gate, in words),
            short_limit; of the action and, with the prefix `runner_up_`, of the next best: action_id, action_name,
            noun (of the channel), goal_id, uplift, uplift_standard_error, evidence, cost_cents, net_value_cents;
            further lever_factor, response_ratio, goal_name, drivers (list of texts, what speaks for the action) and
            fact (text); any may be null.

    Returns:
        The same rows with `reason_codes` (list of text).
    """
    acts = pl.col("action_id").is_not_null()
    why = [
        *_drivers(acts),
        _response(acts),
        _comparison(acts),
        _how(acts),
        _effect(acts),
        _lever(acts),
        _evidence(acts),
        _fact(acts),
    ]
    listed = pl.concat_list(*why, _why_not(acts), _next_in_line(acts)).list.drop_nulls().list.head(MOST_REASONS)
    return decisions.with_columns(listed.alias("reason_codes"))


def _drivers(acts: pl.Expr) -> list[pl.Expr]:
    """What speaks for the action; before there is a model of it, what speaks for the goal."""
    drivers = pl.col("drivers")
    is_own = pl.col("evidence").is_in(LEARNT)
    likelier = pl.format("“{}” is likelier than for most: {}", pl.col("goal_name"), drivers.list.join(", "))
    of_goal = pl.when(acts & ~is_own & (drivers.list.len() > 0)).then(likelier)
    return [*(pl.when(acts & is_own).then(drivers.list.get(place, null_on_oob=True)) for place in range(2)), of_goal]


def _response(acts: pl.Expr) -> pl.Expr:
    """Where the optimiser chose somebody who responds more than others do."""
    ratio = pl.col("response_ratio")
    text = pl.format("people like this respond to it {} times as often as others do", ratio.round(1))
    return pl.when(acts & (pl.col("way") == "optimum") & (ratio >= MORE_RESPONSES)).then(text)


def _comparison(acts: pl.Expr) -> pl.Expr:
    """Which of the action and the next best moves more people like this one; only where both were learnt and differ."""
    is_known = (pl.col("evidence") == "model") & (pl.col("runner_up_evidence") == "model")
    is_same_goal = pl.col("goal_id") == pl.col("runner_up_goal_id")
    more = pl.col("uplift") - pl.col("runner_up_uplift")
    error = (pl.col("uplift_standard_error").pow(2) + pl.col("runner_up_uplift_standard_error").pow(2)).sqrt()
    own, other = _names()
    dearer = pl.col("runner_up_cost_cents") - pl.col("cost_cents")
    dollars = (dearer / 100).round(2)
    text = (
        pl.when(more > error)
        .then(pl.format("{} works better than {} for people like this", own, other))
        .when((more < -error) & (dearer > 0))
        .then(pl.format("{} works better for people like this, but costs ${} more", other, dollars))
    )
    is_chosen = acts & (pl.col("way") == "optimum") & (pl.col("uplift") > 0)
    return pl.when(is_chosen & is_known & is_same_goal).then(text)


def _names() -> tuple[pl.Expr, pl.Expr]:
    """Action and next best as people call them: by channel where these differ, else by name."""
    differs = (pl.col("noun") != pl.col("runner_up_noun")).fill_null(False)
    return (
        pl.when(differs).then(pl.col("noun")).otherwise(pl.format("“{}”", pl.col("action_name"))),
        pl.when(differs).then(pl.col("runner_up_noun")).otherwise(pl.format("“{}”", pl.col("runner_up_action_name"))),
    )


def _how(acts: pl.Expr) -> pl.Expr:
    count, runner_up = pl.col("count_pairs"), pl.format("“{}”", pl.col("runner_up_action_name"))
    value, other = pl.col("net_value_cents"), pl.col("runner_up_net_value_cents")
    behind = ((value - other) / value * 100).round(0).cast(pl.Int64)
    best = pl.format("best of {} allowed actions; {}", count, runner_up)
    optimum = (
        pl.when(pl.col("runner_up_action_id").is_null())
        .then(
            pl.when(count > 1)
            .then(pl.format("best of {} allowed actions; no other is worth its cost", count))
            .otherwise(pl.lit("the only allowed action"))
        )
        .when(other > value)
        .then(pl.format("{} would bring more, but what it needs is short tonight", runner_up))
        .when(behind == 0)
        .then(pl.format("{} was as good", best))
        .otherwise(pl.format("{} was {} % behind", best, behind))
    )
    drawn = (
        pl.when(count == 1)
        .then(pl.lit("chosen at random between the only allowed action and none, to keep learning"))
        .otherwise(pl.format("chosen at random among {} allowed actions and none, to keep learning", count))
    )
    tried = pl.format("drawn among {} allowed actions and none by how likely each is the best, to keep learning", count)
    is_tried = (pl.col("way") == "explored") & (count > 1)
    return (
        pl.when(acts & (pl.col("way") == "optimum"))
        .then(optimum)
        .when(acts & is_tried)
        .then(tried)
        .when(acts)
        .then(drawn)
    )


def _effect(acts: pl.Expr) -> pl.Expr:
    points = pl.col("uplift") * 100
    shown = pl.when(points.abs() < 0.1).then(points.round(2)).otherwise(points.round(1)) + 0.0
    sign = pl.when(shown > 0).then(pl.lit("+")).otherwise(pl.lit(""))
    return pl.when(acts).then(pl.format("{}{} points for “{}”", sign, shown, pl.col("goal_name")))


def _lever(acts: pl.Expr) -> pl.Expr:
    factor = pl.col("lever_factor")
    text = pl.format("counted {} times its value by the policy's levers", factor.round(2))
    return pl.when(acts & (factor != 1.0)).then(text)


def _evidence(acts: pl.Expr) -> pl.Expr:
    words = pl.col("evidence").replace_strict(EVIDENCE_WORDS, default=None, return_dtype=pl.String)
    return pl.when(acts).then(words)


def _fact(acts: pl.Expr) -> pl.Expr:
    """What the contact did, told as that and not as a reason, where nothing else is known of it."""
    return pl.when(acts & (pl.col("drivers").list.len().fill_null(0) == 0)).then(pl.format("known: {}", pl.col("fact")))


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
    return pl.when(is_short).then(pl.format("“{}” would have been next", pl.col("runner_up_action_name")))
