"""Lift between arms from sufficient statistics: CUPED-adjusted differences with intervals, and a check of the split.

CUPED (Deng, Xu, Kohavi, Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data") subtracts `theta * (x - mean of x)`, x being the same metric before the assignment. Intervals of
differences are Welch's; those of ratios use the delta method. SRM, the sample ratio mismatch: a chi-square test of
the arms' sizes against their shares.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from scipy import stats

from models.arms import ARMS

LEVEL = 0.95
SCHEMA = {
    "metric": pl.String, "arm": pl.String, "reference_arm": pl.String, "n": pl.Int64, "reference_n": pl.Int64,
    "mean": pl.Float64, "reference_mean": pl.Float64, "difference": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "p_value": pl.Float64, "relative_lift": pl.Float64, "relative_low": pl.Float64, "relative_high": pl.Float64,
    "srm_p_value": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class ArmStatistics:
    """Sums over the units of an arm: y is the metric, x the same before the assignment."""

    n: int
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

    def centred(self) -> tuple[float, float, float]:
        """Sums of squares and products around the means: yy, xx, xy."""
        return (
            max(self.sum_y_squares - self.n * self.mean_y**2, 0.0),
            max(self.sum_x_squares - self.n * self.mean_x**2, 0.0),
            self.sum_xy - self.n * self.mean_x * self.mean_y,
        )


@dataclass(frozen=True)
class Comparison:
    """An arm against a reference arm, per unit. Means are adjusted; the ratio is null where the reference isn't
    positive."""

    mean: float
    reference_mean: float
    difference: float
    low: float
    high: float
    p_value: float
    relative_lift: float | None
    relative_low: float | None
    relative_high: float | None


def estimate_lift(statistics: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """One row per metric and pair of arms with at least two units each, the columns of `SCHEMA`, sorted.

    Args:
        statistics: one row per arm and metric; n, sum_y, sum_y_squares, sum_x, sum_x_squares, sum_xy.
        shares: arm, share: what the split should be.
    """
    share_of = dict(shares.select("arm", "share").iter_rows())
    fields = list(ArmStatistics.__dataclass_fields__)
    rows = []
    for (metric,), group in statistics.sort("metric").group_by("metric", maintain_order=True):
        arms = {row["arm"]: ArmStatistics(**{name: row[name] for name in fields}) for row in group.to_dicts()}
        srm = srm_p_value({arm: of.n for arm, of in arms.items()}, share_of)
        for arm, reference in combinations([arm for arm in ARMS if arm in arms and arms[arm].n > 1], 2):
            found = compare(arms[arm], arms[reference])
            rows.append((metric, arm, reference, arms[arm].n, arms[reference].n, *vars(found).values(), srm))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("metric", "arm", "reference_arm")


def compare(arm: ArmStatistics, reference: ArmStatistics, level: float = LEVEL) -> Comparison:
    """Difference of the CUPED-adjusted means, and their ratio, with two-sided intervals. Both arms need two units."""
    theta = _theta(arm, reference)
    x_mean = (arm.sum_x + reference.sum_x) / (arm.n + reference.n)
    mean, variance = _adjusted(arm, theta, x_mean)
    base, base_variance = _adjusted(reference, theta, x_mean)
    difference, error = mean - base, float(np.sqrt(variance + base_variance))
    degrees = _welch_degrees(arm.n, variance, reference.n, base_variance)
    quantile = float(stats.t.ppf((1 + level) / 2, degrees))
    p_value = 1.0 if error == 0 else float(2 * stats.t.sf(abs(difference) / error, degrees))
    ratio: tuple[float | None, float | None, float | None] = (None, None, None)
    if base > 0:
        lift = difference / base
        lift_error = float(np.sqrt(variance + (mean / base) ** 2 * base_variance)) / base
        ratio = (lift, lift - quantile * lift_error, lift + quantile * lift_error)
    interval = (difference - quantile * error, difference + quantile * error)
    return Comparison(mean, base, difference, *interval, p_value, *ratio)


def srm_p_value(counts: dict[str, int], shares: dict[str, float]) -> float:
    """Probability of sizes as far from the shares as these, by chance; 1 when there is nothing to compare."""
    expected = {arm: share for arm, share in shares.items() if share > 0}
    total = sum(counts.get(arm, 0) for arm in expected)
    if total == 0 or len(expected) < 2:
        return 1.0
    scale = total / sum(expected.values())
    observed = [counts.get(arm, 0) for arm in expected]
    return float(stats.chisquare(observed, [share * scale for share in expected.values()]).pvalue)


def _theta(arm: ArmStatistics, reference: ArmStatistics) -> float:
    """The slope of y on x within the arms; 0 where x doesn't vary."""
    _, xx, xy = np.sum([arm.centred(), reference.centred()], axis=0)
    return float(xy / xx) if xx > 0 else 0.0


def _adjusted(of: ArmStatistics, theta: float, x_mean: float) -> tuple[float, float]:
    """Adjusted mean and the variance of that mean."""
    yy, xx, xy = of.centred()
    residual = max(yy - 2 * theta * xy + theta**2 * xx, 0.0) / (of.n - 1)
    return of.mean_y - theta * (of.mean_x - x_mean), residual / of.n


def _welch_degrees(n: int, variance: float, reference_n: int, reference_variance: float) -> float:
    """Welch-Satterthwaite degrees of freedom for variances of means."""
    total = (variance + reference_variance) ** 2
    parts = variance**2 / (n - 1) + reference_variance**2 / (reference_n - 1)
    return total / parts if parts > 0 else float(n + reference_n - 2)
