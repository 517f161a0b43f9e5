import numpy as np
import pytest

from models.choices import Choices, Evidence
from models.early_evidence import early_estimate
from models.priors import policy_prior
from models.uplift_training import train_goal_effects


def _choices(count: int, seed: int, effect: float, share: float = 0.3) -> Choices:
    """Every contact could get the call, and gets it with a known probability that differs by kind of person; kinds
    differ in the rate of the goal, too."""
    generator = np.random.default_rng(seed)
    kind = generator.integers(0, 2, count)
    probability = np.where(kind == 1, share, share / 3)
    called = generator.random(count) < probability
    rate = np.where(kind == 1, 0.10, 0.04) + effect * called
    return Choices(
        features=kind[:, None].astype(np.float32),
        action=np.where(called, "call", "none"),
        probability=np.where(called, probability, 1 - probability),
        outcome=(generator.random(count) < rate).astype(float),
        weight=np.ones(count),
        units=np.arange(count).astype(str),
        can_get={"call": np.ones(count, dtype=bool)},
    )


def test_few_choices_say_on_average_what_is_true_and_how_far_off_they_may_be() -> None:
    found = [early_estimate(_choices(500, seed, effect=0.05), "call", None) for seed in range(300)]
    values, errors = np.array([each.value for each in found]), np.array([each.error for each in found])
    assert values.mean() == pytest.approx(0.05, abs=0.006)
    assert 0.9 < (np.abs(values - 0.05) < 2 * errors).mean() <= 1.0


def test_no_outcome_among_few_is_no_proof() -> None:
    choices = _choices(120, 1, effect=0.0, share=0.2)
    none_yet = np.where(choices.action == "call", 0.0, choices.outcome)
    estimate = early_estimate(Choices(**{**vars(choices), "outcome": none_yet}), "call", None)
    assert estimate.error > 0.02


def test_nobody_to_compare_with_says_nothing() -> None:
    choices = _choices(100, 2, effect=0.0)
    assert early_estimate(choices, "fax", None).error == np.inf
    assert early_estimate(Choices(**{**vars(choices), "can_get": {}}), "call", None).error == np.inf


@pytest.mark.parametrize("belief", [0.08, 0.0, -0.02])
def test_an_action_without_evidence_enough_moves_from_its_belief(belief: float) -> None:
    choices = _choices(900, 3, effect=0.0)
    trained = train_goal_effects("reply", choices, {"call": policy_prior(belief)}, Evidence(250, 25, 30, None), seed=1)
    (effect,) = trained.effects.effects
    assert effect.evidence == "prior" and "are needed" in effect.reason
    assert effect.prior_uplift == belief
    own = early_estimate(choices, "call", None).value
    assert min(own, belief) - 1e-9 <= effect.mean <= max(own, belief) + 1e-9
    assert effect.mean != belief
