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
    """A limit of the night, in units or in cents; `shadow_price_cents`: what one more unit, or dollar, would bring."""

    name: str
    is_money: bool
    capacity: float
    used: float
    shadow_price_cents: float


@dataclass(frozen=True)
class LimitCurvePoint:
    """What tonight would bring more (or less) with this share of a limit's capacity; all other limits as they are."""

    limit: str
    capacity_share: float
    gain_cents: float


@dataclass(frozen=True)
class LimitConflict:
    """Limits that can't hold together: the actions that the minimums among them ask for, and those possible."""

    limits: str
    wanted: int
    possible: int


@dataclass(frozen=True)
class GoalTarget:
    """How far a goal has come: times reached, what each night left must bring (null: none left), and the forecast.

    `pace` is reached, on pace, behind or missed.
    """

    goal: str
    pace: str
    reached: int
    target: int
    by: date
    needed_per_night: float | None
    expected_per_night: float
    forecast: float


@dataclass(frozen=True)
class SellerSpeed:
    """How soon sellers answered what a rule of speed-to-lead asks for; `judged`: answered or overdue."""

    rule: str
    hours: int
    events: int
    judged: int
    in_time: int
    median_hours: float | None


@dataclass(frozen=True)
class AbsentRep:
    """A rep of the policy who gets nothing tonight, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class ModeAdvice:
    """An action that deserves another mode by what a use was measured to bring beyond its cost, with its interval."""

    action: str
    mode: str
    advised_mode: str
    low_cents: float
    high_cents: float
    why: str


@dataclass(frozen=True)
class WaitingCount:
    """Decisions that wait for a person, by the reason."""

    reason: str
    contacts: int


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
    """What an action is believed to change, in probability of its goal, over the contacts it is eligible for.

    `count_exposures` are past choices of it with a known result, and what is needed before a model may speak.
    """

    action: str
    action_id: str
    goal: str
    evidence: str
    contacts: int
    mean_uplift: float
    mean_standard_error: float | None
    mean_value_cents: float
    prior_uplift: float | None
    count_exposures: int | None
    needed_exposures: int | None


@dataclass(frozen=True)
class ActionDriver:
    """What makes an action do more for some than for others; parts and mean size are changes of probability."""

    action: str
    goal: str
    text: str
    share: float
    mean_absolute: float
    most_part: float
    least_part: float


@dataclass(frozen=True)
class VariantEvidence:
    """What a variant of an action's content does: effect and its error are parts of the action's usual responses.

    Null responses: too few messages to be told; null share: drawn no more.
    """

    action: str
    slot: str
    variant: str
    messages: int
    response_rate: float | None
    effect: float
    effect_error: float
    share: float | None


@dataclass(frozen=True)
class ModelInUse:
    """A model of the night: which version speaks, why, on what it learnt, and how good it is; null where unmeasured."""

    model: str
    version: str
    status: str
    reason: str
    trained_on: date | None
    count_rows: int | None
    count_outcomes: int | None
    base_rate: float | None
    auc: float | None
    log_loss: float | None
    base_log_loss: float | None
    calibration_error: float | None
    qini: float | None


@dataclass(frozen=True)
class WatchFinding:
    """What watching the models found and isn't ok; `status` warn, review or stop, `since` the first night of it.

    `threshold` is the policy's bound that was reached; null where there is no figure.
    """

    status: str
    check: str
    model: str
    subject: str
    segment: str
    value: float | None
    threshold: float | None
    detail: str
    since: date


@dataclass(frozen=True)
class WatchCount:
    """How many figures of a check are watched, how many of them aren't ok, and how many can't be told yet."""

    check: str
    figures: int
    found: int
    untold: int


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
