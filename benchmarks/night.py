"""One night at several sizes, first night and second: wall and CPU seconds and peak memory per stage.

    python -m benchmarks.night [--contacts 20000 --contacts 200000] [--events-per-contact 15]

Prints a table per size and writes benchmarks/results/night.json. The simulated market that feeds it isn't timed.
"""

import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.meter import Meter, StageUse
from benchmarks.paths import write_result
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings
from sandbox.answers import answer_night
from sandbox.market import create_market

FIRST_NIGHT = date(2026, 3, 2)
console = Console()


@dataclass(frozen=True)
class NightUse:
    """What one night used, by stage, and what it worked on."""

    contacts: int
    night: int
    count_source_records: int
    count_events: int
    stages: dict[str, StageUse]

    @property
    def total(self) -> StageUse:
        uses = self.stages.values()
        return StageUse(
            sum(use.wall_seconds for use in uses),
            sum(use.cpu_seconds for use in uses),
            max(use.peak_mb for use in uses),
        )


def main(
    contacts: Annotated[list[int] | None, typer.Option(help="Size of the market; give it several times.")] = None,
    events_per_contact: Annotated[float, typer.Option(help="Events of history for each contact.")] = 15,
    seed: int = 7,
) -> None:
    """Run the study and write its result."""
    uses = [use for size in contacts or [20_000, 200_000] for use in measure(size, events_per_contact, seed)]
    result = [{**asdict(use), "total": asdict(use.total)} for use in uses]
    console.print(f"written: {write_result('night', result)}")


def measure(contacts: int, events_per_contact: float, seed: int) -> list[NightUse]:
    """The first and the second night of a fresh market."""
    folder = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    exports, home = folder / "exports", folder / "home"
    try:
        console.print(f"making a market of {contacts:,} contacts")
        create_market(exports, contacts, FIRST_NIGHT, seed, events_per_contact=events_per_contact)
        uses = []
        for number in (1, 2):
            night = FIRST_NIGHT + timedelta(days=number - 1)
            uses.append(measure_night(exports, home, night, contacts, number))
            show(uses[-1])
            answer_night(exports, home, night)
        return uses
    finally:
        shutil.rmtree(folder)


def measure_night(exports: Path, home: Path, night: date, contacts: int, number: int) -> NightUse:
    """Run one night under the meter.

    Raises:
        RuntimeError: the night failed.
    """
    with Meter() as meter:
        result = run_night(
            Settings(home=home, exports=exports, run_date=night), on_progress=lambda piece: meter.mark(piece.stage)
        )
        meter.mark("closing")
    if not result.success:
        raise RuntimeError(f"the night of {night} failed: {result.failures}")
    warehouse = Warehouse(home=str(home))
    records = warehouse.query("select count(*) from identity.contact_id_map").item()
    events = warehouse.query(
        "select (select count(*) from raw.segment__pages) + (select count(*) from raw.segment__tracks)"
        " + (select count(*) from raw.hubspot__email_event)"
    ).item()
    return NightUse(contacts, number, records, events, meter.stages())


def show(use: NightUse) -> None:
    """Print one night's table."""
    table = Table(
        title=f"{use.contacts:,} contacts, {use.count_source_records:,} source records, "
        f"{use.count_events:,} events, night {use.night}"
    )
    for column in ("stage", "wall s", "CPU s", "peak MB"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage, part in {**use.stages, "total": use.total}.items():
        table.add_row(stage, f"{part.wall_seconds:.1f}", f"{part.cpu_seconds:.1f}", f"{part.peak_mb:,.0f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
