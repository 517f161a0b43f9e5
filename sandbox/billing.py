"""Subscriptions and invoices of customers."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sandbox.accounts import NEVER
from sandbox.scene import Scene, constant, moment
from sandbox.seasons import SECONDS
from sandbox.seeds import scramble


def billing_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of billing: subscriptions that begin or end, invoices of the window."""
    state = scene.block.account_state
    rows = scene.block.accounts.with_columns(
        since=pl.Series(state.customer_since),
        churn=pl.Series(state.churn_day),
        row=pl.Series(np.arange(len(scene.block.accounts))),
    )
    customers = rows.filter(pl.col("since") < NEVER)
    yield "billing/subscription", _subscriptions(scene, customers)
    yield "billing/invoice", _invoices(scene, customers)


def _subscriptions(scene: Scene, customers: pl.DataFrame) -> pl.DataFrame:
    """The versions of the window: begun, and ended."""
    first = 0 if scene.is_first else scene.window.first_day
    begun = customers.filter(pl.col("since").is_between(first, scene.window.after_last, closed="left"))
    ended = customers.filter(pl.col("churn").is_between(first, scene.window.after_last, closed="left"))
    return pl.concat([_subscription_version(scene, begun, False), _subscription_version(scene, ended, True)])


def _subscription_version(scene: Scene, customers: pl.DataFrame, has_ended: bool) -> pl.DataFrame:
    size = len(customers)
    started, ended = moment(customers["since"] * SECONDS + 36_000), moment(customers["churn"] * SECONDS + 36_000)
    return pl.DataFrame(
        {
            "id": "sub_" + _numbers(customers["account_id"]),
            "customer_id": customer_ids(customers["account_id"]),
            "email": _billing_emails(scene, customers),
            "company": customers["name"],
            "plan": pl.Series(("team", "business", "enterprise")).gather(
                (customers["mrr_cents"] // 60_000).clip(0, 2).cast(pl.UInt32)
            ),
            "status": constant("canceled" if has_ended else "active", size),
            "mrr_cents": customers["mrr_cents"],
            "currency": constant("USD", size),
            "started_at": started,
            "ended_at": ended if has_ended else pl.Series([None] * size, dtype=pl.Datetime("us")),
            "updated_at": ended if has_ended else started,
            "emit_at": ended if has_ended else started,
        }
    )


def customer_ids(accounts: pl.Series) -> pl.Series:
    """Billing's ids of customers by account_id."""
    return "cus_" + _numbers(accounts)


def _numbers(accounts: pl.Series) -> pl.Series:
    return pl.Series(scramble(accounts.to_numpy(), 9)).cast(pl.String)


def has_shared_address(account_id: pl.Expr) -> pl.Expr:
    """Whether an account's invoices go to billing@ and not to a person."""
    return account_id % 5 < 2


def _billing_emails(scene: Scene, customers: pl.DataFrame) -> pl.Series:
    """Where the invoices go: a shared address, or the first person of the account."""
    payers = scene.block.people.unique("account", keep="first", maintain_order=True).select("account", "email")
    rows = customers.join(payers, left_on="row", right_on="account", how="left", maintain_order="left")
    shared = pl.concat_str(pl.lit("billing@"), "domain")
    chosen = pl.when(has_shared_address(pl.col("account_id"))).then(shared).otherwise("email")
    return rows.select(chosen.alias("email"))["email"]


def _invoices(scene: Scene, customers: pl.DataFrame) -> pl.DataFrame:
    """Monthly invoices, issued and then mostly paid."""
    since, churn = customers["since"].to_numpy(), customers["churn"].to_numpy()
    first = np.maximum(0, -((since - scene.window.first_day) // 30))
    count = np.maximum(0, -((since - scene.window.after_last) // 30) - first)
    row = np.repeat(np.arange(len(customers)), count)
    month = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    day = since[row] + 30 * month
    kept = (day >= scene.window.first_day) & (day < scene.window.after_last) & (day < churn[row])
    row, month, day = row[kept], month[kept], day[kept]
    payer = customers[row]
    number = _numbers(payer["account_id"])
    issued_at = day * SECONDS + 40_000
    paid_at = issued_at + scene.rng.integers(3_600, 20 * SECONDS, len(row))
    issued = pl.DataFrame(
        {
            "id": "in_" + number + "_" + pl.Series(month).cast(pl.String),
            "customer_id": customer_ids(payer["account_id"]),
            "subscription_id": "sub_" + number,
            "amount_cents": payer["mrr_cents"],
            "currency": constant("USD", len(row)),
            "status": constant("open", len(row)),
            "issued_at": moment(issued_at),
            "paid_at": pl.Series([None] * len(row), dtype=pl.Datetime("us")),
            "emit_at": moment(issued_at),
        }
    )
    paid = issued.with_columns(status=pl.lit("paid"), paid_at=moment(paid_at), emit_at=moment(paid_at))
    return pl.concat([issued, paid.filter(pl.Series(scene.rng.random(len(row)) < 0.95))])
