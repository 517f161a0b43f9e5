"""The probability of drawing an action is how often a sample of all beliefs has it best."""

import numpy as np
import pytest

from models.limits import Problem
from models.thompson import probability_of_best, thompson_weights

SAMPLES = 200_000


def sampled(mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    values = np.random.default_rng(0).normal(mean, error, size=(SAMPLES, len(mean)))
    best = values.argmax(axis=1)[values.max(axis=1) > 0]
    return np.bincount(best, minlength=len(mean)) / SAMPLES


@pytest.mark.parametrize(
    ("mean", "error"),
    [
        ([50.0], [100.0]),
        ([-50.0], [10.0]),
        ([10.0, 12.0, 8.0], [5.0, 5.0, 5.0]),
        ([50.0, 48.0, 45.0, -500.0], [10.0, 12.0, 9.0, 3000.0]),  # mails, and a dear call of which little is known
        ([1.0, 20.0, 300.0, 4000.0], [2.0, 30.0, 500.0, 6000.0]),
        ([-300.0] * 10, [100.0] * 10),
        (list(np.linspace(-3, 3, 20)), [1.0] * 20),
    ],
)
def test_probabilities_agree_with_sampling(mean, error):
    found = probability_of_best(np.array([mean]), np.array([error]))[0]
    assert found == pytest.approx(sampled(np.array(mean), np.array(error)), abs=0.012)


def test_what_is_known_is_chosen_and_equals_share():
    found = probability_of_best(np.array([[5.0, 3.0, -1.0], [4.0, 4.0, 1.0], [-1.0, -2.0, -3.0]]), np.zeros((3, 3)))
    assert found == pytest.approx(np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 0]]), abs=1e-3)


def test_each_action_keeps_its_floor_and_probabilities_add_up():
    rng = np.random.default_rng(2)
    contact = np.sort(rng.integers(0, 300, 2_000))
    problem = Problem(contact, np.zeros(2_000), (), 300)
    pairs = np.flatnonzero(rng.random(2_000) < 0.9)
    mean, error = rng.normal(0, 100, 2_000), 10 ** rng.uniform(-1, 3, 2_000)
    weight = thompson_weights(problem, pairs, mean, error, floor=0.3)
    count = np.bincount(contact[pairs], minlength=300)
    assert (weight[pairs] >= 0.3 / (count[contact[pairs]] + 1) - 1e-12).all()
    assert (np.delete(weight, pairs) == 0).all()
    nothing = 1 - np.bincount(contact, weights=weight, minlength=300)
    assert (nothing >= 0.3 / (count + 1) - 1e-9)[count > 0].all()
    even = thompson_weights(problem, pairs, mean, error, floor=1.0)
    assert even[pairs] == pytest.approx(1 / (count[contact[pairs]] + 1))


def test_hopeless_actions_are_explored_little_and_uncertain_ones_more():
    cheap, dear, unknown = probability_of_best(np.array([[100.0, -400.0, 50.0]]), np.array([[20.0, 60.0, 80.0]]))[0]
    assert dear < 1e-6
    assert 0.2 < unknown < cheap


@pytest.mark.parametrize("error", [np.nan, -1.0, np.inf])
def test_an_error_that_is_none_is_refused(error):
    problem = Problem(np.array([0]), np.zeros(1), (), 1)
    with pytest.raises(ValueError, match="standard error"):
        thompson_weights(problem, np.array([0]), np.ones(1), np.array([error]), floor=0.3)
