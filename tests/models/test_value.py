import numpy as np
import polars as pl
import pytest

from models.value import ValueModel, train_value


def amounts(count: int, effect: float, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Won amounts, log-normal around a linear function of size, with one in fifty a thousand times too large."""
    generator = np.random.default_rng(seed)
    size = generator.normal(size=count)
    log_amount = 10 + effect * size + generator.normal(0, 0.6, count)
    log_amount[::50] += np.log(1_000)
    frame = pl.DataFrame(
        {
            "contact_id": [f"c{each}" for each in range(count)],
            "unit_id": [f"a{each}" for each in range(count)],
            "value_cents": np.exp(log_amount),
            "size": size,
            "noise": generator.normal(size=count),
        }
    )
    return frame, np.exp(effect * size)


def test_recovers_who_is_worth_more_despite_outliers() -> None:
    rows, truth = amounts(2_000, 0.5)
    model = train_value(rows, (), seed=1)
    assert model is not None
    factors = model.factors(model.encoder.encode(rows))
    assert np.corrcoef(np.log(factors), np.log(truth))[0, 1] > 0.97
    assert factors.mean() == pytest.approx(1.0, abs=0.05)
    assert np.polyfit(np.log(truth), np.log(factors), 1)[0] == pytest.approx(1.0, abs=0.2)


def test_factors_average_one_also_where_many_reach_their_bounds() -> None:
    rows, _ = amounts(2_000, 1.2)
    model = train_value(rows, (), seed=1)
    assert model is not None
    factors = model.factors(model.encoder.encode(rows))
    assert factors.mean() == pytest.approx(1.0, abs=1e-6) and (factors == 4.0).mean() > 0.02


def test_pareto_tails_move_neither_the_mean_nor_who_is_worth_more() -> None:
    """With tails of 1.2 the variance is infinite: the plain mean jumps from sample to sample."""
    expected, plain, slopes = [], [], []
    for seed in range(12):
        generator = np.random.default_rng(seed)
        frame, truth = amounts(1_500, 0.6, seed)
        rows = frame.with_columns(value_cents=pl.Series(1e5 * truth * (1 + generator.pareto(1.2, len(truth)))))
        model = train_value(rows, (), seed=1)
        assert model is not None
        factors = model.factors(model.encoder.encode(rows))
        expected.append(model.expected_cents)
        plain.append(rows["value_cents"].mean())
        slopes.append(np.polyfit(np.log(truth), np.log(factors), 1)[0])
    assert np.std(expected) / np.mean(expected) < 0.06 < np.std(plain) / np.mean(plain)
    assert 2.0 * 1e5 < np.mean(expected) < np.mean(plain)
    assert np.mean(slopes) == pytest.approx(1.0, abs=0.15)


def test_log_normal_amounts_keep_their_mean() -> None:
    generator = np.random.default_rng(3)
    frame, truth = amounts(4_000, 0.5, 3)
    rows = frame.with_columns(value_cents=pl.Series(1e5 * truth * np.exp(generator.normal(0, 0.6, len(truth)))))
    model = train_value(rows, (), seed=1)
    assert model is not None and model.expected_cents == pytest.approx(rows["value_cents"].mean(), rel=0.03)


def test_few_or_silent_amounts_give_no_model() -> None:
    assert train_value(amounts(49, 0.5)[0], (), seed=1) is None
    model = train_value(amounts(300, 0.0)[0], (), seed=1)
    if model is not None:
        assert model.factors(model.encoder.encode(amounts(300, 0.0)[0])).std() < 0.1


def test_factors_are_bounded_and_missing_is_average() -> None:
    rows, _ = amounts(1_000, 0.8)
    model = train_value(rows, (), seed=1)
    assert model is not None
    extreme = pl.DataFrame({"size": [1e6, -1e6, None], "noise": [0.0, 0.0, None]})
    high, low, missing = model.factors(model.encoder.encode(extreme))
    assert high == 4.0 and low == 0.25 and 0.5 < missing < 1.1


def test_json_round_trip() -> None:
    model = train_value(amounts(500, 0.5)[0], (), seed=1)
    assert model is not None and ValueModel.from_json(model.to_json()) == model
