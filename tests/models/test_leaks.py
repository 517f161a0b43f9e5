import numpy as np
import polars as pl
import pytest

from models.boosting import Rows, sigmoid
from models.encoding import Trait, fit_encoder
from models.leaks import LeftOut, find_leaks, left_out_from_json, left_out_to_json
from models.post_treatment import find_post_treatment


def market(count: int, seed: int, rate_logit: float = -3.0) -> tuple[pl.DataFrame, np.ndarray]:
    """Eight honest features, one of them strong, one a category; and who reached the goal."""
    generator = np.random.default_rng(seed)
    frame = pl.DataFrame({f"x{each}": generator.normal(size=count) for each in range(7)}).with_columns(
        industry=pl.Series(generator.choice(["retail", "steel", "media"], count))
    )
    columns = frame.to_dict()
    logit = rate_logit + 1.1 * columns["x0"].to_numpy() + 0.5 * columns["x1"].to_numpy() * columns["x2"].to_numpy()
    logit += 0.4 * (frame["industry"] == "steel").to_numpy()
    return frame, (generator.random(count) < sigmoid(logit)).astype(float)


def leaks(frame: pl.DataFrame, outcome: np.ndarray, traits: tuple[Trait, ...] = (), seed: int = 1) -> list[str]:
    encoder = fit_encoder(frame, traits)
    rows = Rows(encoder.encode(frame), outcome, np.ones(len(outcome)))
    return [each.feature for each in find_leaks(encoder, rows, np.arange(len(outcome)) // 3, seed)]


def call_seconds(outcome: np.ndarray, seed: int) -> np.ndarray:
    """How long the call took: longer where it went well."""
    return np.random.default_rng(seed).gamma(2, 1, len(outcome)) * np.where(outcome == 1, 500, 200)


@pytest.mark.parametrize("seed", range(4))
def test_honest_features_stay(seed: int) -> None:
    assert leaks(*market(10_000, seed)) == []


def test_finds_a_column_known_only_afterwards() -> None:
    frame, outcome = market(12_000, 5)
    generator = np.random.default_rng(5)
    planted = {
        "seconds": call_seconds(outcome, 5),
        "copy": outcome,
        "nearly": np.where(generator.random(len(outcome)) < 0.02, 1 - outcome, outcome),
        "noisy": outcome + generator.normal(0, 0.5, len(outcome)),
        "stage": np.where(outcome == 1, "closed", generator.choice(["open", "new"], len(outcome))),
    }
    for name, values in planted.items():
        assert leaks(frame.with_columns(pl.Series(name, values)), outcome) == [name], name


def test_leaks_among_own_columns_do_not_hide_each_other() -> None:
    frame, outcome = market(12_000, 6)
    seconds, signed = call_seconds(outcome, 6), np.where(outcome == 1, "yes", "no")
    traits = [
        f'{{"seconds": {each:.0f}, "signed": "{text}", "again": "{text}", "plan": "pro"}}'
        for each, text in zip(seconds, signed, strict=True)
    ]
    own = tuple(Trait(name, "category") for name in ("signed", "again", "plan"))
    found = leaks(frame.with_columns(traits=pl.Series(traits)), outcome, (Trait("seconds", "number"), *own))
    assert set(found) == {"seconds", "signed", "again"}


def test_several_strong_honest_features_stay() -> None:
    """Recent activity in many forms predicts activity well; none does better than the others together."""
    generator = np.random.default_rng(7)
    interest = generator.normal(0, 1.8, 12_000)
    frame = pl.DataFrame({f"count_{days}d": generator.poisson(np.exp(interest) * days / 10) for days in (7, 30, 90)})
    outcome = (generator.random(12_000) < sigmoid(-2 + 1.6 * interest)).astype(float)
    assert leaks(frame, outcome) == []


def test_finds_a_column_that_tells_of_few_but_for_certain() -> None:
    """Who buys has visited: a purchase among the features of visits, also beside another trace of the same."""
    frame, outcome = market(12_000, 9)
    generator = np.random.default_rng(9)
    has_bought = (outcome == 1) & (generator.random(12_000) < 0.1)
    spent = np.where(has_bought, generator.gamma(2, 50, 12_000), 0.0)
    assert leaks(frame.with_columns(pl.Series("spent", spent)), outcome) == ["spent"]
    pairs = zip(spent, has_bought, strict=True)
    both = frame.with_columns(
        traits=pl.Series([f'{{"spent": {much:.0f}, "bought": {any_:d}}}' for much, any_ in pairs])
    )
    assert set(leaks(both, outcome, (Trait("spent", "number"), Trait("bought", "number")))) == {"spent", "bought"}


def test_certain_but_expected_is_honest() -> None:
    """Whoever uses the product daily will do so this week, by many signs."""
    generator = np.random.default_rng(10)
    use = generator.choice([0.0, 0.02, 0.99], 12_000, p=[0.6, 0.3, 0.1])
    frame = pl.DataFrame({f"count_{days}d": generator.binomial(days, use) for days in (7, 30)})
    frame = frame.with_columns(plan=pl.Series(np.where(use > 0.5, "pro", "free")), size=generator.normal(size=12_000))
    outcome = (generator.random(12_000) < 1 - (1 - use) ** 7).astype(float)
    assert leaks(frame, outcome) == []


def test_few_outcomes_tell_nothing() -> None:
    frame, outcome = market(600, 8, -5.0)
    assert leaks(frame.with_columns(copy=outcome), outcome) == []


def assigned(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Who got a mail by a known, unequal chance; and its weight."""
    frame, _ = market(count, seed)
    chance = sigmoid(frame["x0"].to_numpy())
    chance = np.clip(chance, 0.1, 0.9)
    is_treated = np.random.default_rng(seed + 1).random(count) < chance
    return frame, is_treated, 1 / np.where(is_treated, chance, 1 - chance)


def post_treatment(frame: pl.DataFrame, is_treated: np.ndarray, weight: np.ndarray) -> list[str]:
    encoder = fit_encoder(frame)
    units = np.arange(frame.height) // 3
    found = find_post_treatment(encoder, encoder.encode(frame), is_treated, weight, units)
    return [each.feature for each in found]


def test_finds_what_the_action_left_behind_and_nothing_else() -> None:
    for seed in range(5):
        frame, is_treated, weight = assigned(6_000, seed)
        assert post_treatment(frame, is_treated, weight) == []
        generator = np.random.default_rng(seed)
        opened = np.where(is_treated & (generator.random(6_000) < 0.3), 1, 0)
        days = pl.Series("days_since_mail", np.where(opened == 1, 3.0, np.nan)).fill_nan(None)
        frame = frame.with_columns(pl.Series("opened", opened), days)
        assert post_treatment(frame, is_treated, weight) == ["days_since_mail", "opened"]


def test_what_was_left_out_is_kept() -> None:
    left_out = (LeftOut("a", "b"),)
    assert left_out_from_json(left_out_to_json(left_out)) == left_out
