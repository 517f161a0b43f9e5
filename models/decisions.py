"""The night's decisions: one row per contact, complete enough to be executed, explained, approved and evaluated."""

import hashlib
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.approval import Review, with_approval
from models.guardrails import NightGuards
from models.night_choice import NightChoices
from models.reasons import with_reasons

SCHEMA: dict[str, pl.DataType] = {
    "decision_id": pl.String(), "run_date": pl.Date(), "contact_id": pl.String(), "account_id": pl.String(),
    "arm": pl.String(), "action_id": pl.String(), "channel": pl.String(), "content_variant_id": pl.String(),
    "send_at": pl.Datetime("us"), "recipient_time_zone": pl.String(), "owner_id": pl.String(), "goal_id": pl.String(),
    "propensity": pl.Float64(), "uplift": pl.Float64(), "expected_value": pl.Float64(), "cost": pl.Float64(),
    "action_probability": pl.Float64(), "runner_up_action_id": pl.String(), "reason_codes": pl.List(pl.String()),
    "no_action_gate": pl.String(), "eligible_action_ids": pl.List(pl.String()), "autonomy_mode": pl.String(),
    "approval_status": pl.String(), "model_version": pl.String(), "policy_version": pl.String(), "seed": pl.Int64(),
    "content": pl.String(), "content_probability": pl.Float64(), "content_probabilities": pl.String(),
    "send_hour_probability": pl.Float64(), "preferred_send_at": pl.Datetime("us"), "send_hour_basis": pl.String(),
    "net_value": pl.Float64(), "lever_factor": pl.Float64(), "contact_price": pl.Float64(),
    "runner_up_net_value": pl.Float64(), "review_reasons": pl.List(pl.String()), "reviewer": pl.String(),
}  # fmt: skip
SILENT_ARMS = ("business_as_usual", "holdout")
OF_PAIR = (
    "action_id", "channel", "goal_id", "propensity", "uplift", "expected_value_cents", "cost_cents", "evidence",
    "autonomy_mode", "stakes", "model_version", "action_name", "noun", "goal_name", "uplift_standard_error",
    "lever_factor", "contact_price_cents", "net_value_cents", "discount_percent", "response_ratio",
)  # fmt: skip
OF_RUNNER_UP = (
    "action_id", "action_name", "noun", "goal_id", "uplift", "uplift_standard_error", "evidence", "cost_cents",
    "model_version", "net_value_cents",
)  # fmt: skip


@dataclass(frozen=True)
class DecisionContext:
    """What a decision says beside the choice.

    Attributes:
        night, seed, policy_version: of the night.
        windows: one row per zone_key and channel; send_at, recipient_time_zone.
        gates: one row per contact; has_eligible, failed_gate and gate_detail (the most advanced; null: none).
        approvals: decision_id, action_id (what was judged), verdict (approved, rejected), decided_at; the last counts.
        guards: rules of the policy about what may leave without a person.
        reviews: what needs a person's approval tonight whatever the action's mode, because of a finding.
    """

    night: date
    seed: int
    policy_version: str
    windows: pl.DataFrame
    gates: pl.DataFrame
    approvals: pl.DataFrame
    guards: NightGuards
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True)
class Messages:
    """What the messages of the night carry, and when they leave; one row per contact that has any of it.

    Attributes:
        content: columns of `models.content.CHOICE_SCHEMA`.
        send_times: columns of `models.send_times.SEND_TIMES_SCHEMA`; the others leave at their window's send_at.
    """

    content: pl.DataFrame
    send_times: pl.DataFrame


def build_decisions(
    contacts: pl.DataFrame, choices: NightChoices, told: pl.DataFrame, messages: Messages, context: DecisionContext
) -> pl.DataFrame:
    """One row per contact, sorted by contact_id, with the columns of `SCHEMA`.

    Args:
        contacts: as given to `night_choice.choose`, with zone_key and time_zone.
        choices: the night's choices.
        told: one row per contact of whom there is something to tell: drivers (texts) and fact, as in `models.reasons`.
        messages: of the contacts that `acting_contacts` gives.
        context: everything else.
    """
    decisions = (
        pl.concat([contacts, choices.by_contact, _chosen(choices)], how="horizontal")
        .with_columns(decision_id=decision_ids(contacts["contact_id"], context.night), run_date=pl.lit(context.night))
        .join(context.gates, on="contact_id", how="left", validate="1:1", maintain_order="left")
        .join(context.windows, on=["zone_key", "channel"], how="left", validate="m:1", maintain_order="left")
        .join(told, on="contact_id", how="left", validate="1:1", maintain_order="left")
        .join(messages.content, on="contact_id", how="left", validate="1:1", maintain_order="left")
        .join(
            messages.send_times.rename({"send_at": "chosen_send_at"}),
            on="contact_id",
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .with_columns(
            no_action_gate=_no_action_gate(), recipient_time_zone=pl.coalesce("recipient_time_zone", "time_zone")
        )
    )
    decisions = with_reasons(with_approval(decisions, context.approvals, context.reviews, context.guards))
    return decisions.select(
        **_columns(
            send_at=pl.coalesce("chosen_send_at", "send_at"),
            owner_id=pl.coalesce("acting_owner_id", "owner_id"),
            expected_value=pl.col("expected_value_cents").fill_null(0.0),
            cost=pl.col("cost_cents").fill_null(0.0),
            contact_price=pl.col("contact_price_cents").fill_null(0.0),
            net_value=pl.col("net_value_cents").fill_null(0.0),
            runner_up_net_value=pl.col("runner_up_net_value_cents"),
            model_version=pl.coalesce("model_version", "runner_up_model_version"),
            policy_version=pl.lit(context.policy_version),
            seed=pl.lit(context.seed),
        )
    )


def acting_contacts(contacts: pl.DataFrame, choices: NightChoices) -> pl.DataFrame:
    """The contacts that get an action, with its action_id and channel; sorted by contact_id."""
    chosen = pl.concat([contacts, _chosen(choices).select("action_id", "channel")], how="horizontal")
    return chosen.filter(pl.col("action_id").is_not_null())


def decision_ids(contact_ids: pl.Series, night: date) -> pl.Series:
    """A decision's id: the same night again gives the same ids."""
    ids = [hashlib.sha256(f"{night}|{contact_id}|0".encode()).hexdigest()[:32] for contact_id in contact_ids]
    return pl.Series("decision_id", ids, dtype=pl.String)


def _columns(**given: pl.Expr) -> dict[str, pl.Expr]:
    return {name: given.get(name, pl.col(name)).cast(data_type) for name, data_type in SCHEMA.items()}


def _chosen(choices: NightChoices) -> pl.DataFrame:
    """The chosen pair's and the runner-up's columns, one row per contact; null where there is none."""
    pair, runner_up_pair = choices.by_contact["pair"], choices.by_contact["runner_up"]
    chosen = choices.pairs.select(pl.col(OF_PAIR).gather(pair), acting_owner_id=pl.col("owner_id").gather(pair))
    runner_up = choices.pairs.select(
        **{f"runner_up_{name}": pl.col(name).gather(runner_up_pair) for name in OF_RUNNER_UP}
    )
    return pl.concat([chosen, runner_up], how="horizontal")


def _no_action_gate() -> pl.Expr:
    not_chosen = (
        pl.when(pl.col("arm").is_in(SILENT_ARMS))
        .then(pl.lit("arm"))
        .when(pl.col("count_pairs") > 0)
        .then(pl.col("gate"))
        .when(pl.col("has_eligible"))
        .then(pl.lit("no_score"))
        .otherwise(pl.coalesce("failed_gate", pl.lit("eligibility")))
    )
    return pl.when(pl.col("action_id").is_null()).then(not_chosen)
