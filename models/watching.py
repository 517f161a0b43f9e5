"""What is found by watching the models: a figure, how it is judged, and in words what it means."""

from dataclasses import dataclass, replace
from typing import Literal

from models.came_true import Compared
from models.drift import FeatureDrift

Status = Literal["ok", "warn", "review", "stop"]
Check = Literal["drift", "calibration", "effect", "rate_ratio", "gini"]
STATUSES: tuple[Status, ...] = ("ok", "warn", "review", "stop")
ALL = "all"


@dataclass(frozen=True)
class Bounds:
    """From where on a figure is warned of, reviewed, or stops a model; None: never."""

    warn: float | None = None
    review: float | None = None
    stop: float | None = None

    def judge(self, figure: float) -> tuple[Status, float | None]:
        """The status of a figure that chance can't explain, and the bound it reached (else the next one)."""
        reached: tuple[Status, float | None] = ("ok", next((each for each in self._given() if each > figure), None))
        for status, bound in (("warn", self.warn), ("review", self.review), ("stop", self.stop)):
            if bound is not None and figure >= bound and figure > 0:
                reached = (status, bound)  # type: ignore[assignment]
        return reached

    def _given(self) -> list[float]:
        return [each for each in (self.warn, self.review, self.stop) if each is not None]


@dataclass(frozen=True)
class Watched:
    """Whose figure it is.

    Attributes:
        model: the registered model, or `decisions`.
        subject: the feature, goal, action or attribute.
        segment: `industry=Retail`, or `all`.
        goal_id, action_id: what waits for approval if it is to be reviewed; None: all of the model's.
    """

    model: str
    check: Check
    subject: str
    segment: str = ALL
    goal_id: str | None = None
    action_id: str | None = None


@dataclass(frozen=True)
class Finding:
    """A figure of the night. `value` is None where nothing can be told yet, and `detail` says why."""

    watched: Watched
    value: float | None
    threshold: float | None
    status: Status
    detail: str

    def __lt__(self, other: "Finding") -> bool:
        return self._place < other._place

    @property
    def _place(self) -> tuple[str, str, str, bool, str]:
        of = self.watched
        return of.model, of.check, of.subject, of.segment != ALL, of.segment


def not_known(watched: Watched, why: str) -> Finding:
    """Nothing can be told yet."""
    return Finding(watched, None, None, "ok", why)


def not_there(model: str, check: Check, name: str) -> Finding:
    """The policy wants something watched that there isn't."""
    said = "the policy watches it, but it is neither a feature nor a trait that anybody has"
    return Finding(Watched(model, check, name), None, None, "warn", said)


def drift_finding(watched: Watched, drift: FeatureDrift, bounds: Bounds) -> Finding:
    """A feature against the night of the training.

    What the decisions themselves moved, and all that counts touches, is told at most: the old rules no longer reach
    those left alone either, so that touches move everywhere once Nightjar takes over, and holding everything back for
    it would move them again.
    """
    judged = replace(bounds, review=None, stop=None) if drift.is_own_doing or drift.is_of_touches else bounds
    status, threshold = judged.judge(drift.beyond_noise)
    moved = f"{drift.label}: {_percent(drift.share_then)} then, {_percent(drift.share_now)} now"
    if drift.is_own_doing:
        moved += "; by what was done to them: those left alone have hardly moved"
    return Finding(watched, drift.psi, threshold, status, f"{moved} (chance alone: up to {drift.noise:.2f})")


def calibration_finding(watched: Watched, compared: Compared, bounds: Bounds) -> Finding:
    """Outcomes that came for each that was stated."""
    status, threshold = bounds.judge(_factor(compared))
    said = (
        f"stated {_percent(compared.stated)}, came {_percent(compared.came)} of {compared.count:,} choices"
        f" ({compared.outcomes:,.0f} outcomes)"
    )
    return Finding(watched, compared.value, threshold, status, said)


def effect_finding(watched: Watched, compared: Compared, bounds: Bounds) -> Finding:
    """The share of a stated effect that is missing."""
    status, threshold = bounds.judge(compared.value if compared.low > 0 else 0.0)
    said = (
        f"stated {100 * compared.stated:+.2f} points, measured {100 * compared.came:+.2f} points in {compared.count:,}"
        " randomised choices of it"
    )
    if compared.low >= 1 and compared.stated > 0:
        said += "; it harms"
    return Finding(watched, compared.value, threshold, status, said.replace("-", "−"))


def rate_ratio_finding(watched: Watched, compared: Compared, bounds: Bounds) -> Finding:
    """How many times as often a group gets an action as others."""
    status, threshold = bounds.judge(_factor(compared))
    said = (
        f"{_percent(compared.came)} of {compared.count:,} who may get it do, {_percent(compared.stated)} of all others"
    )
    return Finding(watched, compared.value, threshold, status, said)


def gini_finding(watched: Watched, compared: Compared, bounds: Bounds) -> Finding:
    """How strongly an action goes to high or low values of a number."""
    status, threshold = bounds.judge(0.0 if compared.low <= 0 <= compared.high else abs(compared.value))
    said = f"median {compared.came:g} of those who get it, {compared.stated:g} of those who don't"
    return Finding(watched, compared.value, threshold, status, said)


def _factor(compared: Compared) -> float:
    """The factor either way; 0 where 1 may be true as well."""
    return 0.0 if compared.low <= 1 <= compared.high else max(compared.value, 1 / max(compared.value, 1e-9))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share == 0 or share >= 0.01 else f"{100 * share:.2f} %"
