"""The nights a home has seen, from its Dagster instance: whether the command line or the page ran them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg

STAGE_OF_SCHEMA = {"core": "identity", "decisioning": "decisions"}
STAGE_OF_TABLE = {"contact_scores": "scores", "action_scores": "scores"}


@dataclass(frozen=True)
class NightRun:
    """One run of the nightly job. `result`: done, done in part, failed, running or stopped; seconds are wall time."""

    run_date: str | None
    result: str
    started_at: datetime | None
    seconds: float | None
    seconds_by_stage: dict[str, float] = field(default_factory=dict)


def last_nights(home: Path, count: int) -> list[NightRun]:
    """The newest runs of the nightly job, newest first; empty before the first."""
    folder = home / "dagster"
    if not (folder / "dagster.yaml").exists():
        return []
    import dagster as dg  # noqa: PLC0415 - takes seconds to import

    with dg.DagsterInstance.from_config(str(folder)) as instance:
        records = instance.get_run_records(dg.RunsFilter(job_name="nightly"), limit=count)
        return [_night(instance, record, is_newest=record is records[0]) for record in records]


def _night(instance: "dg.DagsterInstance", record: "dg.RunRecord", is_newest: bool) -> NightRun:
    run, start, end = record.dagster_run, record.start_time, record.end_time
    done = "done in part" if run.asset_selection else "done"
    return NightRun(
        run_date=_run_date(run),
        result={"SUCCESS": done, "FAILURE": "failed", "CANCELED": "stopped"}.get(run.status.value, "running"),
        started_at=datetime.fromtimestamp(start, UTC).replace(tzinfo=None) if start else None,
        seconds=end - start if start and end else None,
        seconds_by_stage=_seconds_by_stage(instance, run.run_id, start) if is_newest and start else {},
    )


def _run_date(run: "dg.DagsterRun") -> str | None:
    """The night of a run: the command line tags it, the page has it in the run's configuration."""
    config: Any = run.run_config
    configured = config.get("resources", {}).get("night", {}).get("config", {}).get("run_date")
    return run.tags.get("nightjar/run_date") or configured


def _seconds_by_stage(instance: "dg.DagsterInstance", run_id: str, start: float) -> dict[str, float]:
    """Wall time until each table of the stage was there, counted from the table before it."""
    import dagster as dg  # noqa: PLC0415

    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    seconds: dict[str, float] = defaultdict(float)
    last = start
    for path, at in _materialized(entries):
        seconds[_stage(path)] += at - last
        last = at
    return dict(seconds)


def _materialized(entries: "Iterable[dg.EventLogEntry]") -> list[tuple[tuple[str, ...], float]]:
    return [
        (tuple(entry.dagster_event.asset_key.path), entry.timestamp)
        for entry in entries
        if entry.dagster_event and entry.dagster_event.asset_key
    ]


def _stage(path: tuple[str, ...]) -> str:
    return STAGE_OF_TABLE.get(path[-1], STAGE_OF_SCHEMA.get(path[0], path[0]))
