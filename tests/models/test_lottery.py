"""A place in a lottery is won as often as is told, and no more places are given than there are."""

from itertools import product

import numpy as np
import pytest

from models.lottery import chance_of_place, round_by_lot, serve


def counted(asks: np.ndarray, places: int) -> np.ndarray:
    """The same probability by going through all that the others can do."""
    chance = np.zeros(len(asks))
    for unit in range(len(asks)):
        others = np.delete(asks, unit)
        for who in product([False, True], repeat=len(others)):
            probability = np.where(who, others, 1 - others).prod()
            chance[unit] += probability * min(1.0, places / (1 + sum(who)))
    return chance


@pytest.mark.parametrize(
    "asks", [[0.3], [1.0, 1.0, 0.2], [0.5, 0.5, 0.5, 0.5], [0.9, 0.01, 0.4, 0.7, 0.2, 0.0], [1e-9, 1.0]]
)
@pytest.mark.parametrize("places", [0, 1, 2, 3])
def test_chance_is_what_counting_all_cases_gives(asks, places):
    found = chance_of_place(np.array(asks), np.array([places]))[0]
    assert found == pytest.approx(counted(np.array(asks), places), abs=1e-12)


def test_many_units_are_put_together_without_a_loss_that_matters(monkeypatch):
    asks = np.random.default_rng(1).random(2_500) ** 2 * 0.1
    together = chance_of_place(asks, np.array([60, 61]))
    monkeypatch.setattr("models.lottery.MANY_UNITS", 10_000)
    assert together == pytest.approx(chance_of_place(asks, np.array([60, 61])), abs=2e-5)


def test_the_first_in_order_are_served():
    limit, order = np.array([0, 1, 0, 1, 0]), np.array([0.9, 0.1, 0.2, 0.3, 0.5])
    served = serve(np.arange(5), limit, np.array([2, 0]), order)
    assert served.tolist() == [False, False, True, False, True]
    assert serve(np.arange(0), np.arange(0), np.array([2]), np.zeros(0)).tolist() == []


def test_amounts_are_rounded_to_their_average_and_neighbours_add_up():
    amounts = np.array([0.3, 2.0, 0.5, 1.7, 0.25, 0.25, 4.0])
    starts = (np.arange(2_000) + 0.5) / 2_000
    rounded = np.array([round_by_lot(amounts, start) for start in starts])
    assert rounded.mean(axis=0) == pytest.approx(amounts, abs=1e-3)
    for i in range(len(amounts)):
        for j in range(i + 1, len(amounts) + 1):
            total = rounded[:, i:j].sum(axis=1)
            assert total.min() >= np.floor(amounts[i:j].sum() + 1e-9)
            assert total.max() <= np.ceil(amounts[i:j].sum() - 1e-9)
