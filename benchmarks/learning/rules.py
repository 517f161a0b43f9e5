"""Study `rules`: what the old rules' logs of a simulated market say of each action, against its truth.

One market per seed: its history, one night until its life cycle, then the logs as the nightly job reads them. The truth
is what the action does on average to those whom a rule ever reached.
"""

import tempfile
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.learning.options import Options
from benchmarks.learning.printing import console, show_table
from dagster_project.history_effects import HistoryNight, as_trials
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import DEFAULT_POLICY_DIR, Settings
from models.history import learn_history
from policy.loading import load_policy
from sandbox.market import create_market
from sandbox.truth import Truth

NIGHT = date(2026, 3, 2)
CONTACTS = 20_000
FIRST_SEED = 7
COLUMNS = ["action, goal", "verdict", "plain difference", "estimate", "± error", "deviation", "truth", "reason"]
FIGURES = ("what", "verdict", "plain", "effect", "error", "deviation", "truth", "reason")


def run(options: Options) -> dict[str, object]:
    """Run, print, and return the effects by seed."""
    effects = {}
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows, seconds = _learn(Path(folder) / "home", Path(folder) / "exports", seed)
        effects[str(seed)] = rows
        shown: list[list[object]] = [[_told(row[name]) for name in FIGURES] for row in rows]
        show_table(f"Old rules' logs, market of seed {seed}, percentage points", COLUMNS, shown)
        console.print(f"{seconds:.0f} CPU-seconds to read and learn")
    used = [row for rows in effects.values() for row in rows if row["verdict"] == "used"]
    within = {
        by: sum(abs(row["effect"] - row["truth"]) <= 2 * row[by] for row in used) for by in ("error", "deviation")
    }
    console.print(f"used: {len(used)}; truth within two errors: {within['error']}, deviations: {within['deviation']}")
    return {"contacts": CONTACTS, "effects": effects, "count_used": len(used), "count_within_two": within}


def _learn(home: Path, exports: Path, seed: int) -> tuple[list[dict], float]:
    create_market(exports, CONTACTS, NIGHT, seed)
    night = run_night(Settings(home=home, exports=exports, run_date=NIGHT), until="lifecycle")
    if not night.success:
        raise RuntimeError(f"the night failed: {night.failures}")
    warehouse, started = Warehouse(home=str(home)), time.process_time()
    logs = HistoryNight(warehouse, load_policy(DEFAULT_POLICY_DIR), {}, NIGHT)
    truth = _truth(warehouse, exports)
    rows = []
    for action, goals in logs.wanted().items():
        trials = logs.read(action)
        for effect in learn_history(action, as_trials(trials, goals), logs.evidence, seed):
            sides = trials.group_by("is_treated").agg(pl.col(f"outcome of {effect.goal_id}").mean())
            without, reached = sides.sort("is_treated")[f"outcome of {effect.goal_id}"]
            known = {"plain": reached - without, "truth": truth[action][effect.goal_id]}
            rows.append({**asdict(effect), **known, "what": f"{action}, {effect.goal_id}"})
    return rows, time.process_time() - started


def _truth(warehouse: Warehouse, exports: Path) -> dict[str, dict[str, float]]:
    """By action, the mean effect on each goal among those whom a rule ever reached with it."""
    truth = Truth.load(exports)
    people = truth.records().select("source", "object", "source_id", "person_id").unique()
    contacts = warehouse.query("select contact_id, source, object, source_id from identity.contact_id_map")
    who = contacts.join(people, on=["source", "object", "source_id"]).unique(
        "contact_id", keep="first", maintain_order=True
    )
    reached = warehouse.query(
        "select distinct contact_id, action_id from core.touches where source = 'automation' and action_id is not null"
    )
    effects = reached.join(who, on="contact_id").join(truth.effects(), on=["person_id", "action_id"])
    means = effects.group_by("action_id").agg(pl.col("reply", "meeting", "opportunity", "win").mean())
    return {row.pop("action_id"): row for row in means.to_dicts()}


def _told(value: object) -> str:
    return "" if value is None else f"{100 * value:+.2f}" if isinstance(value, float) else str(value)
