"""What the report says, read from the warehouse. Each section knows what it means that it has no rows."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import duckdb

from dagster_project.reporting import queries

Row = TypeVar("Row")


@dataclass(frozen=True)
class Section(Generic[Row]):
    """Rows of one kind; without rows, `absence` says why."""

    rows: tuple[Row, ...]
    absence: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Night:
    """The night and the policy it ran under."""

    run_date: date
    previous_run_date: date | None
    policy_version: str


@dataclass(frozen=True)
class KeyFigure:
    """A count of the night; None when its table isn't there."""

    name: str
    count: int | None
    note: str


@dataclass(frozen=True)
class ActionChoice:
    """Contacts that got an action in an arm; money in cents, over all of them."""

    action: str
    action_id: str
    arm: str
    contacts: int
    sent: int
    expected_value_cents: float
    cost_cents: float


@dataclass(frozen=True)
class GateCount:
    """How many contacts an action could reach (gate `eligible`), or lost at a gate."""

    action: str
    gate: str
    contacts: int


@dataclass(frozen=True)
class NoActionCount:
    """Contacts without an action, by what stood in the way."""

    gate: str
    contacts: int


@dataclass(frozen=True)
class ReasonCount:
    """Contacts whose action has this reason."""

    reason: str
    contacts: int


@dataclass(frozen=True)
class LimitUse:
    """A limit of the night; `shadow_price_cents` is what one more unit would bring."""

    limit_id: str
    capacity: float
    used: float
    shadow_price_cents: float


@dataclass(frozen=True)
class GoalEvidence:
    """Where the propensities for a goal come from; `mean_propensity` is a probability."""

    goal: str
    goal_id: str
    horizon_days: int
    is_prior: bool
    model_version: str | None
    mean_propensity: float


@dataclass(frozen=True)
class ActionEvidence:
    """What an action is believed to change, in probability of its goal, over the contacts it is eligible for."""

    action: str
    action_id: str
    goal: str
    evidence: str
    contacts: int
    mean_uplift: float
    mean_standard_error: float | None
    mean_value_cents: float


@dataclass(frozen=True)
class ModelMetric:
    """One measured property of a model, such as auc, ece or qini."""

    model: str
    version: str
    metric: str
    value: float | None


@dataclass(frozen=True)
class Lift:
    """Difference of an arm to another in a metric per account, with its 95 % interval; values in cents for money."""

    metric: str
    name: str
    arm: str
    reference_arm: str
    n: int
    reference_n: int
    mean: float
    reference_mean: float
    difference: float
    low: float
    high: float
    p_value: float | None

    @property
    def is_money(self) -> bool:
        return self.metric.endswith("_cents")

    @property
    def is_distinguishable(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class ArmCount:
    """Accounts of an arm against the policy's share."""

    arm: str
    accounts: int
    share: float
    wanted_share: float


@dataclass(frozen=True)
class SourceHealth:
    """What an object of the exports has come to, all nights."""

    object: str
    rows: int
    deleted: int
    files: int
    rejected: int
    last_modified_at: datetime | None


@dataclass(frozen=True)
class Rejection:
    """Rows of an object that could not be taken, by column and reason."""

    object: str
    column: str | None
    reason: str
    rows: int


@dataclass(frozen=True)
class NewColumn:
    """A column that the catalogue doesn't know."""

    object: str
    column: str
    file: str | None


@dataclass(frozen=True)
class NightCount:
    """Decisions of an earlier or this night by arm and action (`none` for no action)."""

    run_date: date
    arm: str
    action: str
    contacts: int
    expected_value_cents: float


@dataclass(frozen=True)
class Sample:
    """One decision with its reasons. The person is masked: initials only."""

    person: str
    role: str
    stage: str | None
    arm: str
    action: str
    channel: str | None
    send_at: datetime | None
    goal: str | None
    propensity: float | None
    uplift: float | None
    expected_value_cents: float | None
    cost_cents: float | None
    action_probability: float | None
    runner_up: str | None
    reasons: tuple[str, ...]
    no_action_gate: str | None
    approval_status: str | None


@dataclass(frozen=True)
class Report:
    """Everything the page says about a night."""

    night: Night
    figures: tuple[KeyFigure, ...]
    choices: Section[ActionChoice]
    no_actions: Section[NoActionCount]
    gates: Section[GateCount]
    reasons: Section[ReasonCount]
    limits: Section[LimitUse]
    goals: Section[GoalEvidence]
    actions: Section[ActionEvidence]
    metrics: Section[ModelMetric]
    lifts: Section[Lift]
    arms: Section[ArmCount]
    sources: Section[SourceHealth]
    rejections: Section[Rejection]
    new_columns: Section[NewColumn]
    history: Section[NightCount]
    samples: Section[Sample]


def read_report(connection: duckdb.DuckDBPyConnection, run_date: date) -> Report:
    """The report of the night that the warehouse holds. A table that is missing becomes a sentence, never an error."""
    reader = _Reader(connection, run_date)
    night = reader.section(Night, queries.NIGHT)
    return Report(
        night=night.rows[0] if night else Night(run_date, None, "unknown"),
        figures=tuple(KeyFigure(q.name, reader.count(q.query), q.note) for q in queries.FIGURES),
        choices=reader.section(ActionChoice, queries.CHOICES),
        no_actions=reader.section(NoActionCount, queries.NO_ACTIONS),
        gates=reader.section(GateCount, queries.GATES),
        reasons=reader.section(ReasonCount, queries.REASONS),
        limits=reader.section(LimitUse, queries.LIMITS),
        goals=reader.section(GoalEvidence, queries.GOALS),
        actions=reader.section(ActionEvidence, queries.ACTIONS),
        metrics=reader.section(ModelMetric, queries.METRICS),
        lifts=reader.section(Lift, queries.LIFTS),
        arms=reader.section(ArmCount, queries.ARMS),
        sources=reader.section(SourceHealth, queries.SOURCES),
        rejections=reader.section(Rejection, queries.REJECTIONS),
        new_columns=reader.section(NewColumn, queries.NEW_COLUMNS),
        history=reader.section(NightCount, queries.HISTORY),
        samples=reader.section(Sample, queries.SAMPLES),
    )


@dataclass(frozen=True)
class _Reader:
    connection: duckdb.DuckDBPyConnection
    run_date: date

    def section(self, kind: type[Row], query: queries.Query) -> Section[Row]:
        found = self._fetch(query)
        if isinstance(found, str):
            return Section((), found)
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        rows = tuple(kind(**dict(zip(names, map(_plain, row), strict=True))) for row in found)
        return Section(rows, "" if rows else query.absence)

    def count(self, query: queries.Query) -> int | None:
        found = self._fetch(query)
        return None if isinstance(found, str) or found[0][0] is None else int(found[0][0])

    def _fetch(self, query: queries.Query) -> list[tuple[Any, ...]] | str:
        """The rows, or a sentence on why there are none to read."""
        missing = [table for table in query.tables if not self._has(table)]
        if missing:
            return f"{query.absence} (There is no table {missing[0]}.)"
        parameters = {"run_date": self.run_date} if "$run_date" in query.sql else None
        try:
            return self.connection.execute(query.sql, parameters).fetchall()
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            return f"{query.absence} (It can't be read: {str(error).splitlines()[0]}.)"

    def _has(self, table: str) -> bool:
        schema, _, name = table.partition(".")
        sql = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
        return bool(self.connection.execute(sql, [schema, name]).fetchall())


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
