"""What the report holds: frozen rows per section. Money is in cents, probabilities are between 0 and 1."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

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
