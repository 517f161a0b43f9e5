"""What exploring costs, and how much sooner the best actions are found: Thompson sampling against even draws and none.

A made-up market of 1,000 contacts in accounts, 4 segments and 12 actions; mails, ads and sellers are short. What an
action brings depends on the segment, times a known size of the contact; a belief about it is normal and learns from
every outcome of all deciding arms, so that only what is tried differs. Policies of the model arm: no exploring at all, the share explored
evenly, and Thompson sampling with the policy's floor. Random control runs beside each.

- worth: true net value of the model arm's choices over all nights, exploring included, as a share of what somebody
  who knows the truth gets from the same limits without exploring.
- by what is known: the same of the best choice by what was learnt so far, without exploring.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.night_choice import choose
from models.night_limits import ChoiceRules, NightLimits

COUNT, SEGMENTS, ACTIONS, NIGHTS = 1_000, 4, 12, 24
JUDGED_EVERY = 3  # nights
SHARE = 0.10
NOISE = 20.0  # of one outcome, in standard deviations of what actions of the channel bring
FIRST = date(2026, 3, 1)
ARMS = ("model", "model", "model", "model", "model", "model", "model", "random_control", "holdout", "holdout")
POLICIES = {"no exploring": (0.0, 0.0), "even": (SHARE, 1.0), "Thompson, floor 0.3": (SHARE, 0.3), "Thompson": (SHARE, 0.0)}
CHANNELS = pl.DataFrame(
    {"channel": ["ads", "call", "email"], "daily_volume": [None, None, 150], "daily_budget_cents": [4_500, None, None]},
    schema={"channel": pl.String, "daily_volume": pl.Int64, "daily_budget_cents": pl.Int64},
)


@dataclass(frozen=True)
class Market:
    """Contacts, the pairs that can be chosen every night, and what actions truly bring.

    Attributes:
        contacts: one row per contact.
        pairs: one row per contact and action, with segment and action as numbers, and the contact's size.
        truth: float64 [segments, actions], net value in cents.
        scale: float64 [actions], how far actions of the channel differ, in cents.
    """

    contacts: pl.DataFrame
    pairs: pl.DataFrame
    truth: np.ndarray
    scale: np.ndarray


def make_market(seed: int) -> Market:
    """A market with its truth drawn."""
    rng = np.random.default_rng(seed)
    channel = np.array(["email"] * 6 + ["ads"] * 3 + ["call"] * 3)
    cost = np.select([channel == "email", channel == "ads"], [2.0, 60.0], 1500.0)
    scale = np.select([channel == "email", channel == "ads"], [80.0, 120.0], 1500.0)
    truth = rng.normal(0.0, 1.0, (SEGMENTS, ACTIONS)) * scale
    account = rng.integers(0, COUNT // 5, COUNT)
    arm = rng.choice(ARMS, COUNT // 5)
    contacts = pl.DataFrame(
        {
            "contact_id": [f"c{i:06d}" for i in range(COUNT)],
            "account_id": [f"a{i:06d}" for i in account],
            "arm": arm[account],
        }
    )
    who, what = np.repeat(np.arange(COUNT), ACTIONS), np.tile(np.arange(ACTIONS), COUNT)
    pairs = pl.DataFrame(
        {
            "contact_id": contacts["contact_id"].gather(who),
            "action_id": [f"{channel[a]}_{a:02d}" for a in what],
            "channel": channel[what],
            "cost_cents": cost[what].astype(np.int64),
            "needs_owner": channel[what] == "call",
            "is_seller_action": channel[what] == "call",
            "owner_id": [f"o{i % 10}" for i in account[who]],
            "segment": (account % SEGMENTS)[who],
            "action": what,
            "size": rng.lognormal(0.0, 0.5, COUNT)[who],
        }
    )
    return Market(contacts, pairs.filter(pl.Series(rng.random(len(pairs)) < 0.7)), truth, scale)


@dataclass
class Belief:
    """What is known of each segment and action: normal, with a mean of 0 at first. [segments, actions]."""

    precision: np.ndarray
    weighted: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.weighted / self.precision

    @property
    def error(self) -> np.ndarray:
        return 1.0 / np.sqrt(self.precision)

    def learn(self, where: tuple[np.ndarray, np.ndarray], outcome: np.ndarray, noise: np.ndarray) -> None:
        np.add.at(self.precision, where, 1.0 / noise**2)
        np.add.at(self.weighted, where, outcome / noise**2)


def run_policy(market: Market, share: float, floor: float, seed: int) -> Iterator[tuple[float, float | None]]:
    """Each night: true net value of what the model arm got, in cents, and on some nights that of the best choice by
    what is known."""
    rng = np.random.default_rng(seed)
    belief = Belief(np.tile(market.scale**-2.0, (SEGMENTS, 1)), np.zeros((SEGMENTS, ACTIONS)))
    rules = ChoiceRules(account_daily_cap=3, rep_daily_capacity=8, exploration_share=share, exploration_floor=floor)
    for number in range(NIGHTS):
        night = FIRST + timedelta(days=number)
        pairs = _with_values(market, belief.mean, belief.error)
        is_judged = number % JUDGED_EVERY == JUDGED_EVERY - 1
        known = _worth(market, pairs, replace(rules, exploration_share=0.0), night) if is_judged else None
        choices = choose(market.contacts, pairs, NightLimits(CHANNELS, rules), night=night, seed=seed)
        got = choices.pairs[choices.chosen].join(market.contacts.select("contact_id", "arm"), on="contact_id")
        where = (got["segment"].to_numpy(), got["action"].to_numpy())
        noise = NOISE * market.scale[where[1]] / got["size"].to_numpy()
        belief.learn(where, market.truth[where] + rng.normal(0.0, 1.0, len(noise)) * noise, noise)
        true = market.truth[where] * got["size"].to_numpy()
        yield float(true[(got["arm"] == "model").to_numpy()].sum()), known


def oracle_worth(market: Market) -> float:
    """What a night brings to the model arm with the truth known and nobody exploring, in cents."""
    rules = ChoiceRules(account_daily_cap=3, rep_daily_capacity=8, exploration_share=0.0)
    pairs = _with_values(market, market.truth, np.zeros_like(market.truth))
    return _worth(market, pairs, rules, FIRST)


def _with_values(market: Market, mean: np.ndarray, error: np.ndarray) -> pl.DataFrame:
    where, size = (market.pairs["segment"].to_numpy(), market.pairs["action"].to_numpy()), pl.col("size")
    return market.pairs.with_columns(
        net_value_cents=pl.Series(mean[where]) * size, net_value_error_cents=pl.Series(error[where]) * size
    )


def _worth(market: Market, pairs: pl.DataFrame, rules: ChoiceRules, night: date) -> float:
    """True value of the model arm's choices by these values, with no other arm in the way."""
    others = pl.when(pl.col("arm") == "model").then("arm").otherwise(pl.lit("holdout"))
    contacts = market.contacts.with_columns(arm=others)
    got = (choices := choose(contacts, pairs, NightLimits(CHANNELS, rules), night=night, seed=0)).pairs[choices.chosen]
    true = market.truth[got["segment"].to_numpy(), got["action"].to_numpy()]
    return float(true @ got["size"].to_numpy())


def compare_policies(seeds: range) -> list[dict[str, float | str]]:
    """One row per policy, shares of the oracle's worth, means over seeds with the standard error of the difference from
    even exploring: worth over all nights, and worth by what is known after a third of them, and at the end."""
    worth = np.zeros((len(POLICIES), len(seeds)))
    known = np.zeros((len(POLICIES), len(seeds), NIGHTS // JUDGED_EVERY))
    for j, seed in enumerate(seeds):
        market = make_market(seed)
        oracle = oracle_worth(market)
        for i, (share, floor) in enumerate(POLICIES.values()):
            nights = list(run_policy(market, share, floor, seed))
            worth[i, j] = np.mean([night[0] for night in nights]) / oracle
            known[i, j] = [night[1] / oracle for night in nights if night[1] is not None]
    even = list(POLICIES).index("even")
    return [
        {
            "policy": name,
            "worth": float(worth[i].mean()),
            "error_against_even": float((worth[i] - worth[even]).std(ddof=1) / np.sqrt(len(seeds))),
            "known_after_a_third": float(known[i, :, NIGHTS // JUDGED_EVERY // 3 - 1].mean()),
            "known_at_the_end": float(known[i, :, -1].mean()),
        }
        for i, name in enumerate(POLICIES)
    ]
