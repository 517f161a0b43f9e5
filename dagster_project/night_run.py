"""Runs the nightly job in this process, as the command line does. The Dagster page runs the very same job."""

import fcntl
import re
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.events import DagsterEventType

from dagster_project.commands.console import SPEAKING
from dagster_project.definitions import build_definitions
from dagster_project.settings import Settings
from dagster_project.stages import STAGES, stages_until

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ACTIVATED = dg.AssetKey(["activation", "published"])
DBT_PROGRESS = re.compile(r"\d+ of \d+ ERROR ")


class NightLockedError(RuntimeError):
    """Another night runs on the same home."""


@dataclass(frozen=True)
class StageFailure:
    """What failed: stage, asset or check, and what the error says."""

    stage: str
    asset: str
    message: str


@dataclass(frozen=True)
class NightResult:
    """How a night went. `seconds_by_stage` is wall time; `published` is the folder that platforms read.

    `remarks` say what in the exports wasn't read, was refused or is new to Nightjar, and what is amiss in the model
    store, one line each.
    """

    success: bool
    failures: list[StageFailure] = field(default_factory=list)
    seconds_by_stage: dict[str, float] = field(default_factory=dict)
    published: Path | None = None
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """One finished asset of the night. `is_last` when its stage has no more to do."""

    stage: str
    asset: str
    seconds: float
    is_last: bool


def run_night(
    settings: Settings, until: str | None = None, on_progress: Callable[[Progress], None] = lambda _: None
) -> NightResult:
    """Run one night.

    Args:
        settings: home, exports, policy and date of the night.
        until: the last stage to run; None runs all of them.
        on_progress: called after each asset, in order.

    Raises:
        NightLockedError: another night runs on the same home.
        ValueError: `until` is no stage.
    """
    stages = stages_until(until) if until else STAGES
    # Scores read what is allowed for whom, which belongs to a later stage: what a stage needs is made with it.
    selection = dg.AssetSelection.all() if stages == STAGES else dg.AssetSelection.groups(*stages).upstream()
    return run_part(settings, selection, on_progress)


def run_part(
    settings: Settings, selection: dg.AssetSelection, on_progress: Callable[[Progress], None] = lambda _: None
) -> NightResult:
    """Run some assets of a night; what they stand on is taken as it is in the home.

    Raises:
        NightLockedError: another night runs on the same home.
    """
    with lock_home(settings.home), _instance(settings.home) as instance, _output_to_log(settings):
        definitions = build_definitions(settings)
        graph = definitions.resolve_asset_graph()
        stage_of_asset = {key: graph.get(key).group_name for key in graph.materializable_asset_keys}
        wanted = selection.resolve(graph) & graph.materializable_asset_keys
        job = definitions.resolve_job_def("nightly")
        watch = _Watch({key: stage_of_asset[key] for key in wanted}, on_progress)
        run_id = str(uuid.uuid4())
        instance.add_event_listener(run_id, watch)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            asset_selection=None if wanted == graph.materializable_asset_keys else sorted(wanted),
            tags={"nightjar/run_date": str(settings.run_date)},
        )
    published = settings.home / "published" / str(settings.run_date)
    return NightResult(
        success=result.success,
        failures=watch.failures,
        seconds_by_stage=dict(watch.seconds),
        published=published if result.success and ACTIVATED in wanted and published.exists() else None,
        remarks=watch.remarks,
    )


class _Watch:
    """Listens to the run's events: which stage took how long, and what failed."""

    def __init__(self, stage_of_asset: dict[dg.AssetKey, str], on_progress: Callable[[Progress], None]) -> None:
        self.stage_of_asset = stage_of_asset
        self.on_progress = on_progress
        self.left = Counter(stage_of_asset.values())
        self.seconds: dict[str, float] = defaultdict(float)
        self.failures: list[StageFailure] = []
        self.remarks: list[str] = []
        self.last = time.monotonic()
        self.current_stage = STAGES[0]

    def __call__(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type == DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
            self._materialized(event.asset_key)
            self.remarks += _remarks(event.asset_key, event.step_materialization_data.materialization.metadata)
        elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            self._checked(event.asset_check_evaluation_data)
        elif event.event_type == DagsterEventType.STEP_FAILURE:
            self._failed(event)

    def _materialized(self, key: dg.AssetKey) -> None:
        now = time.monotonic()
        self.current_stage = self.stage_of_asset.get(key, self.current_stage)
        self.seconds[self.current_stage] += now - self.last
        self.left[self.current_stage] -= 1
        is_last = self.left[self.current_stage] == 0
        self.on_progress(Progress(self.current_stage, "/".join(key.path), now - self.last, is_last))
        self.last = now

    def _checked(self, check: Any) -> None:
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
            stage = self.stage_of_asset.get(check.asset_key, self.current_stage)
            asset = "/".join(check.asset_key.path)
            self.failures.append(StageFailure(stage, asset, f"check {check.check_name} failed{_details(check)}"))

    def _failed(self, event: Any) -> None:
        data = event.step_failure_data
        message = (data.user_failure_data.description if data.user_failure_data else None) or _innermost(data.error)
        self.failures.append(StageFailure(self.current_stage, str(event.step_key), _without_command(message)))


def _remarks(key: dg.AssetKey, metadata: Mapping[str, Any]) -> Iterator[str]:
    """What the user should know of what an object's files held, or of the model store, from the assets' metadata."""
    found = {name: value.value for name, value in metadata.items() if hasattr(value, "value")}
    if key.path[0] == "training":
        yield from found.get("remarks") or []
    if key.path[0] != "raw":
        return
    label = key.path[-1].replace("__", "/")
    yield from found.get("not_read") or []
    if found.get("new_columns"):
        yield f"{label}: new columns, kept but not used: {', '.join(found['new_columns'])}"
    if found.get("rows_rejected") and key.path[-1] != "rejected_rows":
        rows = "1 row" if found["rows_rejected"] == 1 else f"{found['rows_rejected']:,} rows"
        yield f"{label}: {rows} in quarantine; raw.rejected_rows has file, line and reason"


def _details(check: Any) -> str:
    said = [check.description] if check.description else []
    said += [f"{name}: {value.value}" for name, value in (check.metadata or {}).items() if "unexpected" in name.lower()]
    return f" ({'; '.join(said)})" if said else ""


def _innermost(error: Any) -> str:
    """The message of the error at the root of a chain, or of the first that says what to do; without the frames."""
    while error.cause and error.cls_name not in SPEAKING:
        error = error.cause
    return re.sub(r"^[\w.]+: ", "", error.message.strip())


def _without_command(message: str) -> str:
    """What dbt said, without colours, its progress, and the command line, which names every selected model."""
    said = COLOUR.sub("", message.partition("Errors parsed from dbt logs:")[2].strip() or message)
    lines = [line for line in said.splitlines() if not DBT_PROGRESS.match(line)]
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip() or said


@contextmanager
def _instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a home: `DAGSTER_HOME=<home>/dagster dagster dev` shows its runs."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text("telemetry:\n  enabled: false\nnux:\n  enabled: false\n")
    with _unflushed_log(), dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


@contextmanager
def _unflushed_log() -> Iterator[None]:
    """Dagster flushes each of a thousand events a night to disk; its log isn't the ledger and may lose a power cut."""

    def unflushed(connection: Any, _: object) -> None:
        connection.execute("pragma synchronous = off")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", unflushed)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", unflushed)


@contextmanager
def lock_home(home: Path) -> Iterator[None]:
    """Keep nights off a home.

    Raises:
        NightLockedError: one runs on it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "night.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NightLockedError(
                f"another night runs on {home}; wait for it to end, or use another --home"
            ) from error
        yield


@contextmanager
def _output_to_log(settings: Settings) -> Iterator[None]:
    """What dbt prints goes to `<home>/logs/<run_date>.log`; the command line shows progress instead."""
    log = settings.home / "logs" / f"{settings.run_date}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as handle, redirect_stdout(handle):
        yield
