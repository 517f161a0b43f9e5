import dataclasses
from datetime import date

import numpy as np
import polars as pl
import pytest

from models.boosting import sigmoid
from models.calibration import expected_calibration_error, row_log_loss
from models.propensity import PropensityModel, prior_propensity, train_propensity


def labels(count: int = 12_000, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Labelled rows on three snapshots, accounts of four, and the true probability of each row."""
    generator = np.random.default_rng(seed)
    columns = {f"x{each}": generator.normal(size=count) for each in range(8)}
    industry = generator.choice(["retail", "steel"], count)
    truth = sigmoid(-3.2 + columns["x0"] - 0.8 * columns["x1"] * (columns["x2"] > 0) + 0.5 * (industry == "steel"))
    frame = pl.DataFrame(
        {
            "contact_id": [f"c{each:06d}" for each in range(count)],
            "unit_id": [f"a{each // 4:06d}" for each in range(count)],
            "as_of_date": generator.choice([date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)], count).tolist(),
            "is_reached": (generator.random(count) < truth).astype(int),
            "sample_weight": np.ones(count),
            "industry": industry,
            **columns,
        }
    )
    return frame, truth


def test_recovers_probabilities() -> None:
    model, held_out = train_propensity("reply", labels()[0], (), 25, seed=1)
    fresh, truth = labels(seed=2)
    predicted = model.predict(model.encoder.encode(fresh))
    assert np.corrcoef(predicted, truth)[0, 1] > 0.9
    assert expected_calibration_error(predicted, truth) < 0.012
    assert model.metrics.log_loss < model.metrics.base_log_loss
    assert 0.68 < model.metrics.auc < 0.85
    fresh_loss = row_log_loss(fresh["is_reached"].to_numpy(), predicted).mean()
    assert abs(model.metrics.log_loss - fresh_loss) < 0.02
    newest = labels()[0]["as_of_date"].to_numpy()[held_out.index]
    assert len(set(newest)) == 1, "measured on the newest snapshot only"


def test_thinned_rows_give_the_same_level() -> None:
    frame, truth = labels()
    kept = frame.filter((pl.col("is_reached") == 1) | (pl.int_range(pl.len()) % 5 == 0))
    thinned = kept.with_columns(sample_weight=pl.when(pl.col("is_reached") == 1).then(1.0).otherwise(5.0))
    model, _ = train_propensity("reply", thinned, (), 25, seed=1)
    assert model.predict(model.encoder.encode(frame)).mean() == pytest.approx(truth.mean(), rel=0.1)


def test_noise_predicts_the_base_rate() -> None:
    frame = labels()[0].with_columns(pl.col("is_reached").shuffle(seed=3))
    model, _ = train_propensity("reply", frame, (), 25, seed=1)
    predicted = model.predict(model.encoder.encode(frame))
    assert predicted.std() < 0.35 * predicted.mean()


def test_same_seed_same_bytes_and_files_round_trip() -> None:
    frame = labels(4_000)[0]
    original, again = (train_propensity("reply", frame, (), 25, seed=7)[0] for _ in range(2))
    files = again.to_files()
    assert files == original.to_files()
    model = PropensityModel.from_files(files)
    encoded = model.encoder.encode(frame)
    np.testing.assert_array_equal(model.predict(encoded), original.predict(encoded))
    assert model.metrics == original.metrics


def test_files_of_two_models_do_not_mix() -> None:
    frame = labels(4_000)[0]
    files = train_propensity("reply", frame, (), 25, seed=7)[0].to_files()
    other = train_propensity("reply", frame.drop("x3"), (), 25, seed=7)[0].to_files()
    with pytest.raises(ValueError, match="features"):
        PropensityModel.from_files({**files, "encoder.json": other["encoder.json"]})
    model = PropensityModel.from_files(files)
    with pytest.raises(ValueError, match="features given"):
        model.predict(model.encoder.encode(frame)[:, 1:])


def test_needs_both_outcomes() -> None:
    frame = labels(500)[0].with_columns(is_reached=pl.lit(0))
    with pytest.raises(ValueError, match="reply needs rows"):
        train_propensity("reply", frame, (), 25, seed=1)


def test_prior_is_shrunk_and_says_why() -> None:
    prior = prior_propensity("reply", 1_000, 12, "12 outcomes, 25 are needed")
    assert prior.is_prior and prior.reason == "12 outcomes, 25 are needed"
    assert 0.012 < prior.base_rate < 0.0125
    assert prior_propensity("reply", 0, 0, "").base_rate == pytest.approx(0.05)
    assert dataclasses.is_dataclass(prior)


def test_a_leak_is_left_out_by_name_and_kept_with_the_model() -> None:
    frame = labels(6_000)[0]
    honest, _ = train_propensity("reply", frame, (), 25, seed=7)
    generator = np.random.default_rng(1)
    seconds = generator.gamma(2, 1, frame.height) * np.where(frame["is_reached"] == 1, 600, 200)
    model, _ = train_propensity("reply", frame.with_columns(seconds=pl.Series(seconds)), (), 25, seed=7)
    assert [each.feature for each in model.left_out] == ["seconds"]
    assert PropensityModel.from_files(model.to_files()).left_out == model.left_out
    assert model.metrics == honest.metrics and model.encoder == honest.encoder
