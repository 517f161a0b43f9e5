"""Off-policy estimates recover the true value of a policy, and their intervals cover it."""

import numpy as np
import pytest

from models.evaluation import Log, estimate_difference, estimate_dr, estimate_ips, estimate_snips

ACTIONS = 3


def reward_means(x: np.ndarray) -> np.ndarray:
    """True mean reward per row and action."""
    return np.column_stack([0.2 + 0 * x, 0.1 + 0.3 * x, 0.3 - 0.1 * x])


def target_policy(x: np.ndarray) -> np.ndarray:
    """Mostly the action that is best for x, sometimes another."""
    best = np.where(x > 0.5, 1, 2)
    return np.where(np.arange(ACTIONS) == best[:, None], 0.8, 0.1)


def simulate(rng: np.random.Generator, rows: int, clusters: int | None = None) -> tuple[Log, np.ndarray, np.ndarray]:
    """A log of a policy that depends on x; a model's predictions of the logged choice and of the target policy's."""
    if clusters is None:
        x, cluster, shock = rng.random(rows), None, 0.0
    else:
        cluster = rng.integers(0, clusters, rows)
        x, shock = rng.random(clusters)[cluster], rng.normal(0, 0.3, clusters)[cluster]
    probability = np.column_stack([0.2 + 0.4 * x, 0.5 - 0.2 * x, 0.3 - 0.2 * x])
    action = (rng.random(rows)[:, None] > np.cumsum(probability, axis=1)).sum(axis=1).clip(0, ACTIONS - 1)
    row, target, means = np.arange(rows), target_policy(x), reward_means(x)
    reward = means[row, action] + shock + rng.normal(0, 0.3, rows)
    predicted = means + 0.05  # a model that is off
    log = Log(reward, probability[row, action], target[row, action], cluster)
    return log, predicted[row, action], (target * predicted).sum(axis=1)


def true_value() -> float:
    x = (np.arange(100_000) + 0.5) / 100_000
    return float((target_policy(x) * reward_means(x)).sum(axis=1).mean())


def test_estimates_agree_with_the_truth():
    log, predicted_logged, predicted_policy = simulate(np.random.default_rng(1), 400_000)
    for found in (estimate_ips(log), estimate_snips(log), estimate_dr(log, predicted_logged, predicted_policy)):
        assert found.value == pytest.approx(true_value(), abs=0.004)
        assert 0 < found.effective_rows < 400_000


@pytest.mark.parametrize("clusters", [None, 150])
def test_intervals_cover_at_their_nominal_rate(clusters):
    rng, truth, trials = np.random.default_rng(2), true_value(), 1_000
    covered = np.zeros(3)
    for _ in range(trials):
        log, predicted_logged, predicted_policy = simulate(rng, 600, clusters)
        found = (estimate_ips(log), estimate_snips(log), estimate_dr(log, predicted_logged, predicted_policy))
        covered += [each.low <= truth <= each.high for each in found]
    assert covered / trials == pytest.approx(0.95, abs=0.025)


def test_doubly_robust_is_the_narrowest():
    log, predicted_logged, predicted_policy = simulate(np.random.default_rng(3), 5_000)
    robust = estimate_dr(log, predicted_logged, predicted_policy)
    assert robust.standard_error < estimate_snips(log).standard_error < estimate_ips(log).standard_error


def test_the_logging_policy_itself_is_worth_the_mean_reward():
    log, _, _ = simulate(np.random.default_rng(4), 1_000)
    same = Log(log.reward, log.logged_probability, log.logged_probability)
    assert estimate_ips(same).value == pytest.approx(log.reward.mean())
    assert estimate_ips(same).standard_error == pytest.approx(log.reward.std(ddof=1) / np.sqrt(1_000))
    assert estimate_ips(same).effective_rows == pytest.approx(1_000)


def test_a_difference_of_two_policies_is_narrower_than_their_intervals_apart():
    log, _, _ = simulate(np.random.default_rng(5), 3_000)
    one, other = estimate_ips(log), estimate_ips(Log(log.reward, log.logged_probability, log.target_probability * 0.9))
    difference = estimate_difference(one, other)
    assert difference.value == pytest.approx(one.value - other.value)
    assert difference.standard_error < 0.2 * (one.standard_error + other.standard_error)


def test_an_impossible_log_is_refused():
    with pytest.raises(ValueError, match="not positive"):
        Log(np.ones(2), np.array([0.5, 0.0]), np.ones(2))
    with pytest.raises(ValueError, match="none of the logged choices"):
        estimate_snips(Log(np.ones(2), np.ones(2), np.zeros(2)))
