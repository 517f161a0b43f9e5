"""The last night under another policy, on a copy: nothing of the home changes.

What is known of contacts and the models in use stay as the night had them; who is allowed what, scores and choices are
made anew with the same draws. Where the other policy defines stages, consent or columns differently, those are rebuilt.
"""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from dagster_project.commands.console import CommandError
from dagster_project.commands.reading import open_warehouse
from dagster_project.night_run import lock_home, run_part
from dagster_project.settings import Settings
from models.simulation import NightOutcome
from policy.loading import load_policy

# Tables of the policy that say what facts mean; the others say what may be done and is wanted.
DEFINING = (
    "consent_validity", "lifecycle", "stages", "stage_conditions", "activity_points", "offerings", "offering_matches",
    "offering_roles", "buying_groups", "traits",
)  # fmt: skip
CHOICE = dg.AssetKey(["decisioning", "next_best_action"])
ARMS = dg.AssetKey(["decisioning", "arms"])
DECIDED = "select * from decisioning.next_best_action order by contact_id"
PRICES = "select * from decisioning.limit_prices order by limit_id"
GATES = """
    select action_id, coalesce(gate, 'allowed') as gate, count(*) as contacts from decisioning.eligible_actions
    group by all order by all"""


def read_outcome(home: Path) -> NightOutcome:
    """The last night of a home."""
    with open_warehouse(home) as warehouse:
        return NightOutcome(warehouse.rows(DECIDED), warehouse.rows(PRICES), warehouse.rows(GATES))


def simulate_night(home: Path, policy: Path, folder: Path) -> NightOutcome:
    """What another policy would have done on the home's last night.

    Args:
        home: of which nothing is changed.
        policy: folder of the other policy.
        folder: an empty folder for the copy.

    Raises:
        CommandError: the night can't be made under that policy.
    """
    with lock_home(home):
        night = _copy_home(home, folder)
    settings = replace(
        Settings.from_environment(), home=folder, exports=folder / "exports", policy=policy.resolve(), run_date=night
    )
    result = run_part(settings, _selection(folder, policy))
    if not result.success:
        told = "; ".join(f"{failure.stage} · {failure.asset}: {failure.message}" for failure in result.failures)
        raise CommandError(
            f"the night of {night} can't be made under the policy in {policy}: {told}. If Nightjar was updated since "
            "that night, or the policy asks for a goal or trait that the night didn't have, run a night first."
        )
    return read_outcome(folder)


def _copy_home(home: Path, folder: Path) -> date:
    """What deciding reads: the warehouse and the model store as copies, the ledger's files as links."""
    with open_warehouse(home) as warehouse:
        night: date = warehouse.rows("select run_date from raw.night").item()
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal", "mlflow.db"):
        if (home / name).exists():
            shutil.copy(home / name, folder / name)
    for name in ("mlartifacts", "published"):
        if (home / name).exists():
            (folder / name).symlink_to(home / name)
    for path in (home / "ledger").glob("*/*.parquet"):
        link = folder / path.relative_to(home)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return night


def _selection(folder: Path, policy: Path) -> dg.AssetSelection:
    """Policy, gates, scores and choice; and what lies between a changed definition and the choice."""
    tables = load_policy(policy).tables()
    raw = [dg.AssetKey(["raw", "night"]), *(dg.AssetKey(["raw", name]) for name in tables)]
    deciding: dg.AssetSelection = dg.AssetSelection.groups("scores", "decisions")
    changed = [f"policy_{name}" for name in DEFINING if _differs(folder, f"policy_{name}", tables[f"policy_{name}"])]
    if changed:
        defined = dg.AssetSelection.assets(*(dg.AssetKey(["raw", name]) for name in changed)).downstream()
        deciding |= defined - dg.AssetSelection.groups("training", "raw")
    # An account keeps its arm, whatever the shares.
    needed = deciding & dg.AssetSelection.assets(CHOICE).upstream() - dg.AssetSelection.assets(ARMS)
    return (needed | dg.AssetSelection.assets(*raw)).required_multi_asset_neighbors()


def _differs(folder: Path, name: str, table: pl.DataFrame) -> bool:
    with open_warehouse(folder) as warehouse:
        if not warehouse.has(f"raw.{name}"):
            return True
        before = warehouse.rows(f"select * from raw.{name}")
    return set(before.columns) != set(table.columns) or not before.select(table.columns).equals(table)
