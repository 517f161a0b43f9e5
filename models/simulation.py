"""Two outcomes of one night, beside each other: what would be done, for how much, and whose decision differs."""

from dataclasses import dataclass

import polars as pl

NONE = "none"
SIDES = ("now", "then")


@dataclass(frozen=True)
class Comparison:
    """A night as it was (`_now`) and as it would have been (`_then`); money in cents.

    Attributes:
        actions: one row per action that either does; action_id, channel, decisions, waiting (for a person), expected
            value, cost and net value of each, the most decisions first.
        channels: the same, one row per channel.
        no_actions: one row per reason for no action; gate, contacts.
        gates: one row per action and first failing gate (`allowed` for none) whose count differs; contacts.
        prices: one row per limit that has a price in either; capacity, used and shadow price.
        changes: one row per kind of change (same, other action, starts, stops, same but waits, same but runs) and
            contacts.
    """

    actions: pl.DataFrame
    channels: pl.DataFrame
    no_actions: pl.DataFrame
    gates: pl.DataFrame
    prices: pl.DataFrame
    changes: pl.DataFrame


@dataclass(frozen=True)
class NightOutcome:
    """A night: decisions, one row per contact; prices, one per shared limit; gates, one per action and gate with the
    number of contacts."""

    decisions: pl.DataFrame
    prices: pl.DataFrame
    gates: pl.DataFrame


def compare_nights(now: NightOutcome, then: NightOutcome) -> Comparison:
    """What another way to decide the same night changes.

    Raises:
        ValueError: the nights aren't of the same contacts.
    """
    if now.decisions["contact_id"].sort().to_list() != then.decisions["contact_id"].sort().to_list():
        raise ValueError("the two nights aren't of the same contacts")
    sides = (now.decisions, then.decisions)
    actions = _beside([_sums(frame, ["action_id", "channel"]) for frame in sides], ["action_id", "channel"])
    channels = _beside([_sums(frame, ["channel"]) for frame in sides], ["channel"])
    gates = _beside([now.gates, then.gates], ["action_id", "gate"])
    limits = ["capacity", "used", "shadow_price_cents"]
    prices = _beside([side.prices.select("limit_id", *limits) for side in (now, then)], ["limit_id"], fill=None)
    return Comparison(
        actions=actions.sort("decisions_now", "decisions_then", "action_id", descending=[True, True, False]),
        channels=channels.sort("decisions_now", "decisions_then", "channel", descending=[True, True, False]),
        no_actions=_beside([_no_actions(frame) for frame in sides], ["gate"]).sort("gate"),
        gates=gates.filter(pl.col("contacts_now") != pl.col("contacts_then")).sort("action_id", "gate"),
        prices=prices.filter((pl.col("shadow_price_now_cents") > 0) | (pl.col("shadow_price_then_cents") > 0)).sort(
            "limit_id"
        ),
        changes=_changes(*sides),
    )


def _sums(decisions: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    net = pl.col("net_value") if "net_value" in decisions.columns else pl.col("expected_value") - pl.col("cost")
    return (
        decisions.filter(pl.col("action_id").is_not_null())
        .group_by(by)
        .agg(
            decisions=pl.len().cast(pl.Int64),
            waiting=(pl.col("approval_status") == "pending").sum().cast(pl.Int64),
            value_cents=pl.col("expected_value").sum(),
            cost_cents=pl.col("cost").sum(),
            net_value_cents=net.sum(),
        )
    )


def _no_actions(decisions: pl.DataFrame) -> pl.DataFrame:
    none = decisions.filter(pl.col("action_id").is_null())
    return none.group_by(gate=pl.col("no_action_gate")).agg(contacts=pl.len().cast(pl.Int64))


def _beside(frames: list[pl.DataFrame], by: list[str], fill: int | None = 0) -> pl.DataFrame:
    """Both sides' columns with `_now` and `_then`; where one side has no row, `fill`."""
    named = [
        frame.rename({name: _of_side(name, side) for name in frame.columns if name not in by})
        for frame, side in zip(frames, SIDES, strict=True)
    ]
    joined = named[0].join(named[1], on=by, how="full", coalesce=True, nulls_equal=True, validate="1:1")
    values = [name for frame in frames for name in frame.columns if name not in by]
    order = [_of_side(name, side) for name in dict.fromkeys(values) for side in SIDES]
    return joined.select(*by, *(pl.col(name).fill_null(fill) if fill is not None else name for name in order))


def _of_side(name: str, side: str) -> str:
    """The unit stays last: value_cents of now is value_now_cents."""
    return f"{name.removesuffix('_cents')}_{side}_cents" if name.endswith("_cents") else f"{name}_{side}"


def _changes(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    columns = ["contact_id", "action_id", "approval_status"]
    both = now.select(columns).join(then.select(columns), on="contact_id", suffix="_then", validate="1:1")
    had, gets = pl.col("action_id").is_not_null(), pl.col("action_id_then").is_not_null()
    waited, waits = pl.col("approval_status") == "pending", pl.col("approval_status_then") == "pending"
    kind = (
        pl.when(~had & ~gets).then(pl.lit("no action in both"))
        .when(had & ~gets).then(pl.lit("gets none instead of an action"))
        .when(~had & gets).then(pl.lit("gets an action instead of none"))
        .when(pl.col("action_id") != pl.col("action_id_then")).then(pl.lit("gets another action"))
        .when(~waited & waits).then(pl.lit("the same, but waits for a person"))
        .when(waited & ~waits).then(pl.lit("the same, without waiting"))
        .otherwise(pl.lit("the same"))
    )  # fmt: skip
    return (
        both.group_by(change=kind)
        .agg(contacts=pl.len().cast(pl.Int64))
        .sort("contacts", "change", descending=[True, False])
    )
