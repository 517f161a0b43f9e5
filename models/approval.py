"""Whether a decision may leave: the mode in force, what people said of it, and why it waits for them."""

from dataclasses import dataclass

import polars as pl

from models.guardrails import NightGuards, find_waiting, mode_in_force

UNSEEN = ("supervised", "autonomous")


@dataclass(frozen=True)
class Review:
    """What a person must look at tonight, and why: decisions for a goal, of an action, of some contacts; None: any."""

    goal_id: str | None
    action_id: str | None
    contact_ids: frozenset[str] | None
    why: str


def with_approval(
    decisions: pl.DataFrame, approvals: pl.DataFrame, reviews: tuple[Review, ...], guards: NightGuards
) -> pl.DataFrame:
    """Add approval_status, review_reasons (why a person must look, texts; null: nobody must) and reviewer;
    autonomy_mode becomes the mode in force.

    What has high stakes, is under review by a finding or by a rule of the policy needs a person's approval of this very
    action, as if it were assisted. What is beyond a guardrail waits in its own mode.

    Args:
        decisions: one row per contact, with the columns that `models.guardrails.find_waiting` reads, decision_id,
            goal_id and stakes.
        approvals: decision_id, action_id (what was judged), verdict (approved, rejected), decided_at; the last counts.
        reviews: findings of tonight.
        guards: rules of the policy.
    """
    moded = decisions.with_columns(autonomy_mode=mode_in_force(guards))
    waiting = find_waiting(moded, guards)
    asked = moded.join(waiting, on="contact_id", how="left", validate="1:1", maintain_order="left")
    last = approvals.sort("decided_at", "verdict").unique(
        ["decision_id", "action_id"], keep="last", maintain_order=True
    )
    mode = pl.col("autonomy_mode")
    reasons = [(pl.col("stakes") == "high", "high stakes"), *((_is_under(each), each.why) for each in reviews)]
    is_watched = pl.any_horizontal(pl.col("is_reviewed").fill_null(False), *(applies for applies, _ in reasons))
    told = pl.concat_list(
        *(pl.when(applies & (mode != "shadow")).then(pl.lit(why)) for applies, why in reasons)
    ).list.drop_nulls().list.concat(pl.col("review_reasons").fill_null([]))  # fmt: skip
    said = pl.when(pl.col("verdict").is_in(["approved", "rejected"])).then(pl.col("verdict"))
    return (
        asked.with_columns(
            autonomy_mode=pl.when(is_watched & mode.is_in(UNSEEN)).then(pl.lit("assisted")).otherwise(mode),
            review_reasons=pl.when(told.list.len() > 0).then(told),
        )
        .join(
            last.select("decision_id", "action_id", "verdict"),
            on=["decision_id", "action_id"], how="left", validate="1:1", maintain_order="left",
        )
        .with_columns(
            approval_status=pl.when(mode == "shadow")
            .then(pl.lit("shadow"))
            .when((mode == "assisted") | pl.col("review_reasons").is_not_null())
            .then(pl.coalesce(said, pl.lit("pending")))
            .otherwise(pl.lit("not_needed"))
        )
    )  # fmt: skip


def _is_under(review: Review) -> pl.Expr:
    conditions = [pl.col("action_id").is_not_null()]
    if review.goal_id is not None:
        conditions.append(pl.col("goal_id") == review.goal_id)
    if review.action_id is not None:
        conditions.append(pl.col("action_id") == review.action_id)
    if review.contact_ids is not None:
        conditions.append(pl.col("contact_id").is_in(sorted(review.contact_ids)))
    return pl.all_horizontal(conditions)
