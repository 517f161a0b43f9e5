"""What an action is worth to the choice: expected value × levers, less its cost, less the price of contact.

Levers follow Pega's arbitration (P × C × V × L): the weights that apply are summed, over 100, plus 1, so that 55
makes 1.55. The price of contact is what one more message takes out of a contact's patience: a stated price per channel,
and as much again for each recent touch, halved with every half-life of its age. Waiting makes a contact cheaper, so a
week's patience can be worth more than a call today.
"""

from dataclasses import dataclass

import polars as pl

PARTS = ("lever_factor", "contact_price_cents", "net_value_cents", "net_value_error_cents")


@dataclass(frozen=True)
class ValueRules:
    """What moves the worth of an action beside its effect.

    Attributes:
        levers: one row per lever; weight, and what it holds for: goal_id (the one that the action moves most),
            action_id, channel, condition_id; null: any.
        matches: one row per contact and condition that it meets; contact_id, condition_id.
        prices: one row per channel; channel, contact_price_cents of a contact without recent touches.
        recent: one row per contact with recent touches; contact_id, recent_touches (each touch halved with every
            half-life of its age).
    """

    levers: pl.DataFrame
    matches: pl.DataFrame
    prices: pl.DataFrame
    recent: pl.DataFrame


def with_net_value(pairs: pl.DataFrame, rules: ValueRules) -> pl.DataFrame:
    """Add lever_factor, contact_price_cents, net_value_cents and its standard error; rows and their order stay.

    Args:
        pairs: one row per contact and action; contact_id, action_id, channel, goal_id, expected_value_cents,
            expected_value_error_cents, cost_cents.
        rules: levers and prices.
    """
    price = rules.prices.select("channel", price=pl.col("contact_price_cents").cast(pl.Float64))
    recent = rules.recent.select("contact_id", "recent_touches")
    return (
        pairs.join(price, on="channel", how="left", validate="m:1", maintain_order="left")
        .join(recent, on="contact_id", how="left", validate="m:1", maintain_order="left")
        .with_columns(
            lever_factor=_lever_factor(rules),
            contact_price_cents=pl.col("price") * (1.0 + pl.col("recent_touches").fill_null(0.0)),
        )
        .with_columns(
            net_value_cents=pl.col("expected_value_cents") * pl.col("lever_factor")
            - pl.col("cost_cents")
            - pl.col("contact_price_cents"),
            net_value_error_cents=pl.col("expected_value_error_cents") * pl.col("lever_factor"),
        )
        .drop("price", "recent_touches")
    )


def _lever_factor(rules: ValueRules) -> pl.Expr:
    """1 + the sum of the weights that apply / 100; never below 0, where a lever would turn harm into gain."""
    weights = [
        pl.when(_applies(lever, rules.matches)).then(float(str(lever["weight"]))).otherwise(0.0)
        for lever in rules.levers.iter_rows(named=True)
    ]
    return pl.max_horizontal(1.0 + pl.sum_horizontal(pl.lit(0.0), *weights) / 100.0, pl.lit(0.0))


def _applies(lever: dict[str, object], matches: pl.DataFrame) -> pl.Expr:
    conditions: list[pl.Expr | bool] = [
        pl.col(name) == lever[name] for name in ("goal_id", "action_id", "channel") if lever[name] is not None
    ]
    if lever["condition_id"] is not None:
        matched = matches.filter(condition_id=lever["condition_id"])["contact_id"]
        conditions.append(pl.col("contact_id").is_in(matched.implode()))
    return pl.all_horizontal(pl.lit(True), *conditions)
