from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from models.action_effects import prior_effect
from models.boosting import predict_margin, sigmoid
from models.choices import Choices, Counts, Evidence, stabilised_weights, what_is_missing
from models.early_evidence import early_estimate
from models.encoding import fit_encoder
from models.priors import Estimate, Prior, policy_prior
from models.qini import qini_coefficient
from models.uplift import UpliftModel
from models.uplift_calibration import shrink_mean, shrink_slopes
from models.uplift_training import build_uplift_model, train_goal_effects

ACTIONS = ("call", "email", "ads")
PRIORS = {"call": policy_prior(0.02), "email": policy_prior(0.02), "ads": policy_prior(0.0)}
NEEDED = Evidence(minimum_exposures=250, minimum_outcomes=25)


@dataclass(frozen=True)
class Market:
    """A simulated trial. `effects` are the true changes of probability, [n × action]: calls help some and repel others,
    e-mails put people off, ads do nothing.
    """

    frame: pl.DataFrame
    choices: Choices
    effects: np.ndarray
    base: np.ndarray


def simulate(count: int, seed: int, confounded: bool = False, scale: float = 1.0) -> Market:
    """Base rate about 6 %. `confounded`: contacts who reach the goal anyway are called, so that only weights tell."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 10))
    base = -3.0 + 0.7 * x[:, 0] + 0.4 * x[:, 1] * x[:, 2]
    shifts = scale * np.stack([1.0 * x[:, 3] + 0.3, -0.6 + 0.3 * (x[:, 4] > 0), np.zeros(count)], axis=1)
    rates = np.concatenate([sigmoid(base)[:, None], sigmoid(base[:, None] + shifts)], axis=1)
    shares = np.full((count, 4), 0.25)
    if confounded:
        calls = np.where(base > -3, 0.7, 0.1)
        shares = np.stack([(0.9 - calls) / 2 + 0.05, calls, (0.9 - calls) / 2, np.full(count, 0.05)], axis=1)
    chosen = (generator.random(count)[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    reached = generator.random(count) < rates[np.arange(count), chosen]
    frame = pl.DataFrame({f"x{each}": x[:, each] for each in range(10)})
    choices = Choices(
        features=fit_encoder(frame).encode(frame),
        action=np.array(["none", *ACTIONS], dtype=object)[chosen],
        probability=shares[np.arange(count), chosen],
        outcome=reached.astype(float),
        weight=np.ones(count),
        units=np.array([f"a{each // 2}" for each in range(count)], dtype=object),
        can_get=dict.fromkeys(ACTIONS, np.ones(count, dtype=bool)),
    )
    return Market(frame, choices, rates[:, 1:] - rates[:, :1], rates[:, 0])


def fit(market: Market, priors: dict[str, Prior] = PRIORS, seed: int = 1) -> UpliftModel:
    trained = train_goal_effects("reply", market.choices, priors, NEEDED, seed)
    return build_uplift_model(fit_encoder(market.frame), [trained])


def predict(model: UpliftModel, market: Market) -> tuple[np.ndarray, np.ndarray]:
    margins = model.margins(market.choices.features)
    both = [model.predict("reply", action, margins) for action in ACTIONS]
    return np.stack([uplift for uplift, _ in both], axis=1), np.stack([error for _, error in both], axis=1)


@pytest.fixture(scope="module")
def trained() -> UpliftModel:
    return fit(simulate(24_000, 0))


@pytest.fixture(scope="module")
def fresh() -> Market:
    return simulate(20_000, 99)


def test_recovers_average_effects_also_negative_ones(trained: UpliftModel, fresh: Market) -> None:
    truth = fresh.effects.mean(axis=0)
    for action, true_mean in zip(ACTIONS, truth, strict=True):
        effect = trained.goal("reply").effect_of(action)  # type: ignore[union-attr]
        assert effect is not None and effect.evidence == "model"
        assert abs(effect.mean - true_mean) < 3.5 * effect.mean_error < 0.03
    assert truth[1] < -0.015, "e-mail puts people off in this market"
    assert predict(trained, fresh)[0].mean(axis=0)[1] < -0.01


def test_ranks_people_and_is_on_scale(trained: UpliftModel, fresh: Market) -> None:
    uplift, _ = predict(trained, fresh)
    call, truth = uplift[:, 0], fresh.effects[:, 0]
    order = np.argsort(-call)
    top, bottom = truth[order[:4_000]].mean(), truth[order[-4_000:]].mean()
    assert top > 0.06 and bottom < 0.0, "the repelled are at the bottom"
    pehe = np.sqrt(((call - truth) ** 2).mean() / truth.var())
    assert pehe < 0.75, "relative to the best constant"
    assert 0.75 < np.polyfit(call, truth, 1)[0] < 1.5
    outcome, treated = fresh.choices.outcome, fresh.choices.action
    rows = np.isin(treated, ["none", "call"])
    assert qini_coefficient(outcome[rows], call[rows], (treated == "call")[rows]) > 0.05


def test_choosing_by_uplift_gains(trained: UpliftModel, fresh: Market) -> None:
    uplift, _ = predict(trained, fresh)
    gains = np.c_[np.zeros(len(uplift)), fresh.effects]
    chosen = np.c_[np.zeros(len(uplift)), uplift].argmax(axis=1)
    value = gains[np.arange(len(uplift)), chosen].mean()
    assert value > 0.8 * gains.max(axis=1).mean()
    assert value > 1.1 * gains.mean(axis=0).max(), "better than the best single action for all"


def test_error_covers_the_average_person(trained: UpliftModel, fresh: Market) -> None:
    uplift, error = predict(trained, fresh)
    assert ((np.abs(uplift - fresh.effects) < 2 * error).mean(axis=0) > 0.6).all()
    assert (error > 0).all()


def test_noise_gives_nearly_constant_effects() -> None:
    market = simulate(24_000, 5, scale=0.0)
    uplift, _ = predict(fit(market, dict.fromkeys(ACTIONS, policy_prior(0.0))), market)
    assert uplift.std(axis=0).max() < 0.08 * market.base.mean()
    assert np.abs(uplift.mean(axis=0)).max() < 0.012


def test_weights_undo_confounded_logging() -> None:
    market = simulate(40_000, 6, confounded=True)
    chosen, outcome = market.choices.action, market.choices.outcome
    naive = outcome[chosen == "call"].mean() - outcome[chosen == "none"].mean()
    truth = market.effects[:, 0].mean()
    effect = fit(market).goal("reply").effect_of("call")  # type: ignore[union-attr]
    assert naive - truth > 0.02, "the comparison that ignores how people were chosen is far off"
    assert effect is not None and abs(effect.mean - truth) < 0.012


def only_some_can_be_called(market: Market, seed: int) -> Market:
    """Six in ten can't be called, which no feature tells: nobody calls them, and nine in ten of them never reach the
    goal, whatever is done.
    """
    generator, choices = np.random.default_rng(seed), market.choices
    can_call = generator.random(len(choices.action)) < 0.4
    is_lost = ~can_call & (generator.random(len(can_call)) < 0.9)
    changed = {
        "outcome": np.where(is_lost, 0.0, choices.outcome),
        "probability": np.where(can_call, 0.25, 1 / 3),
        "can_get": {**choices.can_get, "call": can_call},
    }
    kept = np.flatnonzero(can_call | (choices.action != "call"))
    return Market(market.frame[kept], Choices(**{**vars(choices), **changed}).take(kept), market.effects, market.base)


def test_who_could_not_get_an_action_is_no_control_for_it() -> None:
    """With all who got nothing as controls, calls look better than they are; with those who could get a call, the true
    effect is found, and probabilities of those who weren't called are on scale.
    """
    market = only_some_can_be_called(simulate(24_000, 11), 12)
    able, truth = market.choices, market.effects[:, 0].mean()
    everybody = dict.fromkeys(ACTIONS, np.ones(len(able.action), dtype=bool))
    rightly, wrongly = (
        train_goal_effects("reply", each, PRIORS, NEEDED, 1)
        for each in (able, Choices(**{**vars(able), "can_get": everybody}))
    )
    right, wrong = (each.effects.effect_of("call") for each in (rightly, wrongly))
    assert right is not None and abs(right.mean - truth) < 2 * right.mean_error < 0.02
    assert wrong is not None and wrong.mean - truth > 2 * wrong.mean_error, "biased, and sure of it"
    model = build_uplift_model(fit_encoder(market.frame), [rightly])
    margins, controls = model.margins(able.features), able.controls("call")
    stated = sigmoid(margins.goals["reply"].none + right.control_shift)[controls]
    assert stated.mean() == pytest.approx(able.outcome[controls].mean(), rel=0.05)
    assert rightly.held_out is not None
    is_call = able.action[rightly.held_out.index] == "call"
    surprise = np.average(rightly.held_out.surprise[is_call], weights=rightly.held_out.weight[is_call])
    assert abs(surprise - truth) < 0.02, "beyond no action, among those who could be called"


def test_without_knowing_who_could_get_it_nobody_is_a_control() -> None:
    choices = Choices(**{**vars(simulate(4_000, 8).choices), "can_get": {}})
    effect = train_goal_effects("reply", choices, PRIORS, NEEDED, 1).effects.effect_of("call")
    assert effect is not None and effect.evidence == "prior"
    assert effect.reason.startswith("0 outcomes of those who could have got it and got nothing")


def test_weights_are_relative_and_cut() -> None:
    market = simulate(5_000, 7, confounded=True)
    weight = stabilised_weights(market.choices)
    for action in ("none", *ACTIONS):
        assert weight[market.choices.action == action].mean() == pytest.approx(1.0, abs=0.01)
    assert weight.max() <= 10


def test_thinned_rows_change_little(trained: UpliftModel) -> None:
    market = simulate(24_000, 0)
    keep = np.flatnonzero((market.choices.outcome == 1) | (np.arange(24_000) % 2 == 0))
    thinned = market.choices.take(keep)
    weight = np.where(thinned.outcome == 1, 1.0, 2.0)
    thinned = Choices(**{**vars(thinned), "weight": weight})
    part = fit(Market(market.frame, thinned, market.effects, market.base))
    means = [[effect.mean for effect in model.goals[0].effects] for model in (trained, part)]
    np.testing.assert_allclose(means[0], means[1], atol=0.006)


def test_little_evidence_moves_the_prior_and_no_more() -> None:
    market = simulate(600, 8)
    trained = train_goal_effects("reply", market.choices, PRIORS, NEEDED, 1)
    assert {effect.evidence for effect in trained.effects.effects} == {"prior"}
    assert trained.held_out is None
    call = trained.effects.effect_of("call")
    own = early_estimate(market.choices, "call", NEEDED.half_life_days)
    assert call is not None and "exposures, 250 are needed" in call.reason
    assert PRIORS["call"].value < call.mean < own.value and call.slope == 0.0
    model = build_uplift_model(fit_encoder(market.frame), [trained])
    assert UpliftModel.from_files(model.to_files()) == model
    with pytest.raises(KeyError, match="call has no model for goal reply"):
        model.predict("reply", "call", model.margins(market.choices.features))


def test_an_action_that_prevents_the_goal_is_found_out() -> None:
    """No outcome at all, where 100 would be expected, is evidence and not a lack of it."""
    assert what_is_missing(Counts(1_000, 0, 10_000, 1_000), NEEDED) == ""
    assert what_is_missing(Counts(260, 3, 1_000, 30), NEEDED) == "3 outcomes, 25 are needed"
    assert "got nothing, 25 are needed" in what_is_missing(Counts(300, 30, 300, 3), NEEDED)


def test_impossible_probability_is_refused() -> None:
    market = simulate(600, 8)
    broken = Choices(**{**vars(market.choices), "probability": np.zeros(600)})
    with pytest.raises(ValueError, match="action_probability"):
        train_goal_effects("reply", broken, PRIORS, NEEDED, 1)


def test_same_seed_same_bytes_and_files_round_trip() -> None:
    market = simulate(8_000, 3)
    original, first = fit(market, seed=4), fit(market, seed=4).to_files()
    assert first == original.to_files()
    again = UpliftModel.from_files(first)
    np.testing.assert_array_equal(predict(again, market)[0], predict(original, market)[0])
    with pytest.raises(ValueError, match="features given"):
        again.margins(market.choices.features[:, 1:])


def test_explained_trees_give_the_logits_of_the_model() -> None:
    """Exactly where features have one of the levels that trees tell apart, within a step elsewhere."""
    market = simulate(8_000, 3)
    model = fit(market, seed=4)
    goal, terms = model.goals[0], model.goals[0].additive.terms  # type: ignore[union-attr]
    encoded, boosters = market.choices.features, model.explain_boosters("reply", "call")
    effect = goal.effect_of("call")
    assert effect and goal.additive and boosters.shared and boosters.action and boosters.none
    snapped = np.array(terms.levels)[:, np.random.default_rng(0).integers(0, 16, 500)].T.astype(np.float32)
    for rows, within in ((snapped, 1e-4), (encoded, 0.15)):
        shared, call, none = (predict_margin(each, rows) for each in (boosters.shared, boosters.action, boosters.none))
        of = model.margins(rows).goals["reply"]
        added = of.additive.added["call"]
        assert added.std() > 0.3
        assert np.abs(shared + none + boosters.none_shift - of.none - effect.control_shift).mean() < within
        assert np.abs(shared + call + boosters.action_shift - of.offset - added).mean() < within
    with pytest.raises(KeyError, match="fax has no model for goal reply"):
        model.explain_boosters("reply", "fax")


def test_prior_effect_follows_propensity_within_bounds() -> None:
    uplift, error = prior_effect(-0.02, np.array([0.0, 0.05, 0.1, 0.9]), 0.05)
    np.testing.assert_allclose(uplift, [-0.015, -0.02, -0.03, -0.03])
    np.testing.assert_allclose(error, np.abs(uplift))


def test_shrinkage_goes_from_prior_to_data() -> None:
    vague, sharp = Estimate(0.1, 1.0), Estimate(0.1, 0.0001)
    assert shrink_mean(vague, policy_prior(0.02), 0.05).value == pytest.approx(0.02, abs=1e-3)
    assert shrink_mean(sharp, policy_prior(0.02), 0.05).value == pytest.approx(0.1, abs=1e-3)
    (unknown, known), _ = shrink_slopes([Estimate(0.0, float("inf")), Estimate(0.3, 0.01)], ["a", "b"])
    assert 0.3 < unknown.value < 0.9 and known.value == pytest.approx(0.3, abs=0.01)
    assert shrink_slopes([Estimate(-3.0, 0.1)], ["a"])[0][0].value == 0.0
