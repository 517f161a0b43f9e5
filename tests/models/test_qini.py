import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.qini import qini_coefficient, qini_curve, qini_interval, uplift_slope


def trial(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, treatment and true uplift of a fair trial."""
    generator = np.random.default_rng(seed)
    uplift = generator.normal(0.02, 0.08, count)
    is_treated = generator.integers(0, 2, count).astype(float)
    rate = np.clip(0.2 + uplift * is_treated, 0, 1)
    return (generator.random(count) < rate).astype(float), is_treated, uplift


def test_by_hand() -> None:
    """Five people; figures from scikit-uplift's definition, computed by hand."""
    outcome, is_treated = np.array([1.0, 0, 1, 0, 1]), np.array([1.0, 0, 0, 1, 1])
    people, gain = qini_curve(outcome, np.array([0.9, 0.8, 0.7, 0.6, 0.5]), is_treated)
    np.testing.assert_allclose(people, [0, 1, 2, 3, 4, 5])
    np.testing.assert_allclose(gain, [0, 1, 1, 0.5, 0, 0.5])


def test_random_is_zero_and_ideal_is_one() -> None:
    outcome, is_treated, _ = trial(20_000, 5)
    ideal = outcome * is_treated - outcome * (1 - is_treated)
    assert qini_coefficient(outcome, ideal, is_treated) == pytest.approx(1.0)
    random = [qini_coefficient(outcome, np.random.default_rng(seed).random(20_000), is_treated) for seed in range(30)]
    assert abs(np.mean(random)) < 0.005
    assert qini_coefficient(outcome, np.zeros(20_000), is_treated) == pytest.approx(0.0, abs=1e-12)


def test_true_uplift_beats_its_reverse() -> None:
    outcome, is_treated, uplift = trial(40_000, 6)
    coefficient = qini_coefficient(outcome, uplift, is_treated)
    assert coefficient > 0.03
    assert qini_coefficient(outcome, -uplift, is_treated) < -0.03


@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_only_the_order_counts(seed: int, factor: float) -> None:
    outcome, is_treated, uplift = trial(200, seed)
    first = qini_coefficient(outcome, uplift, is_treated)
    assert qini_coefficient(outcome, factor * uplift + 3, is_treated) == pytest.approx(first)


def test_weights_equal_repeated_rows() -> None:
    outcome, is_treated, uplift = trial(500, 7)
    times = np.random.default_rng(0).integers(1, 4, 500)
    repeated = qini_coefficient(*(np.repeat(each, times) for each in (outcome, uplift, is_treated)))
    assert qini_coefficient(outcome, uplift, is_treated, times) == pytest.approx(repeated)


def test_interval_covers() -> None:
    outcome, is_treated, uplift = trial(400_000, 8)
    truth = qini_coefficient(outcome, uplift, is_treated)
    covered = 0
    for seed in range(60):
        sample = trial(1_500, 100 + seed)
        interval = qini_interval(sample[0], sample[2], sample[1], count_draws=100, seed=seed)
        covered += interval.lower <= truth <= interval.upper
    assert covered >= 50


def test_slope_tells_exaggeration() -> None:
    outcome, is_treated, uplift = trial(200_000, 9)
    slope, error = uplift_slope(outcome, 2 * uplift, is_treated, np.ones(200_000), np.arange(200_000))
    assert abs(slope - 0.5) < 3 * error < 0.15


def test_bad_input_is_refused() -> None:
    outcome, is_treated, uplift = trial(50, 10)
    with pytest.raises(ValueError, match="NaN"):
        qini_coefficient(outcome, np.full(50, np.nan), is_treated)
    with pytest.raises(ValueError, match="control"):
        qini_coefficient(outcome, uplift, np.ones(50))
    with pytest.raises(ValueError, match="same length"):
        qini_coefficient(outcome, uplift[:-1], is_treated)
