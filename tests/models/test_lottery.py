"""A place in a lottery is won as often as is told, and no more places are given than there are."""

from itertools import product

import numpy as np
import pytest

from models.lottery import chance_of_place, serve
from models.place_counts import Uses, count_places


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


@pytest.mark.parametrize("sizes", [(1.0,), (1.0, 1.7, 40.0)])
def test_places_stay_within_limits_that_overlap_and_each_lottery_has_its_turn(sizes):
    rng = np.random.default_rng(4)
    for _ in range(30):
        count = int(rng.integers(1, 16))
        uses = [
            Uses(rng.integers(-1, 3, count), rng.choice(sizes, count), np.floor(rng.uniform(0, 9, 3)) * sizes[-1])
            for _ in range(3)
        ]
        places = count_places(rng.gamma(0.5, 2.0, count), uses)
        assert all((use.after(each) >= 0).all() for use in uses for each in places)
        fits = np.all([(use.limit < 0) | (use.size <= use.left[use.limit]) for use in uses], axis=0)
        assert not places[:, ~fits].any()
        assert len(sizes) > 1 or (places.max(axis=0)[fits] > 0).all()


def test_places_are_given_in_proportion_as_far_as_they_go():
    limit = Uses(np.zeros(4, dtype=np.int64), np.ones(4), np.array([5.0]))
    places = count_places(np.array([0.1, 1.0, 4.0, 9.0]), [limit]).mean(axis=0)
    assert places.sum() == pytest.approx(5.0, abs=0.1)
    assert (np.diff(places) > 0).all()
