import numpy as np
import pytest

from models.came_true import SURE, clustered_error, effect_as_stated, outcomes_as_stated

UNITS = np.repeat(np.arange(1500), 4)
COUNT = len(UNITS)


def drawn(generator: np.random.Generator, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and the probabilities that are true on average; accounts differ by much more than was stated."""
    stated = rate * np.exp(generator.normal(0, 0.5, COUNT) - 0.125)
    of_account = np.exp(generator.normal(0, 0.8, 1500) - 0.32)[UNITS]
    return (generator.random(COUNT) < stated * of_account).astype(float), stated


@pytest.mark.parametrize("rate", [0.01, 0.08])
def test_a_ratio_holds_the_truth_as_often_as_it_says(rate: float) -> None:
    generator, inside, inside_95 = np.random.default_rng(0), [], []
    for _ in range(400):
        compared = outcomes_as_stated(*drawn(generator, rate), UNITS)
        inside.append(compared.low <= 1 <= compared.high)
        middle, error = np.log(compared.low * compared.high) / 2, np.log(compared.high / compared.low) / (2 * SURE)
        inside_95.append(abs(middle) <= 1.96 * error)
    assert all(inside)
    assert 0.92 <= np.mean(inside_95) <= 0.98


def test_twice_as_many_are_found() -> None:
    outcome, stated = drawn(np.random.default_rng(1), 0.08)
    compared = outcomes_as_stated(outcome, stated / 2, UNITS)
    assert compared.low > 1.25 and compared.value == pytest.approx(2, rel=0.15)
    assert outcomes_as_stated(np.zeros(COUNT), stated, UNITS).high < 0.1
    few = slice(0, 40)
    assert outcomes_as_stated(np.zeros(40), stated[few], UNITS[few]).high > 1


def trial(generator: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, who was treated and with which probability; whoever is likelier to be treated is likelier to answer."""
    chance = generator.choice([0.2, 0.8], COUNT)
    is_treated = generator.random(COUNT) < chance
    rate = 0.05 + 0.1 * chance + effect * is_treated
    return (generator.random(COUNT) < rate).astype(float), is_treated, np.where(is_treated, chance, 1 - chance)


def test_an_effect_is_measured_whatever_the_probabilities() -> None:
    generator, missing, inside_95 = np.random.default_rng(2), [], []
    for _ in range(300):
        outcome, is_treated, probability = trial(generator, effect=0.04)
        compared = effect_as_stated(outcome, is_treated, probability, np.full(COUNT, 0.05), UNITS)
        assert compared is not None
        missing.append(compared.value)
        error = (compared.high - compared.low) / (2 * SURE)
        inside_95.append(abs(compared.value - 0.2) <= 1.96 * error)
    assert np.mean(missing) == pytest.approx(0.2, abs=0.03)
    assert 0.92 <= np.mean(inside_95) <= 0.985


def test_harm_is_told_from_help() -> None:
    outcome, is_treated, probability = trial(np.random.default_rng(3), effect=-0.04)
    compared = effect_as_stated(outcome, is_treated, probability, np.full(COUNT, 0.05), UNITS)
    assert compared is not None and compared.low > 1 and compared.came < 0
    helps = effect_as_stated(outcome, is_treated, probability, np.full(COUNT, -0.04), UNITS)
    assert helps is not None and helps.low < 0.5


def test_what_cannot_be_told() -> None:
    outcome, is_treated, probability = trial(np.random.default_rng(4), effect=0.0)
    everybody = np.ones(COUNT, dtype=bool)
    assert effect_as_stated(outcome, everybody, probability, np.full(COUNT, 0.1), UNITS) is None
    assert effect_as_stated(outcome, is_treated, probability, np.zeros(COUNT), UNITS) is None


def test_errors_are_added_up_by_unit() -> None:
    assert clustered_error(np.array([1.0, -1.0, 3.0]), np.array(["a", "a", "b"])) == pytest.approx(3.0)
