"""Who responds to which message, simulated: for whom, of which action, and since when."""

import numpy as np
import pytest

from models.boosting import sigmoid
from models.encoding import EncodedColumn, FeatureEncoder
from models.responses import LEAST_RESPONSES, Messages, ResponseModel, fit_responses, response_ratio

ENCODER = FeatureEncoder(tuple(EncodedColumn(f"x{number}", "number") for number in range(6)))
FAMILIES = {"tips": "email", "case": "email", "new": "email", "call": "call"}
HALF_LIFE = 60.0


def messages(count: int, seed: int, turned_on: int | None = None) -> tuple[Messages, np.ndarray]:
    """Two kinds of e-mail over 60 days: tips for people with a high x0, cases for those with a high x1, the other way
    round until `turned_on` days ago; and calls, to which hardly anybody responds. Also the true rates, [n].
    """
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 6)).astype(np.float32)
    age = generator.integers(0, 60, count).astype(float)
    action = generator.choice(["tips", "case", "call"], count, p=[0.45, 0.45, 0.1])
    column = np.where(action == "tips", 0, 1)
    if turned_on is not None:
        column = np.where(age < turned_on, column, 1 - column)
    rate = np.where(action == "call", 0.0005, sigmoid(-3.0 + 0.9 * x[np.arange(count), column]))
    responded = (generator.random(count) < rate).astype(float)
    return Messages(x, action, responded, np.ones(count), np.arange(count) // 2, age), rate


def fitted(of: Messages) -> ResponseModel:
    model = fit_responses(ENCODER, of, FAMILIES, HALF_LIFE, seed=1)
    assert model is not None
    return model


def test_each_action_finds_those_who_like_it() -> None:
    of, _ = messages(12_000, 1)
    model, (fresh, _) = fitted(of), messages(4_000, 2)
    rates = model.rates(fresh.features)
    assert set(rates) == {"tips", "case", "new"}, "calls have no responses to learn from, a new e-mail has its family's"
    for action, column in (("tips", 0), ("case", 1)):
        assert np.corrcoef(rates[action], sigmoid(-3.0 + 0.9 * fresh.features[:, column]))[0, 1] > 0.9
        assert rates[action].mean() == pytest.approx(model.usual[action], rel=0.15)
    assert model.half_life_days == HALF_LIFE


def test_a_change_of_taste_is_followed_at_once_and_no_change_leaves_the_half_life() -> None:
    of, _ = messages(12_000, 3, turned_on=20)
    model, (fresh, _) = fitted(of), messages(4_000, 4)
    assert model.half_life_days < HALF_LIFE / 3
    tips = model.rates(fresh.features)["tips"]
    assert np.corrcoef(tips, fresh.features[:, 0])[0, 1] > np.corrcoef(tips, fresh.features[:, 1])[0, 1] + 0.2


def test_too_few_responses_tell_nothing() -> None:
    of, _ = messages(LEAST_RESPONSES, 5)
    assert fit_responses(ENCODER, of, FAMILIES, HALF_LIFE, seed=1) is None
    unknown = Messages(**{**vars(messages(4_000, 6)[0]), "responded": np.full(4_000, np.nan)})
    assert fit_responses(ENCODER, unknown, FAMILIES, HALF_LIFE, seed=1) is None


def test_the_order_of_rows_changes_nothing_that_can_be_seen() -> None:
    of, _ = messages(4_000, 7)
    order = np.random.default_rng(8).permutation(4_000)
    mixed = Messages(*(getattr(of, name)[order] for name in Messages.__dataclass_fields__))
    first, second = (fitted(each).rates(of.features)["tips"] for each in (of, mixed))
    assert np.allclose(first, second, atol=2e-3)


def test_ratios_are_bounded() -> None:
    assert response_ratio(np.array([0.0, 0.05, 0.1, 0.9]), 0.05).tolist() == [0.25, 1.0, 2.0, 4.0]
