"""What the report holds: frozen rows per section. Money is in cents, probabilities are between 0 and 1."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from dagster_project.reporting.deciding_contents import (
    AbsentRep,
    ActionChoice,
    GateCount,
    GoalTarget,
    LimitConflict,
    LimitCurvePoint,
    LimitUse,
    ModeAdvice,
    NoActionCount,
    ReasonCount,
    SellerSpeed,
    WaitingCount,
)
from dagster_project.reporting.learning_contents import (
    ActionDriver,
    ActionEvidence,
    GoalEvidence,
    ModelInUse,
    VariantEvidence,
    WatchCount,
    WatchFinding,
)

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
class Lift:
    """Difference of an arm to another in a metric per account, with its 95 % interval; values in cents for money.

    `verdict` is `models.lift.Verdict`.
    """

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
    verdict: str

    @property
    def is_money(self) -> bool:
        return self.metric.endswith("_cents")


@dataclass(frozen=True)
class SilentMetric:
    """A metric without any outcome in any arm."""

    name: str


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
    rejected: int
    last_file_at: datetime | None


@dataclass(frozen=True)
class MissingObject:
    """An object of which nothing was exported."""

    object: str


@dataclass(frozen=True)
class BrokenReference:
    """A value of a key that points to no record, and the rows that carry it."""

    object: str
    column: str
    value: str
    rows: int


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
    curves: Section[LimitCurvePoint]
    conflicts: Section[LimitConflict]
    targets: Section[GoalTarget]
    speed: Section[SellerSpeed]
    absent_reps: Section[AbsentRep]
    advice: Section[ModeAdvice]
    waiting: Section[WaitingCount]
    goals: Section[GoalEvidence]
    actions: Section[ActionEvidence]
    drivers: Section[ActionDriver]
    variants: Section[VariantEvidence]
    models: Section[ModelInUse]
    findings: Section[WatchFinding]
    watched: Section[WatchCount]
    lifts: Section[Lift]
    silent_metrics: Section[SilentMetric]
    arms: Section[ArmCount]
    sources: Section[SourceHealth]
    missing: Section[MissingObject]
    broken: Section[BrokenReference]
    rejections: Section[Rejection]
    new_columns: Section[NewColumn]
    history: Section[NightCount]
    samples: Section[Sample]
