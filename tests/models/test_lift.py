"""Lift recovers known effects, and its intervals cover them at their nominal rate."""

import numpy as np
import polars as pl
import pytest

from models.lift import SCHEMA, ArmStatistics, compare, estimate_lift, srm_p_value

EFFECT, BASE = 0.15, 1.0


def sums(y: np.ndarray, x: np.ndarray) -> ArmStatistics:
    return ArmStatistics(len(y), y.sum(), (y**2).sum(), x.sum(), (x**2).sum(), (x * y).sum())


def simulate(rng: np.random.Generator, n: int, effect: float, correlation: float = 0.8) -> ArmStatistics:
    """Skewed outcomes with mean `BASE + effect` and a covariate from before."""
    x = rng.exponential(1.0, n)
    return sums(BASE + effect + correlation * (x - 1) + rng.exponential(0.5, n) - 0.5, x)


@pytest.mark.parametrize(("n", "reference_n"), [(400, 100), (60, 60)])
def test_intervals_cover_at_their_nominal_rate(n, reference_n):
    rng, covered, covered_ratio, trials = np.random.default_rng(1), 0, 0, 2_000
    for _ in range(trials):
        found = compare(simulate(rng, n, EFFECT), simulate(rng, reference_n, 0.0))
        covered += found.low <= EFFECT <= found.high
        covered_ratio += found.relative_low <= EFFECT / BASE <= found.relative_high
    assert covered / trials == pytest.approx(0.95, abs=0.015)
    assert covered_ratio / trials == pytest.approx(0.95, abs=0.02)


def test_p_values_are_uniform_without_an_effect():
    rng = np.random.default_rng(2)
    values = [compare(simulate(rng, 200, 0.0), simulate(rng, 100, 0.0)).p_value for _ in range(2_000)]
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_the_covariate_narrows_the_interval_and_keeps_the_estimate_unbiased():
    rng, differences, adjusted, plain = np.random.default_rng(3), [], [], []
    for _ in range(500):
        arm, reference = simulate(rng, 300, EFFECT), simulate(rng, 300, 0.0)
        found = compare(arm, reference)
        without = compare(*(ArmStatistics(of.n, of.sum_y, of.sum_y_squares, 0.0, 0.0, 0.0) for of in (arm, reference)))
        differences.append(found.difference)
        adjusted.append(found.high - found.low)
        plain.append(without.high - without.low)
    assert np.mean(differences) == pytest.approx(EFFECT, abs=0.01)
    assert np.mean(adjusted) < 0.7 * np.mean(plain)


def test_sufficient_statistics_give_what_the_raw_data_give():
    rng = np.random.default_rng(4)
    y, z = rng.normal(2, 1, 50), rng.normal(1, 1, 40)
    found = compare(sums(y, np.zeros(50)), sums(z, np.zeros(40)))
    error = np.sqrt(y.var(ddof=1) / 50 + z.var(ddof=1) / 40)
    assert found.difference == pytest.approx(y.mean() - z.mean())
    assert (found.high - found.low) / error == pytest.approx(2 * 1.987, abs=0.01)


def test_a_wrong_split_is_noticed_and_a_right_one_is_not():
    shares = {"model": 0.7, "random_control": 0.1, "business_as_usual": 0.1, "holdout": 0.1}
    assert srm_p_value({"model": 7000, "random_control": 1010, "business_as_usual": 990, "holdout": 1000}, shares) > 0.5
    assert (
        srm_p_value({"model": 7000, "random_control": 1300, "business_as_usual": 1000, "holdout": 700}, shares) < 1e-6
    )
    assert srm_p_value({"model": 50}, {"model": 1.0, "holdout": 0.0}) == 1.0
    assert srm_p_value({}, shares) == 1.0


def test_one_row_per_metric_and_pair_of_arms():
    rng = np.random.default_rng(5)
    sizes = {"holdout": 50, "model": 300, "random_control": 1}
    rows = [
        {"arm": arm, "metric": metric} | vars(simulate(rng, n, 0.0))
        for metric in ("reply", "meeting")
        for arm, n in sizes.items()
    ]
    shares = pl.DataFrame({"arm": ["model", "holdout", "random_control"], "share": [0.8, 0.1, 0.1]})
    lift = estimate_lift(pl.DataFrame(rows), shares)
    assert dict(lift.schema) == SCHEMA
    assert lift.select("metric", "arm", "reference_arm").rows() == [
        ("meeting", "model", "holdout"), ("reply", "model", "holdout"),
    ]  # fmt: skip
    assert lift["srm_p_value"].max() < 0.01
    empty = estimate_lift(pl.DataFrame(rows).clear(), shares)
    assert len(empty) == 0
    assert dict(empty.schema) == SCHEMA


def test_arms_in_which_nothing_happened():
    nothing = ArmStatistics(10, 0.0, 0.0, 0.0, 0.0, 0.0)
    found = compare(nothing, nothing)
    assert (found.difference, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert found.relative_lift is None
