"""One choice per contact: limits hold, probabilities are true, gates say why there is none."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from models.night_choice import NightChoices, choose
from models.night_limits import ChoiceRules, NightLimits, limit_prices

NIGHT = date(2026, 3, 1)
RULES = ChoiceRules(account_daily_cap=2, rep_daily_capacity=3, exploration_share=0.2)
CHANNELS = pl.DataFrame(
    {"channel": ["ads", "call", "email"], "daily_volume": [None, None, 40], "daily_budget_cents": [600, None, None]},
    schema={"channel": pl.String, "daily_volume": pl.Int64, "daily_budget_cents": pl.Int64},
)
NO_LIMITS = CHANNELS.with_columns(
    pl.lit(None, pl.Int64).alias("daily_volume"), pl.lit(None, pl.Int64).alias("daily_budget_cents")
)
ACTIONS = pl.DataFrame(
    {
        "action_id": ["ads", "call", "mail_a", "mail_b"],
        "channel": ["ads", "call", "email", "email"],
        "cost_cents": [60, 1500, 2, 2],
        "needs_owner": [False, True, False, False],
        "is_seller_action": [False, True, False, False],
    }
)


def company(count: int = 200, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Contacts in accounts of about four, all arms; pairs with values of which some are negative."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, count // 4, count)
    arms = np.array(["model", "model", "model", "random_control", "business_as_usual", "holdout"])
    contacts = pl.DataFrame(
        {
            "contact_id": [f"c{i:05d}" for i in range(count)],
            "account_id": [None if a % 10 == 0 else f"a{a}" for a in account],
            "arm": arms[account % 6],
        }
    )
    owners = pl.Series("owner_id", [f"o{a % 5}" for a in account])
    grid = contacts.select("contact_id", owners).join(ACTIONS, how="cross")
    value = rng.normal(400, 500, len(grid)) + grid["cost_cents"].to_numpy()
    net_value = value - grid["cost_cents"]
    return contacts, grid.with_columns(pl.Series("net_value_cents", net_value)).filter(
        pl.Series(rng.random(len(grid)) < 0.7)
    )


def action_of(choices: NightChoices) -> list[str | None]:
    return [None if pair is None else choices.pairs["action_id"][pair] for pair in choices.by_contact["pair"]]


def test_every_limit_holds_over_draws_and_optimum_together():
    contacts, pairs = company()
    for seed in range(20):
        choices = choose(contacts, pairs, NightLimits(CHANNELS, RULES), night=NIGHT, seed=seed)
        for family in choices.families:
            assert (family.used_by(choices.chosen) <= family.capacity + 1e-6).all(), family.name
        prices = limit_prices(choices.families, choices.chosen, choices.allocation.prices.by_family)
        assert prices.columns == ["limit_id", "capacity", "used", "shadow_price_cents"]
        assert (prices["used"] <= prices["capacity"] + 1e-6).all()
    assert set(prices["limit_id"]) == {"daily_budget:ads", "daily_volume:email"} | {
        f"rep_daily_capacity:o{i}" for i in range(5)
    }


def test_only_model_and_random_control_get_actions():
    contacts, pairs = company()
    result = contacts.with_columns(
        choose(contacts, pairs, NightLimits(CHANNELS, RULES), night=NIGHT, seed=1).by_contact
    )
    others = result.filter(pl.col("arm").is_in(["business_as_usual", "holdout"]))
    assert others["pair"].is_null().all()
    assert (others["action_probability"] == 1.0).all()
    assert (others["way"] == "none").all()
    assert result.filter(pl.col("arm") == "random_control")["way"].is_in(["random", "none"]).all()
    assert result.filter(pl.col("pair").is_not_null())["gate"].is_null().all()


def test_what_a_contact_could_get_is_told_in_all_arms_whatever_the_limits():
    contacts, pairs = company()
    closed = CHANNELS.with_columns(pl.lit(0).alias("daily_volume"))
    choices = choose(
        contacts, pairs.sample(fraction=1, shuffle=True, seed=1), NightLimits(closed, RULES), night=NIGHT, seed=1
    )
    told = choices.by_contact["eligible_action_ids"].to_list()
    allowed = set(pairs.select("contact_id", "action_id").rows())
    assert told == [
        [action for action in ACTIONS["action_id"] if (contact, action) in allowed]
        for contact in contacts["contact_id"]
    ]


def test_without_limits_the_choice_has_exactly_the_logged_probability():
    """Values are such that the optimum is the same every night; frequencies over seeds are compared per choice."""
    contacts, pairs = company(60, seed=2)
    rules = replace(RULES, account_daily_cap=100, rep_daily_capacity=1000)
    pairs = pairs.filter(pl.col("action_id") != "call")  # one seller action per account would make the optimum vary
    seeds, observed, logged = 600, {}, {}
    for seed in range(seeds):
        choices = choose(contacts, pairs, NightLimits(NO_LIMITS, rules), night=NIGHT, seed=seed)
        for key in zip(
            contacts["contact_id"], action_of(choices), choices.by_contact["action_probability"], strict=True
        ):
            observed[key[:2]] = observed.get(key[:2], 0) + 1
            assert logged.setdefault(key[:2], key[2]) == pytest.approx(key[2])
    frequency, probability = np.array(list(observed.values())) / seeds, np.array([logged[key] for key in observed])
    assert (np.abs(frequency - probability) < 4.5 * np.sqrt(probability * (1 - probability) / seeds) + 1e-9).all()
    assert probability.sum() == pytest.approx(60, abs=0.2)  # nearly every possible choice was seen


def test_inverse_probabilities_of_random_control_average_to_one_under_binding_limits():
    contacts, pairs = company(120, seed=3)
    contacts = contacts.with_columns(pl.lit("random_control").alias("arm"))
    seeds, weights = 400, dict.fromkeys(ACTIONS["action_id"], 0.0)
    for seed in range(seeds):
        choices = choose(contacts, pairs, NightLimits(CHANNELS, RULES), night=NIGHT, seed=seed)
        for action, probability in zip(action_of(choices), choices.by_contact["action_probability"], strict=True):
            if action is not None:
                weights[action] += 1 / probability
    counts = dict(pairs["action_id"].value_counts().iter_rows())
    for action, weight in weights.items():
        assert weight / seeds == pytest.approx(counts[action], rel=0.12), action


def test_inverse_probabilities_of_the_model_arm_average_to_one_where_people_of_an_account_compete():
    """Losers of a place get nothing with the probability that is logged, and would otherwise count too much."""
    contacts, pairs = company(60, seed=3)
    contacts, pairs = contacts.with_columns(pl.lit("model").alias("arm")), pairs.filter(pl.col("action_id") != "ads")
    rules, seeds = replace(RULES, rep_daily_capacity=1000), 400
    able = contacts["contact_id"].is_in(pairs["contact_id"].to_list()).to_numpy()
    nothing = []
    for seed in range(seeds):
        choices = choose(contacts, pairs, NightLimits(NO_LIMITS, rules), night=NIGHT, seed=seed).by_contact
        is_none = choices["pair"].is_null().to_numpy()
        nothing.append((is_none / choices["action_probability"].to_numpy())[able].mean())
    assert np.mean(nothing) == pytest.approx(1.0, abs=3 * np.std(nothing) / np.sqrt(seeds))
    assert np.std(nothing) / np.sqrt(seeds) < 0.02


def test_a_contact_with_nothing_worth_doing_gets_none_for_no_gain():
    contacts, pairs = company(40)
    pairs = pairs.with_columns(pl.lit(-5.0).alias("net_value_cents"))
    rules = replace(RULES, exploration_share=0.0)
    result = contacts.with_columns(
        choose(contacts, pairs, NightLimits(CHANNELS, rules), night=NIGHT, seed=1).by_contact
    )
    model = result.filter((pl.col("arm") == "model") & (pl.col("count_pairs") > 0))
    assert (model["gate"] == "no_gain").all()
    assert (model["action_probability"] == 1.0).all()


def test_a_contact_that_a_limit_leaves_without_action_is_told_so():
    contacts, pairs = company(40)
    closed = CHANNELS.with_columns(pl.lit(0).alias("daily_volume"))
    rules = replace(RULES, exploration_share=0.0, account_daily_cap=100)
    result = contacts.with_columns(choose(contacts, pairs, NightLimits(closed, rules), night=NIGHT, seed=1).by_contact)
    model = result.filter((pl.col("arm") == "model") & (pl.col("count_pairs") > 0))
    assert model["pair"].is_null().all()
    assert set(model["gate"]) <= {"capacity", "no_gain"}
    assert (model["gate"] == "capacity").any()
    short = model.filter(pl.col("gate") == "capacity")["short_limit"]
    assert set(short) <= {f"daily_volume:{channel}" for channel in CHANNELS["channel"]}
    assert model.filter(pl.col("gate") == "no_gain")["short_limit"].null_count() == (model["gate"] == "no_gain").sum()


def test_the_runner_up_is_another_action_that_is_worth_something():
    contacts, pairs = company()
    choices = choose(contacts, pairs, NightLimits(CHANNELS, RULES), night=NIGHT, seed=1)
    both = choices.by_contact.drop_nulls(["pair", "runner_up"])
    net = choices.pairs["net_value_cents"]
    assert len(both)
    assert (both["pair"] != both["runner_up"]).all()
    assert (choices.pairs["contact"][both["pair"]] == choices.pairs["contact"][both["runner_up"]]).all()
    assert (net[both["runner_up"]] > 0).all()


def test_the_order_of_pairs_does_not_matter():
    contacts, pairs = company()
    one = choose(contacts, pairs, NightLimits(CHANNELS, RULES), night=NIGHT, seed=5)
    other = choose(
        contacts, pairs.sample(fraction=1.0, shuffle=True, seed=1), NightLimits(CHANNELS, RULES), night=NIGHT, seed=5
    )
    assert action_of(one) == action_of(other)
    assert one.by_contact.equals(other.by_contact)


@pytest.mark.parametrize("count", [0, 3])
def test_nobody_and_nothing(count):
    contacts, pairs = company(40)
    choices = choose(contacts.head(count), pairs.clear(), NightLimits(CHANNELS, RULES), night=NIGHT, seed=1)
    assert choices.by_contact["pair"].null_count() == count
    assert (choices.by_contact["action_probability"] == 1.0).all()
    assert choices.by_contact["gate"].null_count() == count
