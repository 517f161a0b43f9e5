"""The drawn trial is what it says: rates, shares and probabilities agree with its truth."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.learning.trial import Market, Trial, draw_trial

SMALL = Market(count_rows=20_000, base_rate=0.05)


@pytest.mark.parametrize("logging", ["equal", "unequal", "adaptive"])
def test_choices_and_outcomes_follow_their_probabilities(logging: str) -> None:
    trial = draw_trial(replace(SMALL, logging=logging), seed=3)
    for number in range(len(trial.actions)):
        chosen = trial.action == number
        # The weights 1 / probability of those who got an action add up to everybody, within five standard errors.
        weight = chosen / trial.probability
        assert abs(weight.mean() - 1) < 5 * weight.std() / np.sqrt(len(weight))
        expected = trial.truth[chosen, number]
        error = np.sqrt((expected * (1 - expected)).sum())
        assert abs(trial.outcome[chosen].sum() - expected.sum()) < 5 * error
    assert trial.truth[:, 0].mean() == pytest.approx(0.05, abs=1e-6)


def test_effects_help_some_and_harm_others() -> None:
    trial = draw_trial(SMALL, seed=1)
    harmed = (trial.effects < 0).mean(axis=0)
    assert (harmed > 0.15).all()
    assert (harmed < 0.85).all()


def test_accounts_are_split_whole_and_the_same_seed_gives_the_same_trial() -> None:
    market = replace(SMALL, account_size=8.0)
    one, other = draw_trial(market, seed=5), draw_trial(market, seed=5)
    for name in ("features", "action", "outcome", "units", "truth", "is_training"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not set(one.units[one.is_training]) & set(one.units[~one.is_training])
    assert one.is_training.mean() == pytest.approx(0.7, abs=0.03)


def test_rules_are_as_strong_as_sums_but_are_no_sums() -> None:
    smooth, rules = (draw_trial(replace(SMALL, shape=shape), seed=2) for shape in ("smooth", "rules"))

    def told_by_a_sum(trial: Trial) -> float:
        design = np.column_stack([np.ones(len(trial.features)), trial.features, np.log1p(np.abs(trial.features))])
        effect = np.log(trial.truth[:, 1] / (1 - trial.truth[:, 1])) - np.log(
            trial.truth[:, 0] / (1 - trial.truth[:, 0])
        )
        left = effect - design @ np.linalg.lstsq(design, effect, rcond=None)[0]
        assert effect.std() == pytest.approx(SMALL.effect, rel=0.35)
        return float(1 - left.var() / effect.var())

    assert told_by_a_sum(smooth) > told_by_a_sum(rules) + 0.1
