"""One choice per contact: limits hold, probabilities are true, gates say why there is none."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from models.allocation import Allocation, allocate
from models.evaluation import Log, estimate_ips
from models.limits import Problem
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
    grid = grid.with_columns(
        net_value_cents=value - grid["cost_cents"].to_numpy(), net_value_error_cents=rng.uniform(0, 600, len(grid))
    )
    return contacts, grid.filter(pl.Series(rng.random(len(grid)) < 0.7))


def action_of(choices: NightChoices) -> list[str | None]:
    return [None if pair is None else choices.pairs["action_id"][pair] for pair in choices.by_contact["pair"]]


@pytest.fixture
def solved_once(monkeypatch):
    """The optimum is solved for the first seed and must be asked for in the same way for all others."""
    solved = {}

    def remember(problem: Problem) -> Allocation:
        parts = [problem.contact, problem.value, *(each.capacity for each in problem.families)]
        key = b"".join(part.tobytes() for part in parts)
        assert not solved or key in solved, "the optimum depends on the seed"
        if key not in solved:
            solved[key] = allocate(problem)
        return solved[key]

    monkeypatch.setattr("models.night_choice.allocate", remember)


@pytest.mark.usefixtures("solved_once")
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


@pytest.mark.usefixtures("solved_once")
@pytest.mark.parametrize(("mixed", "tied"), [(False, False), (True, True)])
def test_frequencies_over_seeds_are_the_logged_probabilities_under_binding_limits(mixed, tied):
    """Mails, ads, reps and accounts are short; arms by account or by contact; all values the same or not."""
    contacts, pairs = company(36, seed=3)
    arm = np.random.default_rng(1).choice(["model", "random_control"], 36, p=[0.6, 0.4])
    contacts = contacts.with_columns(arm=pl.Series(arm) if mixed else pl.col("arm"))
    pairs = pairs.with_columns(net_value_cents=pl.lit(500.0) if tied else pl.col("net_value_cents"))
    limits = NightLimits(
        CHANNELS.with_columns(daily_volume=pl.Series([None, 3, 7]), daily_budget_cents=pl.Series([240, None, None])),
        replace(RULES, rep_daily_capacity=1, exploration_share=0.3),
    )
    seeds, observed, logged = 500, {}, {}
    for seed in range(seeds):
        choices = choose(contacts, pairs, limits, night=NIGHT, seed=seed)
        for key in zip(
            contacts["contact_id"], action_of(choices), choices.by_contact["action_probability"], strict=True
        ):
            observed[key[:2]] = observed.get(key[:2], 0) + 1
            assert logged.setdefault(key[:2], key[2]) == pytest.approx(key[2], abs=1e-12)
    frequency, probability = np.array(list(observed.values())) / seeds, np.array([logged[key] for key in observed])
    z = (frequency - probability) / np.sqrt(np.maximum(probability * (1 - probability), 1e-6) / seeds)
    assert np.abs(z).max() < 4.5
    assert np.sqrt((z[probability < 1 - 1e-9] ** 2).mean()) < 1.3
    assert probability.sum() == pytest.approx(36, abs=0.5)  # nearly every possible choice was seen


@pytest.mark.usefixtures("solved_once")
def test_another_policy_is_evaluated_without_bias_from_what_was_drawn():
    """What each contact's actions bring is fixed; the other policy draws evenly among what can be drawn, or nothing."""
    contacts, pairs = company(36, seed=5)
    limits = NightLimits(CHANNELS.with_columns(daily_volume=pl.Series([None, None, 8])), RULES)
    reward = np.random.default_rng(3).random((36, 5))
    place = {action: i for i, action in enumerate([None, *ACTIONS["action_id"]])}
    weights, terms = [], []
    for seed in range(500):
        choices = choose(contacts, pairs, limits, night=NIGHT, seed=seed)
        decided = (choices.by_contact["count_pairs"] > 0).to_numpy()
        target = 1 / (choices.by_contact["count_pairs"].to_numpy() + 1)[decided]
        chosen = np.array([place[action] for action in action_of(choices)])[decided]
        log = Log(reward[decided, chosen], choices.by_contact["action_probability"].to_numpy()[decided], target)
        weights.append(log.weight.mean())
        terms.append(estimate_ips(log).value)
    allowed = np.zeros((36, 5), dtype=bool)
    allowed[:, 0] = True
    allowed[choices.pairs["contact"].to_numpy(), [place[action] for action in choices.pairs["action_id"]]] = True
    truth = np.average(reward, weights=allowed / allowed.sum(axis=1, keepdims=True) * decided[:, None])
    assert np.mean(weights) == pytest.approx(1.0, abs=4 * np.std(weights) / np.sqrt(500))
    assert np.mean(terms) == pytest.approx(truth, abs=4 * np.std(terms) / np.sqrt(500))
    assert np.std(terms) / np.sqrt(500) < 0.03 * truth


def test_who_gives_way_to_an_explorer_of_its_account_is_told_so():
    contacts, pairs = company(60, seed=3)
    contacts, rules = contacts.with_columns(arm=pl.lit("model")), replace(RULES, account_daily_cap=1)
    choices = choose(contacts, pairs, NightLimits(NO_LIMITS, rules), night=NIGHT, seed=2).by_contact
    gave_way = choices.filter(pl.col("pair").is_null() & (pl.col("way") == "optimum"))
    assert set(gave_way["gate"]) <= {"capacity", "no_gain"}
    assert set(gave_way.filter(pl.col("gate") == "capacity")["short_limit"]) == {"account_daily_cap"}


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
