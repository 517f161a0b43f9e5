"""What responses tell of effects on goals, simulated: where they lead, where they mislead, and who may be asked."""

from dataclasses import replace

import numpy as np
import pytest

from models.boosting import sigmoid
from models.choices import Choices, Evidence
from models.encoding import EncodedColumn, FeatureEncoder
from models.priors import Estimate, policy_prior
from models.response_lead import family_slope
from models.uplift import UpliftModel
from models.uplift_training import build_uplift_model, train_goal_effects

COUNT = 12_000
ENCODER = FeatureEncoder(tuple(EncodedColumn(f"x{number}", "number") for number in range(6)))
FAMILIES = {"tips": "email", "case": "email"}


def campaign(seed: int, follows: float) -> tuple[Choices, np.ndarray, np.ndarray]:
    """E-mails to which those with a high x1 respond; 2 % reach the goal, more of them for the response's sake by
    `follows`. Also the true rates of responses and effects, [n].
    """
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(COUNT, 6)).astype(np.float32)
    rate = sigmoid(-2.7 + 1.2 * x[:, 1])
    action = generator.choice(["none", "tips", "case"], COUNT)
    effect = follows * (rate - (0.0 if follows > 0 else 2 * rate.mean()))
    reached = generator.random(COUNT) < np.clip(0.02 + effect * (action != "none"), 0, 1)
    choices = Choices(
        x, action.astype(object), np.full(COUNT, 1 / 3), reached.astype(float), np.ones(COUNT),
        np.arange(COUNT), dict.fromkeys(FAMILIES, np.ones(COUNT, dtype=bool)),
        responded=np.where(action == "none", np.nan, generator.random(COUNT) < rate),
    )  # fmt: skip
    return choices, rate, effect


def fitted(choices: Choices) -> UpliftModel:
    priors = {action: policy_prior(0.01) for action in FAMILIES}
    trained = train_goal_effects("meeting", choices, priors, Evidence(250, 25), 1, families=FAMILIES)
    return build_uplift_model(ENCODER, [trained])


def test_who_responds_tells_whom_a_rare_goal_is_reached_with() -> None:
    choices, _, _ = campaign(1, 0.2)
    fresh, rate, effect = campaign(2, 0.2)
    led, alone = fitted(choices), fitted(replace(choices, responded=None))
    margins = led.margins(fresh.features)
    known, error = led.predict("meeting", "tips", margins, response=rate)
    unknown, _ = alone.predict("meeting", "tips", alone.margins(fresh.features))
    assert np.corrcoef(known, effect)[0, 1] > max(0.9, np.corrcoef(unknown, effect)[0, 1])
    assert np.abs(known - effect).mean() < np.abs(unknown - effect).mean()
    assert (np.abs(known - effect) < 2 * error).mean() > 0.8
    assert led.predict("meeting", "tips", margins)[0].mean() == pytest.approx(known.mean(), abs=0.005)
    told = led.goals[0].effect_of("tips")
    assert told and told.lead > 0.08 and told.usual_response == pytest.approx(rate.mean(), rel=0.2)


def test_responses_that_mislead_lose_their_weight() -> None:
    """Those who respond are those whom the mail keeps from the goal."""
    believed = fitted(campaign(3, 0.2)[0]).goals[0].effect_of("case")
    misled = fitted(campaign(4, -0.2)[0]).goals[0].effect_of("case")
    assert believed and misled and misled.lead < 0.3 * believed.lead


def test_only_those_who_are_left_to_chance_later_are_asked() -> None:
    """Among the others whoever is likely to respond reaches the goal tomorrow, action tonight or not."""
    choices, rate, _ = campaign(5, 0.2)
    generator = np.random.default_rng(6)
    is_served = (generator.random(COUNT) < 0.6) & (choices.action == "none")
    later = is_served & (generator.random(COUNT) < 3 * 0.2 * rate)
    served = replace(choices, outcome=np.maximum(choices.outcome, later))
    naive = fitted(served).goals[0].effect_of("tips")
    asked = fitted(replace(served, by_chance=~is_served)).goals[0].effect_of("tips")
    assert naive and asked and asked.lead > naive.lead + 0.03


def test_a_family_is_believed_to_move_in_proportion_until_it_is_measured() -> None:
    unmeasured = family_slope([Estimate(0.0, float("inf"))], mean=0.01, usual=0.05, goal_rate=0.02)
    assert unmeasured.value == pytest.approx(0.2) and unmeasured.error == pytest.approx(0.2)
    assert family_slope([], mean=-0.01, usual=0.05, goal_rate=0.02).value == pytest.approx(0.1)
    assert family_slope([Estimate(-1.0, 0.05)] * 9, mean=0.01, usual=0.05, goal_rate=0.02).value == 0.0
