"""What may leave without a person tonight: the mode in force, who must look, and what is beyond a guardrail.

Only ever stricter than the action's own mode: rules and guardrails take away, they never give.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

MODES = ("shadow", "assisted", "supervised", "autonomous")  # the strictest first
WAITS = {"contact_id": pl.String, "reason": pl.String, "reviewer": pl.String, "is_rule": pl.Boolean}


@dataclass(frozen=True)
class NightGuards:
    """Rules of the policy and what they compare tonight with.

    Attributes:
        autonomy, review_rules, guardrails: one row per rule, as in the policy's tables; where it applies: action_id,
            channel, condition_id (null: everywhere).
        matches: contact_id, condition_id; one row per contact and condition that it meets.
        usual_volumes: one row per action used on at least three of the last nights; action_id, usual_volume (decisions
            of a night, median).
        known_versions: one row per model version that earlier nights used; model_version, days_known (since the first).
    """

    autonomy: pl.DataFrame
    review_rules: pl.DataFrame
    guardrails: pl.DataFrame
    matches: pl.DataFrame
    usual_volumes: pl.DataFrame
    known_versions: pl.DataFrame


def mode_in_force(guards: NightGuards) -> pl.Expr:
    """The strictest of the action's mode and of every rule that applies; of columns action_id, channel, contact_id."""
    order = pl.Enum(MODES)
    ranks = [pl.col("autonomy_mode").cast(order).to_physical()]
    for rule in guards.autonomy.iter_rows(named=True):
        rank = MODES.index(rule["mode"])
        applies = pl.col("action_id").is_not_null() & _applies(rule, guards.matches)
        ranks.append(pl.when(applies).then(pl.lit(rank, pl.UInt32)))
    return pl.min_horizontal(*ranks).replace_strict(dict(enumerate(MODES)), return_dtype=pl.String)


def find_waiting(decisions: pl.DataFrame, guards: NightGuards) -> pl.DataFrame:
    """One row per decision that waits, sorted by contact_id: review_reasons (texts), reviewer, is_reviewed (a rule asks
    for a person, whatever the mode).

    Args:
        decisions: one row per contact; contact_id, action_id (null: none), channel, autonomy_mode (in force),
            net_value_cents, expected_value_cents, cost_cents, uplift, uplift_standard_error, model_version,
            discount_percent.
        guards: the rules.
    """
    acting = decisions.filter(pl.col("action_id").is_not_null(), pl.col("autonomy_mode") != "shadow")
    found = [pl.DataFrame(schema=WAITS), *_by_rules(acting, guards), *_by_guardrails(acting, len(decisions), guards)]
    return (
        pl.concat(found)
        .group_by("contact_id", maintain_order=True)
        .agg(
            review_reasons=pl.col("reason"),
            reviewer=pl.col("reviewer").drop_nulls().first(),
            is_reviewed=pl.col("is_rule").any(),
        )
        .sort("contact_id")
    )


def _by_rules(acting: pl.DataFrame, guards: NightGuards) -> Iterator[pl.DataFrame]:
    for rule in guards.review_rules.iter_rows(named=True):
        found = acting.filter(_applies(rule, guards.matches))
        yield _waiting(found, pl.lit(f"review rule {rule['name']}"), rule["reviewer"], is_rule=True)


def _by_guardrails(acting: pl.DataFrame, count_contacts: int, guards: NightGuards) -> Iterator[pl.DataFrame]:
    known = acting.join(guards.usual_volumes, on="action_id", how="left", validate="m:1", maintain_order="left").join(
        guards.known_versions, on="model_version", how="left", validate="m:1", maintain_order="left"
    )
    for rule in guards.guardrails.iter_rows(named=True):
        inside = known.filter(pl.col("autonomy_mode").is_in(rule["modes"].split(",")), _applies(rule, guards.matches))
        ranked = inside.sort("net_value_cents", "contact_id", descending=[True, False])
        for is_beyond, why in _bounds(rule, count_contacts):
            yield _waiting(ranked.filter(is_beyond), pl.format("guardrail {}: {}", pl.lit(rule["name"]), why))


def _bounds(rule: Mapping[str, object], count_contacts: int) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """For each bound that the guardrail has: which of the decisions, the most valuable first, are beyond; and why."""
    bound = {name: float(str(value)) for name, value in rule.items() if name in BOUNDS and value is not None}
    place = pl.int_range(1, pl.len() + 1)
    if (share := bound.get("maximum_contact_share")) is not None:
        most = int(share * count_contacts)
        yield place > most, pl.lit(f"more than {most:,} decisions ({share:.1%} of {count_contacts:,} contacts)")
    if (factor := bound.get("maximum_volume_factor")) is not None:
        most_of_action = (pl.col("usual_volume") * factor).floor()
        yield (
            (place.over("action_id") > most_of_action).fill_null(False),
            pl.format("more than {} times the {} of a usual night", pl.lit(factor), pl.col("usual_volume").round(0)),
        )
    if (cost := bound.get("maximum_cost_cents")) is not None:
        yield pl.col("cost_cents").cum_sum() > cost, pl.lit(f"together they cost more than ${cost / 100:,.2f}")
    if (least := bound.get("minimum_expected_value_cents")) is not None:
        yield pl.col("expected_value_cents") < least, pl.lit(f"worth less than ${least / 100:,.2f}")
    if (multiple := bound.get("maximum_uncertainty")) is not None:
        error, effect = pl.col("uplift_standard_error"), pl.col("uplift").abs()
        yield error > multiple * effect, pl.lit(f"the effect's error is above {multiple:g} times the effect")
    if (days := bound.get("new_model_days")) is not None:
        is_new = (pl.col("model_version") != "prior") & (pl.col("days_known").fill_null(0) < days)
        yield is_new, pl.format("{} speaks for fewer than {} days", "model_version", pl.lit(int(days)))
    if (percent := bound.get("maximum_discount_percent")) is not None:
        given = pl.col("discount_percent")
        yield given > percent, pl.format("a discount of {} %; at most {} %", given, pl.lit(percent))


BOUNDS = (
    "maximum_contact_share", "maximum_volume_factor", "maximum_cost_cents", "minimum_expected_value_cents",
    "maximum_uncertainty", "new_model_days", "maximum_discount_percent",
)  # fmt: skip


def _waiting(found: pl.DataFrame, reason: pl.Expr, reviewer: str | None = None, is_rule: bool = False) -> pl.DataFrame:
    return found.select(
        "contact_id",
        reason=reason.cast(pl.String),
        reviewer=pl.lit(reviewer, pl.String),
        is_rule=pl.lit(is_rule),
    )


def _applies(rule: Mapping[str, object], matches: pl.DataFrame) -> pl.Expr:
    conditions: list[pl.Expr | bool] = [
        pl.col(name) == rule[name] for name in ("action_id", "channel") if rule[name] is not None
    ]
    if rule["condition_id"] is not None:
        matched = matches.filter(condition_id=rule["condition_id"])["contact_id"]
        conditions.append(pl.col("contact_id").is_in(matched.implode()))
    return pl.all_horizontal(pl.lit(True), *conditions)
