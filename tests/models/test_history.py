"""Old rules' logs: what can be adjusted is recovered, what can't is refused with the reason."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from models.boosting import sigmoid
from models.choices import Evidence
from models.history import HistoryEffect, Trials, e_value, learn_history
from models.overlap import effective_size, optimal_cut

EVIDENCE = Evidence(minimum_exposures=250, minimum_outcomes=25)
NAMES = ("warmth", "visits", "size", "replies_before", "noise")


@dataclass(frozen=True)
class Market:
    """A market whose old rule goes by what is known (warmth, visits) and by what isn't, each with a strength."""

    effect: float = 0.06
    by_known: float = 1.5
    by_unknown: float = 0.0
    count: int = 8_000

    def trials(self, seed: int) -> Trials:
        rng = np.random.default_rng(seed)
        units = np.repeat(np.arange(self.count // 2), 2)
        warmth, visits, size, noise = rng.normal(size=(4, self.count))
        unknown = rng.normal(size=self.count)
        is_treated = rng.random(self.count) < sigmoid(
            self.by_known * (warmth + 0.5 * visits) - 0.7 + self.by_unknown * unknown
        )
        chance = np.clip(0.10 + 0.05 * warmth + 0.03 * visits + 0.02 * size + 0.05 * unknown, 0.01, 0.85)
        placebo = rng.random(self.count) < chance
        outcome = rng.random(self.count) < chance + self.effect * is_treated
        features = np.column_stack([warmth, visits, size, placebo, noise]).astype(np.float32)
        return Trials(
            features, NAMES, is_treated, units,
            {"meeting": outcome.astype(float)}, {"meeting": placebo.astype(float)}, {"meeting": frozenset({NAMES[3]})},
        )  # fmt: skip


def learn(market: Market, seed: int) -> HistoryEffect:
    (effect,) = learn_history("call", market.trials(seed), EVIDENCE, seed)
    return effect


def test_effects_are_recovered_where_the_rule_went_by_what_is_known() -> None:
    market = Market()
    found = [learn(market, seed) for seed in range(12)]
    naive = [
        trials.outcomes["meeting"][trials.is_treated].mean() - trials.outcomes["meeting"][~trials.is_treated].mean()
        for trials in map(market.trials, range(12))
    ]
    used = [each for each in found if each.verdict == "used"]
    assert len(used) >= 11
    effects, errors = np.array([each.effect for each in used]), np.array([each.error for each in used])
    assert np.mean(naive) > market.effect + 0.03
    assert abs(effects.mean() - market.effect) < 3 * effects.std() / np.sqrt(len(effects)) + 0.004
    assert (np.abs(effects - market.effect) < 2 * errors).mean() >= 0.8
    assert all(each.deviation > each.error for each in used)


def test_an_unknown_cause_of_both_is_found_by_outcomes_before_the_rule() -> None:
    for seed in range(4):
        refused = learn(Market(by_unknown=1.5), seed)
        assert refused.verdict == "refused"
        assert refused.effect is None
        assert "outcomes before already" in refused.reason
        assert refused.placebo > 0


def test_a_rule_without_exception_is_refused() -> None:
    trials = Market(by_known=60.0).trials(1)
    (refused,) = learn_history("call", trials, EVIDENCE, 1)
    assert refused.verdict == "refused"
    assert "nobody comparable" in refused.reason
    assert refused.auc > 0.98
    assert refused.share_trimmed > 0.8


@pytest.mark.parametrize(("rows", "says"), [(300, "the rules reached"), (900, "outcomes, 25 are needed")])
def test_little_evidence_is_refused_before_anything_is_trained(rows: int, says: str) -> None:
    trials = Market(by_known=0.0, count=rows).trials(2)
    rare = replace(trials, outcomes={"meeting": trials.outcomes["meeting"] * (trials.features[:, 4] > 1.2)})
    (refused,) = learn_history("call", rare, EVIDENCE, 2)
    assert (refused.verdict, refused.auc) == ("refused", None)
    assert says in refused.reason


def test_outcomes_whose_time_is_not_over_count_nothing() -> None:
    trials = Market().trials(3)
    young = trials.features[:, 4] > 0
    later = np.where(young, np.nan, trials.outcomes["meeting"])
    (known,) = learn_history("call", replace(trials, outcomes={"meeting": later}), EVIDENCE, 3)
    assert known.count_treated == int(trials.is_treated[~young].sum())
    assert known.verdict == "used"


def test_equal_logs_give_equal_effects() -> None:
    assert learn(Market(), 5) == learn(Market(), 5)


def test_the_cut_is_where_it_estimates_best() -> None:
    assert optimal_cut(np.full(100, 0.03)) == 0.0
    propensity = np.concatenate([np.full(900, 0.5), np.full(100, 0.001)])
    assert 0.001 < optimal_cut(propensity) < 0.5
    kept = optimal_cut(np.random.default_rng(0).uniform(size=200_000))
    assert kept == pytest.approx(0.1, abs=0.02)  # Crump et al., table 1: about 0.1 for most distributions


def test_sizes_and_sensitivity_have_their_known_values() -> None:
    assert effective_size(np.array([1.0, 1.0, 0.0])) == 2.0
    assert e_value(0.01, 0.02, 0.1) == 1.0
    assert e_value(0.1, 0.0, 0.1) == pytest.approx(2 + np.sqrt(2))
