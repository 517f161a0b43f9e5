"""Lift recovers known effects, its intervals cover them, and it concludes nothing from what is too little."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from models.lift import MINIMUM_OUTCOMES, SCHEMA, ArmStatistics, compare, estimate_lift, srm_p_value

EFFECT, BASE = 0.15, 1.0
Sizes = Callable[[np.random.Generator, int], np.ndarray]
# What an outcome is worth, and its mean: always one; a reply or a meeting; long tails; now and then a deal.
SIZES: dict[str, tuple[Sizes, float]] = {
    "one": (lambda rng, n: np.ones(n), 1.0),
    "repeated": (lambda rng, n: 1.0 + rng.poisson(0.3, n), 1.3),
    "lognormal": (lambda rng, n: np.exp(rng.normal(0, 1, n)), float(np.exp(0.5))),
    "deals": (lambda rng, n: rng.choice([20.0, 200.0, 1500.0], n, p=[0.78, 0.2, 0.02]), 85.6),
}


def sums(y: np.ndarray, x: np.ndarray) -> ArmStatistics:
    return ArmStatistics(
        len(y), int((y > 0).sum()), y.max(), y.sum(), (y**2).sum(), x.sum(), (x**2).sum(), (x * y).sum()
    )


def simulate(rng: np.random.Generator, n: int, effect: float, correlation: float = 0.8) -> ArmStatistics:
    """Skewed outcomes with mean `BASE + effect` and a covariate from before."""
    x = rng.exponential(1.0, n)
    return sums(BASE + effect + correlation * (x - 1) + rng.exponential(0.5, n) - 0.5, x)


def rare(rng: np.random.Generator, n: int, rate: float, size: Sizes, before: bool) -> ArmStatistics:
    """Outcomes at a rate, of some size; before the assignment they came three times as often, or never."""
    y, x = (rng.random(n) < rate) * size(rng, n), (rng.random(n) < 3 * rate * before) * size(rng, n)
    return sums(y, x)


@pytest.mark.parametrize(("n", "reference_n"), [(1_200, 300), (250, 250)])
def test_intervals_of_common_outcomes_cover_at_their_nominal_rate(n, reference_n):
    rng, covered, covered_ratio, trials = np.random.default_rng(1), 0, 0, 2_000
    for _ in range(trials):
        found = compare(simulate(rng, n, EFFECT), simulate(rng, reference_n, 0.0))
        covered += found.low <= EFFECT <= found.high
        covered_ratio += found.relative_low <= EFFECT / BASE <= found.relative_high
    assert 0.94 <= covered / trials <= 0.965
    assert 0.94 <= covered_ratio / trials <= 0.97


@pytest.mark.parametrize("has_before", [False, True])
@pytest.mark.parametrize("rate", [0.002, 0.01, 0.02, 0.05])
@pytest.mark.parametrize("size", SIZES)
def test_intervals_of_rare_outcomes_cover_and_wrong_verdicts_are_rare(size, rate, has_before):
    (draw, _), trials = SIZES[size], 400
    rng, covered, concluded, measured = np.random.default_rng(2), 0, 0, 0
    for _ in range(trials):
        found = compare(rare(rng, 650, rate, draw, has_before), rare(rng, 100, rate, draw, has_before))
        if found.low is not None:
            measured += 1
            covered += found.low <= 0 <= found.high
        concluded += found.verdict in ("better", "worse")
    assert covered / measured >= 0.93
    assert concluded / trials <= 0.04


@pytest.mark.parametrize("size", SIZES)
def test_intervals_of_rare_outcomes_cover_an_effect(size):
    (draw, mean), rate, trials = SIZES[size], 0.05, 400
    rng, covered = np.random.default_rng(3), 0
    for _ in range(trials):
        found = compare(rare(rng, 650, 2 * rate, draw, True), rare(rng, 100, rate, draw, True))
        covered += found.low <= rate * mean <= found.high
    assert covered / trials >= 0.93


def test_a_large_effect_on_enough_outcomes_is_found():
    rng, better = np.random.default_rng(4), 0
    for _ in range(200):
        arms = (rare(rng, n, rate, SIZES["one"][0], True) for n, rate in ((2_600, 0.1), (400, 0.05)))
        better += compare(*arms).verdict == "better"
    assert better / 200 > 0.9


def test_p_values_are_uniform_without_an_effect():
    rng = np.random.default_rng(5)
    values = [compare(simulate(rng, 800, 0.0), simulate(rng, 400, 0.0)).p_value for _ in range(2_000)]
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.015)


def without_before(of: ArmStatistics) -> ArmStatistics:
    return ArmStatistics(of.n, of.count_units_with_outcome, of.max_y, of.sum_y, of.sum_y_squares, 0.0, 0.0, 0.0)


def test_the_covariate_narrows_the_interval_and_keeps_the_estimate_unbiased():
    rng, differences, adjusted, plain = np.random.default_rng(6), [], [], []
    for _ in range(500):
        arm, reference = simulate(rng, 300, EFFECT), simulate(rng, 300, 0.0)
        found = compare(arm, reference)
        without = compare(without_before(arm), without_before(reference))
        differences.append(found.difference)
        adjusted.append(found.high - found.low)
        plain.append(without.high - without.low)
    assert np.mean(differences) == pytest.approx(EFFECT, abs=0.01)
    assert np.mean(adjusted) < 0.7 * np.mean(plain)


@pytest.mark.parametrize("x", [np.zeros(300), np.full(300, 3.0), np.eye(1, 300).ravel()])
def test_a_covariate_that_says_nothing_changes_nothing(x):
    y = np.random.default_rng(7).poisson(0.2, 300).astype(float)
    arms = sums(y[:200], x[:200]), sums(y[200:], x[200:])
    assert compare(*arms) == compare(*map(without_before, arms))


def test_with_many_units_sufficient_statistics_give_what_the_raw_data_give():
    rng = np.random.default_rng(8)
    y, z = rng.normal(9, 1, 50_000), rng.normal(8, 1, 40_000)
    found = compare(sums(y, np.zeros(50_000)), sums(z, np.zeros(40_000)))
    error = np.sqrt(y.var(ddof=1) / 50_000 + z.var(ddof=1) / 40_000)
    assert found.difference == pytest.approx(y.mean() - z.mean())
    assert (found.high - found.low) / error == pytest.approx(2 * 1.96, rel=0.01)
    assert found.relative_lift == pytest.approx(y.mean() / z.mean() - 1)


def test_a_wrong_split_is_noticed_and_a_right_one_is_not():
    shares = {"model": 0.7, "random_control": 0.1, "business_as_usual": 0.1, "holdout": 0.1}
    right = {"model": 7000, "random_control": 1010, "business_as_usual": 990, "holdout": 1000}
    wrong = {"model": 7000, "random_control": 1300, "business_as_usual": 1000, "holdout": 700}
    assert srm_p_value(right, shares) > 0.5
    assert srm_p_value(wrong, shares) < 1e-6
    assert srm_p_value({"model": 50}, {"model": 1.0, "holdout": 0.0}) == 1.0
    assert srm_p_value({}, shares) == 1.0


def test_one_row_per_metric_and_pair_of_arms():
    rng = np.random.default_rng(9)
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


def test_an_arm_without_outcomes_is_not_certain_of_that():
    x = np.zeros(650)
    none, some = sums(x[:100], x[:100]), sums((np.arange(650) < 9).astype(float), x)
    found = compare(some, none)
    assert found.difference == pytest.approx(9 / 650)
    assert found.low < 0 < found.difference < found.high
    assert (found.verdict, found.relative_lift) == ("too few outcomes", None)


def test_one_large_outcome_is_not_many():
    y, x = np.zeros(200), np.zeros(200)
    y[:10], y[10] = 1.0, 1_000.0
    few = sums(y, x)
    assert few.effective_outcomes < 2 < MINIMUM_OUTCOMES < few.count_units_with_outcome
    assert compare(few, few).verdict == "too few outcomes"


def test_before_the_first_outcome_there_is_no_interval():
    nothing = ArmStatistics(10, 0, 0.0, 0.0, 0.0, 7.0, 9.0, 0.0)
    found = compare(nothing, nothing)
    assert (found.difference, found.verdict) == (0.0, "no outcomes yet")
    assert found.low is found.high is found.p_value is found.relative_lift is None
