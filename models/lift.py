"""Lift between arms from sufficient statistics: CUPED-adjusted differences with intervals, and a check of the split.

CUPED (Deng, Xu, Kohavi, Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data") subtracts `theta * (x - mean of x)`, x being the same metric before the assignment. Intervals of
ratios use the delta method. SRM, the sample ratio mismatch: a chi-square test of the arms' sizes against their shares.

Outcomes are rare, so an arm without any has a variance of zero by its own numbers alone. As Agresti and Caffo (2000,
"Simple and effective confidence intervals for proportions and differences of proportions result from adding two
successes and two failures") do for proportions, each arm is taken with two more units: one without an outcome and one
with. That one moves the centre as the mean outcome would, and counts in the variance as the largest outcome seen in
either arm would, since it could have fallen into either. Where outcomes are common, intervals are Welch's.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import polars as pl
from scipy import stats

from models.arms import ARMS

LEVEL = 0.95
# Below this many (effective) units with an outcome in either arm, an interval is shown but nothing is concluded.
MINIMUM_OUTCOMES = 5
# From this many on in both arms, the arms' own variances speak for themselves.
COMMON_OUTCOMES = 100
# A slope on fewer (effective) units with an outcome before the assignment says more about chance than about them.
MINIMUM_OUTCOMES_BEFORE = 20
Verdict = Literal["better", "worse", "not told apart", "too few outcomes", "no outcomes yet"]
SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "metric": pl.String, "arm": pl.String, "reference_arm": pl.String, "n": pl.Int64, "reference_n": pl.Int64,
    "count_with_outcome": pl.Int64, "reference_count_with_outcome": pl.Int64,
    "mean": pl.Float64, "reference_mean": pl.Float64, "difference": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "p_value": pl.Float64, "relative_lift": pl.Float64, "relative_low": pl.Float64, "relative_high": pl.Float64,
    "verdict": pl.Enum(get_args(Verdict)), "srm_p_value": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class ArmStatistics:
    """Sums over the units of an arm: y is the metric (never negative), x the same before the assignment."""

    n: int
    count_units_with_outcome: int
    max_y: float
    sum_y: float
    sum_y_squares: float
    sum_x: float
    sum_x_squares: float
    sum_xy: float

    @property
    def mean_y(self) -> float:
        return self.sum_y / self.n

    @property
    def mean_x(self) -> float:
        return self.sum_x / self.n

    @property
    def effective_outcomes(self) -> float:
        """Units with an outcome, counted less where a few large outcomes make most of the sum (Kish)."""
        return self.sum_y**2 / self.sum_y_squares if self.sum_y_squares > 0 else 0.0

    def centred(self) -> tuple[float, float, float]:
        """Sums of squares and products around the means: yy, xx, xy."""
        return (
            max(self.sum_y_squares - self.n * self.mean_y**2, 0.0),
            max(self.sum_x_squares - self.n * self.mean_x**2, 0.0),
            self.sum_xy - self.n * self.mean_x * self.mean_y,
        )


@dataclass(frozen=True)
class Comparison:
    """An arm against a reference arm, per unit. Means are adjusted. Without any outcome there is no interval; without
    enough of them there is no ratio and nothing is concluded."""

    mean: float
    reference_mean: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    relative_lift: float | None
    relative_low: float | None
    relative_high: float | None
    verdict: Verdict


def estimate_lift(statistics: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """One row per metric and pair of arms with at least two units each, the columns of `SCHEMA`, sorted.

    Args:
        statistics: one row per arm and metric; the fields of `ArmStatistics`.
        shares: arm, share: what the split should be.
    """
    share_of = dict(shares.select("arm", "share").iter_rows())
    fields = list(ArmStatistics.__dataclass_fields__)
    rows = []
    for (metric,), group in statistics.sort("metric").group_by("metric", maintain_order=True):
        arms = {row["arm"]: ArmStatistics(**{name: row[name] for name in fields}) for row in group.to_dicts()}
        srm = srm_p_value({arm: of.n for arm, of in arms.items()}, share_of)
        for name, reference_name in combinations([arm for arm in ARMS if arm in arms and arms[arm].n > 1], 2):
            arm, reference = arms[name], arms[reference_name]
            counts = (arm.n, reference.n, arm.count_units_with_outcome, reference.count_units_with_outcome)
            rows.append((metric, name, reference_name, *counts, *vars(compare(arm, reference)).values(), srm))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("metric", "arm", "reference_arm")


def compare(arm: ArmStatistics, reference: ArmStatistics, level: float = LEVEL) -> Comparison:
    """Difference of the CUPED-adjusted means, and their ratio, with two-sided intervals. Both arms need two units."""
    if arm.sum_y == 0 and reference.sum_y == 0:
        return Comparison(0.0, 0.0, 0.0, None, None, None, None, None, None, "no outcomes yet")
    effective = min(arm.effective_outcomes, reference.effective_outcomes)
    is_enough = effective >= MINIMUM_OUTCOMES
    theta = _theta(arm, reference) if is_enough else 0.0
    x_mean = (arm.sum_x + reference.sum_x) / (arm.n + reference.n)
    one_more = _one_more(arm, reference) if effective < COMMON_OUTCOMES else None
    mean, centre, variance = _adjusted(arm, theta, x_mean, one_more)
    base, base_centre, base_variance = _adjusted(reference, theta, x_mean, one_more)
    error = float(np.sqrt(variance + base_variance))
    degrees = _welch_degrees(arm.n, variance, reference.n, base_variance)
    quantile = float(stats.t.ppf((1 + level) / 2, degrees))
    low, high = centre - base_centre - quantile * error, centre - base_centre + quantile * error
    p_value = float(2 * stats.t.sf(abs(centre - base_centre) / error, degrees))
    ratio: tuple[float | None, float | None, float | None] = (None, None, None)
    if is_enough and base > 0:
        lift = mean / base - 1
        lift_error = float(np.sqrt(variance + (mean / base) ** 2 * base_variance)) / base
        ratio = (lift, lift - quantile * lift_error, lift + quantile * lift_error)
    return Comparison(mean, base, mean - base, low, high, p_value, *ratio, _verdict(low, high, is_enough))


def srm_p_value(counts: dict[str, int], shares: dict[str, float]) -> float:
    """Probability of sizes as far from the shares as these, by chance; 1 when there is nothing to compare."""
    expected = {arm: share for arm, share in shares.items() if share > 0}
    total = sum(counts.get(arm, 0) for arm in expected)
    if total == 0 or len(expected) < 2:
        return 1.0
    scale = total / sum(expected.values())
    observed = [counts.get(arm, 0) for arm in expected]
    return float(stats.chisquare(observed, [share * scale for share in expected.values()]).pvalue)


def _verdict(low: float, high: float, is_enough: bool) -> Verdict:
    """What the interval allows to say."""
    if not is_enough:
        return "too few outcomes"
    return "better" if low > 0 else "worse" if high < 0 else "not told apart"


def _theta(arm: ArmStatistics, reference: ArmStatistics) -> float:
    """The slope of y on x within the arms; 0, no adjustment, where x hardly says anything."""
    squares = arm.sum_x_squares + reference.sum_x_squares
    effective = (arm.sum_x + reference.sum_x) ** 2 / squares if squares > 0 else 0.0
    _, xx, xy = np.sum([arm.centred(), reference.centred()], axis=0)
    return float(xy / xx) if xx > 0 and effective >= MINIMUM_OUTCOMES_BEFORE else 0.0


@dataclass(frozen=True)
class _OneMore:
    """An outcome that could as well have come: the mean one, and the largest."""

    mean: float
    largest: float


def _one_more(arm: ArmStatistics, reference: ArmStatistics) -> _OneMore:
    units = arm.count_units_with_outcome + reference.count_units_with_outcome
    return _OneMore((arm.sum_y + reference.sum_y) / units, max(arm.max_y, reference.max_y))


def _adjusted(of: ArmStatistics, theta: float, x_mean: float, one_more: _OneMore | None) -> tuple[float, float, float]:
    """Adjusted mean, and centre and variance for the interval: with two more units, which are like the arm in x."""
    yy, xx, xy = of.centred()
    residual = max(yy - 2 * theta * xy + theta**2 * xx, 0.0)
    shift = theta * (of.mean_x - x_mean)
    mean = of.mean_y - shift
    if one_more is None:
        return mean, mean, residual / (of.n - 1) / of.n
    n, largest = of.n + 2, one_more.largest
    # what two units with 0 and `largest` add to the sum of squares around the mean
    added = largest**2 + of.n * of.mean_y**2 - (of.sum_y + largest) ** 2 / n
    return mean, (of.sum_y + one_more.mean) / n - shift, (residual + added) / (n - 1) / n


def _welch_degrees(n: int, variance: float, reference_n: int, reference_variance: float) -> float:
    """Welch-Satterthwaite degrees of freedom for variances of means."""
    total = (variance + reference_variance) ** 2
    return total / (variance**2 / (n - 1) + reference_variance**2 / (reference_n - 1))
