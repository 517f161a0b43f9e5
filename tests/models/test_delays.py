import numpy as np
import pytest

from models.boosting import logit, sigmoid
from models.delays import LEAST_SHARE, count_delays, outcome_offsets

HORIZON = 14
# Mails are answered at once or not at all; what comes by itself comes on any day.
PATTERNS = {"mail": 0.5 ** np.arange(HORIZON), "none": np.ones(HORIZON)}
RATES = {"mail": 0.12, "none": 0.08}


def market(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choices of all ages up to 40 days: action, age, day of the outcome (-1: never), reached by tonight."""
    generator = np.random.default_rng(seed)
    action = generator.choice(["mail", "none"], count)
    age = generator.integers(0, 41, count)
    days = np.full(count, -1)
    for each, pattern in PATTERNS.items():
        rows = np.flatnonzero(action == each)
        reached = rows[generator.random(len(rows)) < RATES[each]]
        days[reached] = generator.choice(HORIZON, len(reached), p=pattern / pattern.sum())
    return action, age, days, (days >= 0) & (days < age)


def test_recovers_how_long_outcomes_take() -> None:
    action, age, days, _ = market(200_000, 1)
    known = (age >= HORIZON) & (days >= 0)
    delays = count_delays(days[known], action[known], np.ones(known.sum()), HORIZON)
    for each, pattern in PATTERNS.items():
        truth = np.concatenate([[0.0], np.cumsum(pattern / pattern.sum())])
        np.testing.assert_allclose(delays.shares(each), truth, atol=0.02)
    assert delays.shares()[delays.least_age] >= LEAST_SHARE > delays.shares()[delays.least_age - 1]


def test_rates_and_their_difference_are_not_biased_by_youth() -> None:
    """Over many markets, with few matured choices: without the offset the effect would come out far too large."""
    effects, naive = [], []
    for seed in range(30):
        action, age, days, reached = market(20_000, seed)
        known = (age >= HORIZON) & (age < 20) & (days >= 0)
        delays = count_delays(days[known], action[known], np.ones(known.sum()), HORIZON)
        is_used = (age >= delays.least_age) & (age < HORIZON)
        offset = outcome_offsets(delays, action[is_used], age[is_used], 0.1)
        rates = {}
        for each in PATTERNS:
            rows = action[is_used] == each
            rates[each] = fitted_rate(reached[is_used][rows], offset[rows])
        effects.append(rates["mail"] - rates["none"])
        naive.append(np.subtract(*[reached[is_used & (action == each)].mean() for each in PATTERNS]))
    error = np.std(effects) / np.sqrt(len(effects))
    assert abs(np.mean(effects) - 0.04) < 3 * error + 0.002
    assert np.mean(naive) > 0.045


def fitted_rate(reached: np.ndarray, offset: np.ndarray) -> float:
    """Maximum likelihood of one logit for all beyond the offset."""
    shift = -2.0
    for _ in range(50):
        expected = sigmoid(shift + offset)
        shift += (reached - expected).sum() / (expected * (1 - expected)).sum()
    return float(sigmoid(np.array(shift)))


def test_a_rare_action_has_the_delays_of_all() -> None:
    delays = count_delays(np.array([0, 6, 3]), np.array(["a", "a", "b"]), np.array([500.0, 500.0, 1.0]), 7)
    np.testing.assert_allclose(delays.shares("b"), delays.shares(), atol=0.1)
    np.testing.assert_array_equal(delays.shares("unknown"), delays.shares())


def test_offset_is_the_log_of_the_share_for_rare_outcomes_and_none_when_matured() -> None:
    delays = count_delays(np.array([0, 1, 2, 3]), np.repeat("a", 4), np.ones(4) * 1_000, 4)
    action, age = np.repeat("a", 3), np.array([2, 4, 90])
    np.testing.assert_allclose(outcome_offsets(delays, action, age, 1e-5), [np.log(0.5), 0, 0], atol=1e-4)
    exact = outcome_offsets(delays, action, age, 0.4)[0]
    assert sigmoid(logit(np.array(0.4)) + exact) == pytest.approx(0.2)


def test_without_an_outcome_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="need an outcome"):
        count_delays(np.array([], dtype=int), np.array([], dtype=str), np.array([]), 7).shares()
