"""The figures of the learning studies say what they claim; a learner in a process of its own finds a known effect."""

import numpy as np
import pytest

from benchmarks.learning.judging import interval, judge_by_trial, judge_by_truth, resampled_means
from benchmarks.learning.learners import NIGHTJAR, choose_learners, fit_apart
from benchmarks.learning.trial import Market, draw_trial

TRIAL = draw_trial(Market(count_rows=12_000, count_features=15, count_actions=2, base_rate=0.1, effect=1.2), seed=2)


def test_who_knows_the_truth_gets_all_and_a_constant_only_the_best_action() -> None:
    effects = TRIAL.effects
    perfect = judge_by_truth(effects, np.zeros_like(effects), effects)
    assert perfect.share_of_gain == pytest.approx(1)
    assert perfect.qini == pytest.approx(1)
    assert perfect.slope == pytest.approx(1)
    assert perfect.pehe == 0
    assert perfect.coverage == 1
    constant = judge_by_truth(np.tile(effects.mean(axis=0), (len(effects), 1)), None, effects)
    assert constant.pehe == pytest.approx(1)
    assert constant.qini == 0
    best = max(effects.mean(axis=0).max(), 0) / np.maximum(effects, 0).max(axis=1).mean()
    assert constant.share_of_gain == pytest.approx(best)
    half = judge_by_truth(effects / 2, None, effects)
    assert half.slope == half.pooled_slope == pytest.approx(2)
    assert half.share_of_gain == pytest.approx(1)


def test_value_on_a_trial_is_what_the_choice_truly_brings() -> None:
    effects = TRIAL.effects
    figures = judge_by_trial(effects, TRIAL)
    true_value = (TRIAL.truth[:, 0] + np.maximum(effects, 0).max(axis=1)).mean()
    low, high = interval(resampled_means([figures.value_terms], TRIAL.units, 0)[:, 0])
    assert low < true_value < high
    assert figures.qini > 0
    assert figures.slope == pytest.approx(1, abs=0.3)


def test_a_learner_of_its_own_process_beats_the_best_action_for_all() -> None:
    training, test = np.flatnonzero(TRIAL.is_training), np.flatnonzero(~TRIAL.is_training)
    fitted = fit_apart(NIGHTJAR, TRIAL.take(training), TRIAL.features[test], seed=1)
    effects = TRIAL.effects[test]
    figures = judge_by_truth(fitted.uplift, fitted.error, effects)
    constant = judge_by_truth(np.tile(effects.mean(axis=0), (len(effects), 1)), None, effects)
    assert figures.share_of_gain > constant.share_of_gain + 0.1
    assert figures.pehe < 0.95
    assert fitted.peak_mb > 50


def test_an_unknown_word_for_peers_is_refused() -> None:
    with pytest.raises(ValueError, match="peers are"):
        choose_learners("some")
