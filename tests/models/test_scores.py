import dataclasses

import numpy as np
import polars as pl
import pytest

from models.action_effects import prior_effect
from models.additive_terms import fit_terms
from models.boosting import sigmoid
from models.choices import Choices, Evidence
from models.encoding import EncodingError, fit_encoder
from models.priors import policy_prior
from models.propensity import PropensityModel, PropensityPrior, train_propensity
from models.responses import ResponseModel, response_ratio
from models.scores import GoalScoring, ScoreError, Scoring, score_batch
from models.uplift import UpliftModel
from models.uplift_training import build_uplift_model, train_goal_effects
from models.value import train_value

ACTIONS = ("call", "email")


def contacts(count: int, seed: int = 0) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "contact_id": [f"c{each:05d}" for each in range(count)],
            **{f"x{each}": generator.normal(size=count) for each in range(5)},
            "industry": generator.choice(["retail", "steel"], count),
        }
    )


@pytest.fixture(scope="module")
def models() -> tuple[PropensityModel, UpliftModel]:
    generator, frame = np.random.default_rng(1), contacts(4_000, 1)
    base = -2.5 + frame["x0"].to_numpy()
    chosen = generator.integers(0, 3, 4_000)
    shift = np.choose(chosen, [np.zeros(4_000), frame["x1"].to_numpy(), np.full(4_000, -1.0)])
    reached = (generator.random(4_000) < sigmoid(base + shift)).astype(float)
    labelled = frame.with_columns(
        unit_id="contact_id",
        as_of_date=pl.date(2026, 1, 1),
        is_reached=pl.Series(reached.astype(int)),
        sample_weight=pl.lit(1.0),
    )
    propensity, _ = train_propensity("reply", labelled, (), 25, 1)
    encoder = fit_encoder(frame)
    choices = Choices(
        encoder.encode(frame),
        np.array(["none", *ACTIONS], dtype=object)[chosen],
        np.full(4_000, 1 / 3),
        reached,
        np.ones(4_000),
        frame["contact_id"].to_numpy(),
        dict.fromkeys(ACTIONS, np.ones(4_000, dtype=bool)),
    )
    trained = train_goal_effects(
        "reply", choices, {action: policy_prior(0.0) for action in ACTIONS}, Evidence(250, 25), 1
    )
    return propensity, build_uplift_model(encoder, [trained])


def scoring(models: tuple[PropensityModel, UpliftModel]) -> Scoring:
    propensity, uplift = models
    reply = GoalScoring("reply", 2_000, 1.0, propensity, "propensity-reply/3", None, {"call": 0.01, "email": 0.02})
    meeting = GoalScoring(
        "meeting", 10_000, 0.5, PropensityPrior("meeting", 0.02, "12 outcomes, 25 are needed"),
        priors={"call": policy_prior(0.01)},
    )  # fmt: skip
    return Scoring((reply, meeting), uplift, "uplift/2")


def pairs(frame: pl.DataFrame) -> pl.DataFrame:
    every = frame.select("contact_id").join(pl.DataFrame({"action_id": ACTIONS}), how="cross")
    return every.filter((pl.int_range(pl.len()) % 3) > 0)


def test_one_row_per_contact_and_goal_and_per_eligible_pair(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame = contacts(300, 2)
    eligible = pairs(frame)
    batch = score_batch(frame, eligible, scoring(models))
    assert batch.contact_scores.select("contact_id", "goal_id").is_unique().all()
    assert batch.contact_scores.height == 600
    assert batch.action_scores.select("contact_id", "action_id").equals(eligible.sort("contact_id", "action_id"))
    versions = dict(batch.contact_scores.select("goal_id", "model_version").unique().iter_rows())
    assert versions == {"reply": "propensity-reply/3", "meeting": "prior"}
    assert batch.contact_scores.filter(pl.col("is_prior"))["propensity"].unique().to_list() == [0.02]


def test_beliefs_and_effects_follow_responses_where_these_are_known(
    models: tuple[PropensityModel, UpliftModel],
) -> None:
    frame, rules = contacts(300, 2), scoring(models)
    encoder = rules.uplift.encoder  # type: ignore[union-attr]
    encoded = encoder.encode(frame)
    responses = ResponseModel(
        encoder, terms := fit_terms(encoded), {"call": np.linspace(-2.0, 0.4, terms.count)}, {"call": 0.1}, 60.0
    )
    known = score_batch(frame, pairs(frame), dataclasses.replace(rules, responses=responses)).action_scores
    unknown = score_batch(frame, pairs(frame), rules).action_scores
    rate = responses.rates(encoded)["call"]
    calls = known.filter(action_id="call").join(frame.select("contact_id").with_row_index("row"), on="contact_id")
    ratio = response_ratio(rate, 0.1)[calls["row"].to_numpy()]
    np.testing.assert_allclose(calls["response_ratio"], ratio)
    # the meeting's effect is a belief, the reply's a model that knows of no responses
    before = unknown.filter(action_id="call")["expected_value_cents"].to_numpy()
    np.testing.assert_allclose(
        calls["expected_value_cents"] - before, 0.5 * 10_000 * 0.01 * (ratio - 1), rtol=1e-6, atol=1e-6
    )
    assert known.filter(action_id="email").equals(unknown.filter(action_id="email"))


def test_expected_value_adds_the_goals_up(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame = contacts(300, 2)
    rules = scoring(models)
    propensity, uplift = models
    scores = score_batch(frame, pairs(frame), rules).action_scores.join(
        frame.select("contact_id").with_row_index("row"), on="contact_id"
    )
    encoded = uplift.encoder.encode(frame)
    likely = propensity.predict(propensity.encoder.encode(frame))
    for action in ACTIONS:
        mine = scores.filter(pl.col("action_id") == action)
        rows = mine["row"].to_numpy()
        effect = np.clip(uplift.predict("reply", action, uplift.margins(encoded))[0], -likely, 1 - likely)[rows]
        by_meeting = 0.5 * 10_000 * 0.01 if action == "call" else 0.0
        np.testing.assert_allclose(mine["expected_value_cents"], 2_000 * effect + by_meeting, rtol=1e-5, atol=1e-6)
        errors = 2_000 * uplift.predict("reply", action, uplift.margins(encoded))[1][rows]
        of_meeting = 0.5 * 10_000 * prior_effect(0.01, np.array([0.02]), 0.02)[1][0] if action == "call" else 0.0
        np.testing.assert_allclose(mine["expected_value_error_cents"], np.hypot(errors, of_meeting), rtol=1e-5)
        reply = mine.filter(pl.col("goal_id") == "reply")
        np.testing.assert_allclose(reply["uplift"] * 2_000 + by_meeting, reply["expected_value_cents"], atol=1e-9)
        assert set(reply["evidence"]) <= {"model"}
        assert set(reply["model_version"]) <= {"propensity-reply/3;uplift/2"}
    by_prior = scores.filter(pl.col("goal_id") == "meeting")
    assert set(by_prior["evidence"]) == {"prior"} and set(by_prior["model_version"]) == {"prior"}


def test_probabilities_stay_probabilities(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame = contacts(300, 2)
    rules = scoring(models)
    goals = tuple(
        dataclasses.replace(goal, priors={"call": policy_prior(-0.9), "email": policy_prior(0.9)})
        for goal in rules.goals
    )
    scores = score_batch(frame, pairs(frame), Scoring(goals)).action_scores
    after = scores["propensity"] + scores["uplift"]
    assert after.min() >= 0 and after.max() <= 1
    assert set(scores["evidence"]) == {"prior"}


def test_a_belief_keeps_its_average_on_a_likelier_night(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame, rules = contacts(400, 3), scoring(models)
    goal = dataclasses.replace(rules.goals[0], priors={"call": policy_prior(0.01), "email": policy_prior(0.01)})
    likely = goal.propensity.predict(goal.propensity.encoder.encode(frame))
    tonight = dataclasses.replace(goal, usual_propensity=float(likely.mean()))
    trained_on_others = dataclasses.replace(goal.propensity, base_rate=float(likely.mean()) / 10)
    means = [
        score_batch(frame, pairs(frame), Scoring((each,))).action_scores["uplift"].mean()
        for each in (tonight, dataclasses.replace(tonight, propensity=trained_on_others))
    ]
    assert means[0] == pytest.approx(0.01, rel=0.2) and means[0] == means[1]


def test_order_and_batches_do_not_matter(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame, rules = contacts(300, 2), scoring(models)
    eligible = pairs(frame)
    whole = score_batch(frame, eligible, rules)
    permuted = score_batch(frame.select(reversed(frame.columns)).reverse(), eligible.reverse(), rules)
    assert whole.action_scores.equals(permuted.action_scores)
    assert whole.contact_scores.equals(permuted.contact_scores)
    parts = [
        score_batch(part, eligible.filter(pl.col("contact_id").is_in(part["contact_id"].implode())), rules)
        for part in (frame[:100], frame[100:])
    ]
    assert pl.concat([part.action_scores for part in parts]).equals(whole.action_scores)


def test_value_model_tells_who_is_worth_more(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame = contacts(300, 2)
    won = frame.with_columns(unit_id="contact_id", value_cents=(10 + 0.5 * pl.col("x2")).exp())
    value = train_value(won, (), 1)
    goal = dataclasses.replace(scoring(models).goals[0], value=value)
    scores = score_batch(frame, pairs(frame).clear(), Scoring((goal,))).contact_scores
    assert np.corrcoef(scores["value_cents"], frame["x2"])[0, 1] > 0.8
    assert scores["value_cents"].mean() == pytest.approx(2_000, rel=0.1)


def test_nothing_eligible_and_nobody_at_all(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame = contacts(10, 2)
    assert score_batch(frame, pairs(frame).clear(), scoring(models)).action_scores.is_empty()
    nobody = score_batch(frame.clear(), pairs(frame).clear(), scoring(models))
    assert nobody.contact_scores.is_empty() and nobody.action_scores.is_empty()


def test_what_is_missing_is_named(models: tuple[PropensityModel, UpliftModel]) -> None:
    frame, rules = contacts(10, 2), scoring(models)
    with pytest.raises(EncodingError, match="'x3' is missing"):
        score_batch(frame.drop("x3"), pairs(frame), rules)
    with pytest.raises(EncodingError, match="'x3' holds NaN"):
        score_batch(frame.with_columns(x3=pl.lit(float("nan"))), pairs(frame), rules)
    with pytest.raises(ScoreError, match="c00009 has no features"):
        score_batch(frame.head(9), pl.DataFrame({"contact_id": ["c00009"], "action_id": ["call"]}), rules)
    with pytest.raises(ScoreError, match="action post has no goal"):
        score_batch(frame, pl.DataFrame({"contact_id": ["c00001"], "action_id": ["post"]}), rules)
    broken = dataclasses.replace(rules.goals[1], value_cents=float("nan"))
    with pytest.raises(ScoreError, match=r"value_cents isn't a finite number .* goal_id meeting"):
        score_batch(frame, pairs(frame).filter(pl.col("action_id") == "call"), Scoring((broken,)))
