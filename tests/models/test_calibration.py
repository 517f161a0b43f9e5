import numpy as np

from models.boosting import logit, sigmoid
from models.calibration import LogisticCalibrator, expected_calibration_error, fit_calibrator


def test_recovers_a_known_distortion() -> None:
    generator = np.random.default_rng(1)
    truth = sigmoid(generator.normal(-3, 1.2, 60_000))
    outcome = (generator.random(60_000) < truth).astype(float)
    distorted = sigmoid(1.5 + 0.6 * logit(truth))
    weight = np.ones(60_000)
    calibrator = fit_calibrator(distorted, outcome, weight)
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
    calibrator = fit_calibrator(truth[kept], outcome[kept], weight)
    assert abs(calibrator.intercept) < 0.15 and abs(calibrator.slope - 1) < 0.06


def test_a_model_worse_than_chance_predicts_the_base_rate() -> None:
    generator = np.random.default_rng(3)
    truth = sigmoid(generator.normal(-2, 1.5, 20_000))
    outcome = (generator.random(20_000) < truth).astype(float)
    calibrated = fit_calibrator(1 - truth, outcome, np.ones(20_000)).apply(1 - truth)
    np.testing.assert_allclose(calibrated, outcome.mean(), rtol=1e-3)


def test_calibration_error_of_a_known_shift() -> None:
    stated = np.linspace(0.1, 0.5, 10_000)
    outcome = np.random.default_rng(4).random(10_000) < stated + 0.2
    assert abs(expected_calibration_error(stated, outcome) - 0.2) < 0.02


def test_json_round_trip() -> None:
    calibrator = LogisticCalibrator(0.1, 0.9)
    assert LogisticCalibrator.from_json(calibrator.to_json()) == calibrator
