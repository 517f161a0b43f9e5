"""A million source records and ten million events: seconds and memory of a first night, and of one with 1 % change."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.identity.changes import write_changes
from benchmarks.identity.nights import NIGHT
from benchmarks.meter import Meter, StageUse
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings
from sandbox.market import create_market

PEOPLE, EVENTS_PER_PERSON = 460_000, 42.0
LAST_STAGE = "features"


@dataclass(frozen=True)
class ScaleNight:
    """What a night used until features. `stages` begins with raw, which the target leaves out."""

    night: str
    count_source_records: int
    count_events: int
    stages: dict[str, StageUse]

    @property
    def identity_to_features(self) -> StageUse:
        """All stages after raw."""
        uses = [use for stage, use in self.stages.items() if stage != "raw"]
        return StageUse(
            sum(use.wall_seconds for use in uses),
            sum(use.cpu_seconds for use in uses),
            max(use.peak_mb for use in self.stages.values()),
        )


def measure_scale(seed: int, people: int = PEOPLE, exports: Path | None = None) -> list[ScaleNight]:
    """The first night, and a second one with 1 % of the records changed and a day's events.

    Args:
        seed: of the market that is made.
        people: its size.
        exports: read these instead of making a market.

    Raises:
        RuntimeError: a night failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="nightjar-scale-", dir=exports.parent if exports else None))
    try:
        first, second, home = exports or folder / "exports", folder / "second", folder / "home"
        if exports is None:
            create_market(first, people, NIGHT, seed, EVENTS_PER_PERSON)
        nights = [_measure("first night", first, home, 0)]
        write_changes(home, first, second, NIGHT)
        return [*nights, _measure("1 % changed", second, home, 1)]
    finally:
        shutil.rmtree(folder)


def _measure(name: str, exports: Path, home: Path, days: int) -> ScaleNight:
    settings = Settings(home=home, exports=exports, run_date=NIGHT + timedelta(days=days))
    with Meter() as meter:
        result = run_night(settings, until=LAST_STAGE, on_progress=lambda piece: meter.mark(piece.stage))
        meter.mark("closing")
    if not result.success:
        raise RuntimeError(f"{name} failed: {result.failures}")
    warehouse = Warehouse(home=str(home))
    records = warehouse.query("select count(*) from identity.contact_id_map").item()
    events = warehouse.query(
        "select (select count(*) from raw.segment__pages) + (select count(*) from raw.segment__tracks)"
        " + (select count(*) from raw.hubspot__email_event) + (select count(*) from raw.salesforce__task)"
    ).item()
    return ScaleNight(name, records, events, meter.stages())
