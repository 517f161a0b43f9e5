"""`nightjar approve`: a person's verdict on decisions that wait for one."""

import getpass
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from dagster_project.commands.console import CommandError, out, print_frame, print_json
from dagster_project.commands.reading import existing_home

if TYPE_CHECKING:
    from dagster_project.resources.ledger import Ledger

APPROVALS = {
    "decision_id": pl.String,
    "run_date": pl.Date,
    "verdict": pl.String,
    "decided_by": pl.String,
    "decided_at": pl.Datetime("us"),
}
SHOWN = {"decision_id": "decision_id", "contact_id": "contact_id", "action_id": "action", "owner_id": "owner_id",
         "expected_value": "expected_value_cents", "send_at": "send_at",
         "reviewer": "reviewer", "why": "why"}  # fmt: skip


def approve(
    decision_ids: Annotated[list[str] | None, typer.Argument(metavar="[DECISION_ID]...", show_default=False)] = None,
    is_rejected: Annotated[bool, typer.Option("--reject", help="Reject instead of approving.")] = False,
    by: Annotated[str | None, typer.Option(help="Who decides; the user of this machine if left out.")] = None,
    home: Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the newest night's decisions that wait for approval; with ids, approve (or --reject) them.

    A verdict goes to the ledger and counts when that night is run again: `nightjar run` with its --date
    publishes it.
    """
    folder = existing_home(home)
    ledger = _ledger(folder)
    pending = pending_decisions(ledger)
    if decision_ids:
        verdict = "rejected" if is_rejected else "approved"
        nights = record_verdicts(ledger, pending, decision_ids, verdict, by or getpass.getuser())
        out.print(f"{len(set(decision_ids))} {verdict}. It counts when the night is run again:")
        for night in nights:
            out.print(f"  nightjar run --exports DIR --home {folder} --date {night}", markup=False)
    elif as_json:
        print_json(pending.to_dicts())
    else:
        told = with_why(pending)
        shown = told.select(pl.col(name).alias(title) for name, title in SHOWN.items() if name in told.columns)
        print_frame("Waiting for approval, the most valuable first", shown, empty="nothing waits for approval")
        if pending.height:
            out.print("\nApprove with: nightjar approve DECISION_ID...; who it is: nightjar explain CONTACT_ID")


def pending_decisions(ledger: "Ledger") -> pl.DataFrame:
    """One row per decision of the newest night that waits for a verdict; without columns before the first night."""
    nights = ledger.files("decisions")
    if not nights:
        return pl.DataFrame()
    decisions = pl.read_parquet(nights[-1], hive_partitioning=False)
    waiting = decisions.filter(pl.col("approval_status") == "pending", pl.col("action_id").is_not_null())
    if "expected_value" in waiting.columns:
        waiting = waiting.sort("expected_value", "decision_id", descending=[True, False], nulls_last=True)
    verdicts = ledger.read("approvals")
    return waiting if verdicts is None else waiting.join(verdicts, on="decision_id", how="anti", maintain_order="left")


def with_why(pending: pl.DataFrame) -> pl.DataFrame:
    """Add why, in words; a decision that only its action's mode holds back has no reason of its own."""
    if "review_reasons" not in pending.columns:
        return pending
    return pending.with_columns(
        why=pl.col("review_reasons").list.join("; ").fill_null(pl.format("the action is {}", "autonomy_mode"))
    )


def record_verdicts(
    ledger: "Ledger", pending: pl.DataFrame, decision_ids: Sequence[str], verdict: str, decided_by: str
) -> list[date]:
    """Append one verdict per decision to the ledger, under the night that made it; returns those nights.

    Raises:
        CommandError: a decision doesn't wait for approval; nothing is recorded then.
    """
    waiting = set(pending["decision_id"]) if pending.height else set()
    if unknown := sorted(set(decision_ids) - waiting):
        raise CommandError(
            f"{', '.join(unknown)}: no decision of the newest night with this id waits for approval. Nothing was "
            "recorded; `nightjar approve` without ids lists those that wait."
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    verdicts = pending.filter(pl.col("decision_id").is_in(list(decision_ids))).select(
        "decision_id", "run_date", verdict=pl.lit(verdict), decided_by=pl.lit(decided_by), decided_at=pl.lit(now)
    )
    nights = verdicts["run_date"].unique().sort().to_list()
    for night in nights:
        ledger.append("approvals", night, _with_earlier(ledger, night, verdicts.filter(pl.col("run_date") == night)))
    return nights


def _with_earlier(ledger: "Ledger", night: date, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The night's verdicts so far and the new ones: the last file of a night is the one that counts."""
    typed = verdicts.cast(APPROVALS)  # type: ignore[arg-type]
    earlier = ledger.read("approvals")
    if earlier is None:
        return typed
    return pl.concat([earlier.filter(pl.col("run_date") == night).cast(APPROVALS), typed])  # type: ignore[arg-type]


def _ledger(home: Path) -> "Ledger":
    from dagster_project.resources.ledger import Ledger  # noqa: PLC0415 - imports Dagster, which takes seconds

    return Ledger(home=str(home))
