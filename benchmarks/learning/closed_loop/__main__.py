"""Nights in a closed loop with a simulated market whose people change halfway.

    python -m benchmarks.learning.closed_loop [--nights 60] [--contacts 6000] [--seed 7]

Every night is the ordinary nightly job; then the people answer. Prints the share of the oracle's value that each ten
nights missed, with and without what exploration costs, beside whoever knew all that features tell, the policy's beliefs
without learning and a random choice, and how many nights after the shock the regret is back. Writes
benchmarks/results/closed_loop.json.
"""

import shutil
import tempfile
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.learning.closed_loop.regret import Worth, worth_of_night
from benchmarks.paths import write_result
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings
from policy.loading import load_policy
from sandbox.answers import answer_night
from sandbox.market import create_market
from sandbox.truth import Truth

POLICY = Path(__file__).with_name("policy")
START = date(2026, 3, 2)
TEN = 10
# Nights over which regret is averaged to tell whether it is back.
SMOOTHING = 5
console = Console(width=130)


def main(
    nights: Annotated[int, typer.Option(help="Nights to run.")] = 60,
    contacts: Annotated[int, typer.Option(help="People of the market.")] = 6000,
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 7,
    shock_after: Annotated[int, typer.Option(help="Nights before effects change.")] = 30,
    home: Annotated[Path | None, typer.Option(help="Keep the home here.")] = None,
) -> None:
    """Run the study and write its result."""
    folder = home or Path(tempfile.mkdtemp(prefix="nightjar-closed-loop-"))
    exports = folder / "exports"
    try:
        create_market(exports, contacts, START, seed, shock_on=START + timedelta(days=shock_after))
        worths = [live_a_night(folder, exports, START + timedelta(days=night), seed) for night in range(nights)]
    finally:
        if home is None:
            shutil.rmtree(folder)
    blocks = [worths[start : start + TEN] for start in range(0, nights, TEN)]
    console.print(table(blocks))
    recovered = nights_to_recover([worth.regret_of_scores for worth in worths], shock_after)
    if shock_after < nights:
        said = f"{recovered} nights" if recovered is not None else "not within the study"
        console.print(f"back at the regret of before the change of effects after: {said}")
    result = {
        "contacts": contacts, "seed": seed, "shock_after": shock_after, "nights_to_recover": recovered,
        "regret_by_ten_nights": [1 - sum(w.learnt for w in block) / sum(w.oracle for w in block) for block in blocks],
        "nights": [{**asdict(worth), "night": worth.night.isoformat(), "regret": worth.regret} for worth in worths],
    }  # fmt: skip
    console.print(f"written: {write_result('closed_loop', result)}")


def live_a_night(home: Path, exports: Path, night: date, seed: int) -> Worth:
    """Run a night, judge it, and let people answer.

    Raises:
        RuntimeError: the night failed.
    """
    result = run_night(Settings(home=home, exports=exports, policy=POLICY, run_date=night))
    if not result.success:
        raise RuntimeError(f"the night of {night} failed: {result.failures}")
    worth = worth_of_night(Warehouse(home=str(home)), Truth.load(exports), load_policy(POLICY), night, seed)
    answer_night(exports, home, night)
    console.print(
        f"{night}  regret {worth.regret:6.1%}   without exploring {worth.regret_of_scores:6.1%}   "
        f"of beliefs alone {worth.regret_of_beliefs:6.1%}   "
        f"by a model {worth.share_modelled:4.0%}" + (f"   {worth.held:,} wait for a person" if worth.held else "")
    )
    return worth


def nights_to_recover(regrets: list[float], shock_after: int) -> int | None:
    """Nights after the shock until the mean regret of some nights is no more than before it; None: not reached."""
    if not 0 < shock_after < len(regrets):
        return None
    before = np.mean(regrets[max(shock_after - TEN, 0) : shock_after])
    for night in range(shock_after + SMOOTHING, len(regrets) + 1):
        if np.mean(regrets[night - SMOOTHING : night]) <= before:
            return night - shock_after
    return None


def table(blocks: list[list[Worth]]) -> Table:
    """Regret by ten nights."""
    drawn = Table(title="Share of the oracle's value that was missed")
    for column in (
        "nights",
        "Nightjar",
        "without exploring",
        "knowing what features tell",
        "beliefs, no learning",
        "random",
        "by a model",
    ):
        drawn.add_column(column, justify="left" if column == "nights" else "right")
    for number, block in enumerate(blocks):
        oracle = sum(worth.oracle for worth in block)
        missed = [
            1 - sum(values) / oracle
            for values in zip(*((w.nightjar, w.learnt, w.seen, w.beliefs, w.chance) for w in block), strict=True)
        ]
        drawn.add_row(
            f"{number * TEN + 1} to {number * TEN + len(block)}",
            *(f"{each:.1%}" for each in missed),
            f"{np.mean([worth.share_modelled for worth in block]):.0%}",
        )
    return drawn


if __name__ == "__main__":
    typer.run(main)
