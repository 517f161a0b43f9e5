"""Parts of an effect add up to it, belong to the features that make it, and are nothing where nothing is."""

from functools import cache

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.contributions import EffectBoosters, effect_contributions, fold, logit_contributions
from models.encoding import fit_encoder

TREES = TreeSettings(rounds=40, depth=3, learning_rate=0.1, least_weight=5.0, shrinkage=1.0)
FRAME = pl.DataFrame({
    "drives": np.random.default_rng(1).normal(size=4_000), "harms": np.random.default_rng(2).normal(size=4_000),
    "industry": np.random.default_rng(3).choice(["Retail", "Software", "Steel"], size=4_000),
    "nothing": np.random.default_rng(4).normal(size=4_000),
})  # fmt: skip
ENCODER = fit_encoder(FRAME)
ENCODED = ENCODER.encode(FRAME)
NAMES = [column.name for column in ENCODER.columns]


@cache
def boosters() -> EffectBoosters:
    """`drives` moves the goal whatever is done, the action works in Steel and where `harms` is low."""
    drives, harms = FRAME["drives"].to_numpy(), FRAME["harms"].to_numpy()
    is_steel = FRAME["industry"].to_numpy() == "Steel"
    generator = np.random.default_rng(5)

    def fitted(logit: np.ndarray, offset: np.ndarray | None = None) -> xgb.Booster:
        outcome = (generator.random(len(logit)) < sigmoid(logit)).astype(float)
        return fit_booster(Rows(ENCODED, outcome, np.ones(len(logit)), offset), TREES, seed=1)

    base = -1.5 + drives
    shared = fitted(base)
    offset = predict_margin(shared, ENCODED)
    action = fitted(base + 1.5 * is_steel - harms, offset)
    return EffectBoosters(shared, action, None, action_shift=0.1, none_shift=-0.1)


def effect_of_margins(of: EffectBoosters) -> np.ndarray:
    shared, action = (predict_margin(each, ENCODED) for each in (of.shared, of.action) if each)
    return sigmoid(shared + action + of.action_shift) - sigmoid(shared + of.none_shift)


@pytest.mark.parametrize("is_exact", [True, False])
def test_base_and_parts_add_up_to_the_effect(is_exact: bool) -> None:
    parts = effect_contributions(boosters(), ENCODER, ENCODED, slope=0.5, is_exact=is_exact)
    np.testing.assert_allclose(parts.effect, 0.5 * effect_of_margins(boosters()), atol=1e-5)
    assert np.ptp(parts.base) < 1e-6


@pytest.mark.parametrize("is_exact", [True, False])
def test_parts_belong_to_the_features_that_make_the_effect(is_exact: bool) -> None:
    values = effect_contributions(boosters(), ENCODER, ENCODED, is_exact=is_exact).values
    size = dict(zip(NAMES, np.abs(values).mean(axis=0), strict=True))
    assert min(size["harms"], size["industry"], size["drives"]) > 2 * size["nothing"]
    steel, other = (values[FRAME["industry"] == name, NAMES.index("industry")] for name in ("Steel", "Retail"))
    assert steel.min() > 0 > other.max()
    assert np.corrcoef(values[:, NAMES.index("harms")], FRAME["harms"].to_numpy())[0, 1] < -0.8


def test_the_approximation_agrees_with_the_exact_method_on_what_matters_most() -> None:
    exact, fast = (effect_contributions(boosters(), ENCODER, ENCODED, is_exact=each).values for each in (True, False))
    assert (exact.argmax(axis=1) == fast.argmax(axis=1)).mean() > 0.85
    assert np.corrcoef(exact.ravel(), fast.ravel())[0, 1] > 0.95


def test_an_action_that_changes_nothing_has_no_parts() -> None:
    shared = boosters().shared
    parts = effect_contributions(EffectBoosters(shared, None, None), ENCODER, ENCODED[:100])
    assert np.abs(parts.values).max() == np.abs(parts.base).max() == 0


def test_rows_are_explained_alike_whatever_the_batch() -> None:
    whole = effect_contributions(boosters(), ENCODER, ENCODED).values
    np.testing.assert_array_equal(effect_contributions(boosters(), ENCODER, ENCODED[:7]).values, whole[:7])
    assert effect_contributions(boosters(), ENCODER, ENCODED[:0]).values.shape == (0, len(NAMES))


def test_levels_fold_into_their_feature() -> None:
    values = np.arange(2 * len(ENCODER.feature_names), dtype=float).reshape(2, -1)
    positions = [name.startswith("industry") for name in ENCODER.feature_names]
    folded = fold(ENCODER, values)
    assert folded.shape == (2, len(NAMES))
    np.testing.assert_array_equal(folded[:, NAMES.index("industry")], values[:, positions].sum(axis=1))
    np.testing.assert_allclose(folded.sum(), values.sum())


def test_parts_of_a_logit_add_up_to_it() -> None:
    shared = boosters().shared
    assert shared is not None
    for is_exact in (True, False):
        left = predict_margin(shared, ENCODED) - logit_contributions(shared, ENCODER, ENCODED, is_exact).sum(axis=1)
        assert np.ptp(left) < 1e-4


def test_features_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="trained with"):
        effect_contributions(boosters(), ENCODER, ENCODED[:, :-1])
