import numpy as np
import pytest

from models.boosting import logit, sigmoid
from models.calibration import (
    BetaCalibrator,
    Calibrator,
    IsotonicCalibrator,
    LogisticCalibrator,
    calibrator_from_json,
    choose_calibrator,
    expected_calibration_error,
    fit_beta,
    fit_isotonic,
    fit_logistic,
)


def test_recovers_a_known_distortion() -> None:
    generator = np.random.default_rng(1)
    truth = sigmoid(generator.normal(-3, 1.2, 60_000))
    outcome = (generator.random(60_000) < truth).astype(float)
    distorted = sigmoid(1.5 + 0.6 * logit(truth))
    weight = np.ones(60_000)
    calibrator = fit_logistic(distorted, outcome, weight)
    calibrated = calibrator.apply(distorted)
    assert expected_calibration_error(calibrated, outcome) < 0.004
    assert expected_calibration_error(distorted, outcome) > 0.05
    assert np.abs(calibrated - truth).mean() < 0.003


def test_weights_undo_thinning() -> None:
    generator = np.random.default_rng(2)
    truth = sigmoid(generator.normal(-3, 1, 80_000))
    outcome = (generator.random(80_000) < truth).astype(float)
    kept = (outcome == 1) | (generator.random(80_000) < 0.1)
    weight = np.where(outcome == 1, 1.0, 10.0)[kept]
    calibrator = fit_logistic(truth[kept], outcome[kept], weight)
    assert abs(calibrator.intercept) < 0.15 and abs(calibrator.slope - 1) < 0.06


def test_a_model_worse_than_chance_predicts_the_base_rate() -> None:
    generator = np.random.default_rng(3)
    truth = sigmoid(generator.normal(-2, 1.5, 20_000))
    outcome = (generator.random(20_000) < truth).astype(float)
    calibrated = fit_logistic(1 - truth, outcome, np.ones(20_000)).apply(1 - truth)
    np.testing.assert_allclose(calibrated, outcome.mean(), rtol=1e-3)


def test_calibration_error_of_a_known_shift() -> None:
    stated = np.linspace(0.1, 0.5, 10_000)
    outcome = np.random.default_rng(4).random(10_000) < stated + 0.2
    assert abs(expected_calibration_error(stated, outcome) - 0.2) < 0.02


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities and outcomes."""
    generator = np.random.default_rng(seed)
    truth = sigmoid(generator.normal(-2, 1.2, count))
    return truth, (generator.random(count) < truth).astype(float)


def test_recovers_a_beta_curve() -> None:
    generator = np.random.default_rng(5)
    stated, curve = generator.beta(1, 3, 60_000), BetaCalibrator(-0.7, 0.6, 1.8)
    outcome = (generator.random(60_000) < curve.apply(stated)).astype(float)
    fitted = fit_beta(stated, outcome, np.ones(60_000))
    assert isinstance(fitted, BetaCalibrator)
    assert fitted.low == pytest.approx(0.6, abs=0.06) and fitted.high == pytest.approx(1.8, abs=0.15)
    assert np.abs(fitted.apply(stated) - curve.apply(stated)).mean() < 0.005


def test_isotonic_follows_steps_and_keeps_the_order() -> None:
    truth, outcome = drawn(60_000, 6)
    stated = np.where(truth > 0.15, truth**0.3, truth**3)
    curve = fit_isotonic(stated, outcome, np.ones(len(truth)))
    calibrated = curve.apply(np.sort(stated))
    assert (np.diff(calibrated) >= 0).all() and calibrated.min() > 0 and calibrated.max() < 1
    assert np.abs(curve.apply(stated) - truth).mean() < 0.01


@pytest.mark.parametrize(
    ("distort", "kinds"),
    [
        (lambda truth: sigmoid(0.5 + 0.7 * logit(truth)), {"logistic"}),
        (lambda truth: np.where(truth > 0.15, truth**0.3, truth**3), {"isotonic"}),
    ],
)
def test_the_simplest_curve_that_fits_is_chosen(distort, kinds: set[str]) -> None:
    truth, outcome = drawn(40_000, 7)
    units = np.arange(len(truth)) // 3
    assert choose_calibrator(distort(truth), outcome, np.ones(len(truth)), units, seed=1).kind in kinds


def test_few_outcomes_choose_the_logistic_curve() -> None:
    chosen = []
    for seed in range(12):
        truth, outcome = drawn(400, seed)
        chosen.append(choose_calibrator(truth, outcome, np.ones(400), np.arange(400), seed).kind)
    assert chosen.count("logistic") >= 9


@pytest.mark.parametrize(
    "calibrator",
    [LogisticCalibrator(0.1, 0.9), BetaCalibrator(0.1, 0.9, 1.1), IsotonicCalibrator((0.1, 0.3), (0.2, 0.4))],
)
def test_json_round_trip(calibrator: Calibrator) -> None:
    assert calibrator_from_json(calibrator.to_json()) == calibrator
