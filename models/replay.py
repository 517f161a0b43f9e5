"""What a rule of choice would have brought on nights of which the outcomes are known, from choices logged by another.

Choices of the model's arm and of random control are weighted by how likely the rule would have made them against how
likely they were (`models.evaluation`); what was done is the plain mean of the model's arm.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.evaluation import Estimate, Log, estimate_difference, estimate_snips

# Fewer equally weighted choices than this tell nothing that an interval could be trusted with.
LEAST_EFFECTIVE = 100
LEAST_OUTCOMES = 10
NONE = "none"
ESTIMATES = {
    "goal_id": pl.String, "choices": pl.Int64, "effective_choices": pl.Float64, "rate_now": pl.Float64,
    "rate_then": pl.Float64, "difference": pl.Float64, "low": pl.Float64, "high": pl.Float64, "verdict": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class AccountCaps:
    """Most contacts, seller actions and messages of one account and night; `messages` None: no limit."""

    contacts: int
    seller_actions: int
    messages: int | None


def rule_choices(pairs: pl.DataFrame, caps: AccountCaps) -> pl.DataFrame:
    """One row per row_id that gets an action: best_action_id. What is worth most goes first within an account's night.

    Args:
        pairs: row_id, night_of_unit (an account's night), action_id, is_seller_action, is_message, worth_cents (net
            value less the prices of limits).
        caps: of each account and night.
    """
    worth_it = pairs.filter(pl.col("worth_cents") > 0).sort(
        "night_of_unit", "worth_cents", "row_id", "action_id", descending=[False, True, False, False]
    )
    chosen: dict[str, str] = {}
    used: Counter[tuple[str, str]] = Counter()
    most = {"contacts": caps.contacts, "seller": caps.seller_actions, "message": caps.messages}
    for row_id, unit, action_id, is_seller, is_message in worth_it.select(
        "row_id", "night_of_unit", "action_id", "is_seller_action", "is_message"
    ).iter_rows():
        kinds = ["contacts", *["seller"] * is_seller, *["message"] * is_message]
        is_full = any(most[kind] is not None and used[unit, kind] >= most[kind] for kind in kinds)  # type: ignore[operator]
        if row_id not in chosen and not is_full:
            chosen[row_id] = action_id
            used.update((unit, kind) for kind in kinds)
    return pl.DataFrame(list(chosen.items()), schema={"row_id": pl.String, "best_action_id": pl.String}, orient="row")


def estimate_rule(choices: pl.DataFrame, best: pl.DataFrame, exploration_share: float) -> pl.DataFrame:
    """One row per goal, sorted, with the columns of `ESTIMATES`: how often it is reached, per choice.

    Args:
        choices: one row per logged choice and goal whose outcome is known; row_id, goal_id, unit_id (whose choices
            depend on each other), arm, action_id (`none` for none), action_probability, count_actions (that could be
            drawn), is_reached (0 or 1).
        best: of `rule_choices`; a choice that isn't there is none.
        exploration_share: probability with which the rule draws uniformly among the actions and none.
    """
    joined = choices.join(best, on="row_id", how="left", validate="m:1").sort("goal_id", "row_id")
    drawn = exploration_share / (pl.col("count_actions") + 1)
    is_best = pl.col("action_id") == pl.col("best_action_id").fill_null(NONE)
    valued = joined.with_columns(target=drawn + pl.when(is_best).then(1 - exploration_share).otherwise(0.0))
    rows = [_estimate(str(goal), group) for (goal,), group in valued.group_by("goal_id", maintain_order=True)]
    return pl.DataFrame(rows, schema=ESTIMATES, orient="row")


def _estimate(goal_id: str, rows: pl.DataFrame) -> tuple[object, ...]:
    logged, reward = rows["action_probability"].to_numpy(), rows["is_reached"].to_numpy().astype(np.float64)
    units = rows["unit_id"].to_numpy()
    is_model = (rows["arm"] == "model").to_numpy()
    target = rows["target"].to_numpy()
    if not is_model.any() or not (target > 0).any():
        return (goal_id, rows.height, 0.0, None, None, None, None, None, "nothing logged to tell from")
    now = estimate_snips(Log(reward, logged, logged * is_model, units))
    then = estimate_snips(Log(reward, logged, target, units))
    more = estimate_difference(then, now)
    return (
        goal_id, rows.height, then.effective_rows, now.value, then.value, more.value, more.low, more.high,
        _verdict(then, more, int(reward.sum())),
    )  # fmt: skip


def _verdict(then: Estimate, more: Estimate, count_outcomes: int) -> str:
    if count_outcomes < LEAST_OUTCOMES:
        return "too few outcomes to tell"
    if then.effective_rows < LEAST_EFFECTIVE:
        return "too little overlap to tell"
    if more.low > 0:
        return "more"
    return "fewer" if more.high < 0 else "no difference proven"
