"""What the uplift learner finds, simulated: interactions, families, change over time, outcomes still to come."""

from dataclasses import replace

import numpy as np
import pytest

from models.boosting import predict_margin, sigmoid
from models.choices import Choices, Evidence
from models.encoding import EncodedColumn, FeatureEncoder
from models.priors import Estimate, Prior, family_prior, policy_prior
from models.uplift import UpliftModel
from models.uplift_training import build_uplift_model, train_goal_effects

COUNT = 16_000
NEEDED = Evidence(minimum_exposures=250, minimum_outcomes=25)
ENCODER = FeatureEncoder(tuple(EncodedColumn(f"x{number}", "number") for number in range(6)))


def trial(shift, seed: int, names: tuple[str, ...] = ("mail",), count: int = COUNT) -> tuple[Choices, np.ndarray]:
    """A trial at equal shares of about 12 %; `shift` gives the logit that each action adds, of the features."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 6)).astype(np.float32)
    base = -2.0 + 0.5 * x[:, 0]
    rates = sigmoid(base[:, None] + np.column_stack([np.zeros(count), *shift(x)]))
    chosen = generator.integers(0, len(names) + 1, count)
    choices = Choices(
        features=x,
        action=np.array(["none", *names], dtype=object)[chosen],
        probability=np.full(count, 1 / (len(names) + 1)),
        outcome=(generator.random(count) < rates[np.arange(count), chosen]).astype(float),
        weight=np.ones(count),
        units=np.arange(count),
        can_get=dict.fromkeys(names, np.ones(count, dtype=bool)),
    )
    return choices, rates[:, 1:] - rates[:, :1]


def fitted(choices: Choices, evidence: Evidence = NEEDED, **families: str) -> UpliftModel:
    priors = {action: policy_prior(0.01) for action in choices.can_get}
    trained = train_goal_effects("reply", choices, priors, evidence, 1, families=families or None)
    return build_uplift_model(ENCODER, [trained])


def test_an_interaction_is_found_and_explained() -> None:
    """The mail helps where two features have the same sign and harms elsewhere, which no sum of terms tells."""
    choices, truth = trial(lambda x: [np.sign(x[:, 1] * x[:, 2]) * 0.9], 1)
    model = fitted(choices)
    assert model.goals[0].share_beyond > 0
    fresh, truth = trial(lambda x: [np.sign(x[:, 1] * x[:, 2]) * 0.9], 2)
    uplift, error = model.predict("reply", "mail", model.margins(fresh.features))
    assert np.corrcoef(uplift, truth[:, 0])[0, 1] > 0.8
    assert (np.abs(uplift - truth[:, 0]) < 2 * error).mean() > 0.6
    boosters, of = model.explain_boosters("reply", "mail"), model.margins(fresh.features).goals["reply"]
    assert boosters.shared and boosters.action and boosters.none
    shared, mail = (predict_margin(each, fresh.features) for each in (boosters.shared, boosters.action))
    expected = of.offset + of.additive.added["mail"]
    assert np.abs(shared + mail + boosters.action_shift - expected).mean() < 0.1


def test_few_things_matter_and_intervals_cover() -> None:
    """Two of six features move the effect; nine in ten contacts' effects lie within two errors."""
    choices, _ = trial(lambda x: [0.6 * x[:, 3] - 0.2, 0.5 * np.tanh(x[:, 4])], 3, ("mail", "call"))
    model = fitted(choices)
    fresh, truth = trial(lambda x: [0.6 * x[:, 3] - 0.2, 0.5 * np.tanh(x[:, 4])], 4, ("mail", "call"))
    margins = model.margins(fresh.features)
    for number, action in enumerate(("mail", "call")):
        uplift, error = model.predict("reply", action, margins)
        assert (np.abs(uplift - truth[:, number]) < 2 * error).mean() > 0.9
        assert np.corrcoef(uplift, truth[:, number])[0, 1] > 0.9
        assert error.mean() < truth[:, number].std()


def test_a_new_action_starts_as_its_family_does_and_moves_with_evidence() -> None:
    choices, truth = trial(lambda x: [0.5 + 0.4 * x[:, 3], 0.5 + 0.4 * x[:, 3], -0.8 + 0 * x[:, 3]], 5,
                           ("mail", "letter", "new"))  # fmt: skip

    def knowing(count: int) -> UpliftModel:
        kept = np.flatnonzero((choices.action != "new") | (np.cumsum(choices.action == "new") <= count))
        return fitted(choices.take(kept), mail="written", letter="written", new="written")

    model = knowing(5)
    mail, new = (model.goals[0].effect_of(action) for action in ("mail", "new"))
    assert mail and new and mail.evidence == "model" and new.evidence == "family"
    assert new.reason == "5 exposures, 250 are needed; acts as written does"
    assert new.mean == pytest.approx(truth[:, 0].mean(), abs=0.03) and new.mean_error > mail.mean_error
    uplift, error = model.predict("reply", "new", model.margins(choices.features))
    assert np.corrcoef(uplift, truth[:, 0])[0, 1] > 0.8 and error.mean() > 0.03
    early = knowing(100).goals[0].effect_of("new")
    assert early and early.evidence == "family" and truth[:, 2].mean() < early.mean < new.mean - 0.02
    known = fitted(choices, mail="written", letter="written", new="written").goals[0].effect_of("new")
    assert known and known.evidence == "model" and known.mean < -0.02


def test_a_familys_estimate_is_between_its_actions_and_as_unsure_as_they_differ() -> None:
    alike = family_prior([Estimate(0.02, 0.002), Estimate(0.021, 0.002)], [0.0, 0.0], 0.005)
    apart = family_prior([Estimate(0.0, 0.002), Estimate(0.04, 0.002)], [0.0, 0.0], 0.005)
    assert alike.source == "family" and 0.01 < alike.value < 0.021 and 0.0 < apart.value < 0.04
    assert apart.deviation > 2 * alike.deviation


def test_old_rules_logs_count_beside_the_family() -> None:
    choices, _ = trial(lambda x: [0.5 + 0 * x[:, 0]], 6)
    priors = {"mail": policy_prior(0.01), "new": Prior(-0.03, 0.002, "history")}
    families = {"mail": "written", "new": "written"}
    trained = train_goal_effects("reply", choices, priors, NEEDED, 1, families=families)
    new = trained.effects.effect_of("new")
    assert new and new.evidence == "history" and new.mean == -0.03


def test_newer_choices_count_more() -> None:
    """The mail helped until two weeks ago and harms since."""
    old, _ = trial(lambda x: [0.8 + 0 * x[:, 0]], 7)
    recent, truth = trial(lambda x: [-0.8 + 0 * x[:, 0]], 8)
    both = [np.concatenate([getattr(old, name), getattr(recent, name)])
            for name in ("features", "action", "probability", "outcome", "weight")]  # fmt: skip
    ages = np.concatenate([np.linspace(44, 15, COUNT), np.linspace(14, 0, COUNT)])
    choices = Choices(
        *both, units=np.arange(2 * COUNT), can_get={"mail": np.ones(2 * COUNT, dtype=bool)}, age_days=ages
    )
    ageing = fitted(choices, replace(NEEDED, half_life_days=10)).goals[0].effect_of("mail")
    forever = fitted(choices).goals[0].effect_of("mail")
    assert ageing and forever and ageing.mean < -0.015 < forever.mean and truth.mean() < -0.04


def test_evidence_counts_within_its_days() -> None:
    choices, _ = trial(lambda x: [0.5 + 0 * x[:, 0]], 9, count=1_200)
    spread = replace(choices, age_days=np.arange(1_200) % 120)
    effect = fitted(spread, replace(NEEDED, days=30)).goals[0].effect_of("mail")
    assert effect and effect.evidence == "prior" and "exposures, 250 are needed" in effect.reason
    assert fitted(spread).goals[0].effect_of("mail").evidence == "model"  # type: ignore[union-attr]


def test_outcomes_still_to_come_do_not_bias() -> None:
    """Of half of the choices four in ten outcomes have come; averages are those of all outcomes."""
    choices, truth = trial(lambda x: [0.7 + 0 * x[:, 0]], 10, count=40_000)
    generator = np.random.default_rng(0)
    is_young = generator.random(40_000) < 0.5
    has_come = ~is_young | (generator.random(40_000) < 0.4)
    young = replace(choices, outcome=choices.outcome * has_come, offset=np.where(is_young, np.log(0.4), 0.0))
    naive = replace(young, offset=None)
    right, wrong = (fitted(each).goals[0].effect_of("mail") for each in (young, naive))
    assert right and wrong
    assert abs(right.mean - truth.mean()) < 3 * right.mean_error < 0.03
    assert wrong.mean < 0.85 * truth.mean()
