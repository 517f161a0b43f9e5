"""The nightly job on a trial, and what it decided."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.learning.own.trial_exports import DECIDED_ON, write_policy
from benchmarks.learning.own.trial_table import TrialTable
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings


@dataclass(frozen=True)
class NightChoice:
    """What the night decided for the test part, in its order.

    Attributes:
        uplift: predicted effect of each action but none, [n × action]; NaN where the action wasn't scored.
        probability: with which each action, `none` first, is chosen, [n × action].
        effects: what the night knows of each action: evidence, counts, reason.
    """

    count_contacts: int
    uplift: np.ndarray
    probability: np.ndarray
    effects: pl.DataFrame


def decide(trial: TrialTable, folder: Path, share_acted: float = 1.0) -> NightChoice:
    """Run the night on the exports in `folder/exports` and read its choice.

    Raises:
        RuntimeError: the night failed.
    """
    policy, home = folder / f"policy_{share_acted:.0%}", folder / "home"
    write_policy(trial, policy, share_acted)
    result = run_night(Settings(home=home, exports=folder / "exports", policy=policy, run_date=DECIDED_ON))
    if not result.success:
        raise RuntimeError(f"the night failed: {result.failures}")
    return read_choice(Warehouse(home=str(home)), trial)


def read_choice(warehouse: Warehouse, trial: TrialTable) -> NightChoice:
    """The night's choice for each person of the test part."""
    ids = warehouse.query(
        "select source_id as id, contact_id from identity.contact_id_map where source || object = 'hubspotcontact'"
    )
    people = trial.test.select(pl.col("id").cast(pl.String)).join(
        ids, on="id", how="left", validate="1:1", maintain_order="left"
    )
    scores = warehouse.query("select contact_id, action_id, uplift from decisioning.action_scores")

    def of_people(rows: pl.DataFrame, column: str) -> pl.Series:
        return people.join(rows, on="contact_id", how="left", maintain_order="left", validate="1:1")[column]

    uplift = [
        of_people(scores.filter(pl.col("action_id") == action), "uplift").to_numpy() for action in trial.actions[1:]
    ]
    decisions = warehouse.query(
        "select contact_id, coalesce(action_id, 'none') as action from decisioning.next_best_action"
    )
    chosen = of_people(decisions, "action").fill_null(trial.actions[0])
    probability = np.column_stack([(chosen == action).to_numpy() for action in trial.actions]).astype(float)
    return NightChoice(
        warehouse.query("select count(*) as n from core.contacts").item(),
        np.column_stack(uplift),
        probability,
        warehouse.query("select * from decisioning.action_effects order by action_id"),
    )
