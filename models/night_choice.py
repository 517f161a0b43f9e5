"""The night's choice: one action or none for every contact, with the probability that this choice had.

Random control draws, a share of the model arm explores (`exploration.py`), and the rest of the model arm gets the best
allocation of what the limits still hold (`allocation.py`). A model contact's probability is that of both ways to its
choice: `(1 - share) * [choice is the optimum] + share * (probability of drawing it)`. For a contact that explored,
the optimum is what it would have got otherwise (`explorer_optimum.py`). Given are: the arms, who is eligible, the
scores, the limits; for the optimum also the draws of the others and the prices of the limits that all share.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.allocation import Allocation, allocate, runner_up_at
from models.draws import draw_uniforms
from models.exploration import Draws, Explorers, draw_exploration
from models.explorer_optimum import optimum_of_explorers
from models.limits import LimitFamily, Problem
from models.night_limits import SELLER_ACTIONS_PER_ACCOUNT, ChoiceRules, NightLimits, build_limits

DECIDING_ARMS = ("model", "random_control")
TIE_BREAK = 1e-9  # relative; equal values are told apart by a hash and not by the order of contacts


@dataclass(frozen=True)
class NightChoices:
    """The choices of a night.

    Attributes:
        pairs: the pairs that could be chosen, one row per contact and action, sorted by contact_id and action_id.
        by_contact: one row per contact, in the order given: pair and runner_up (row of `pairs`; null for none),
            action_probability, way (`optimum`, `explored`, `random`; `none` where nothing could be chosen),
            eligible_action_ids (those of its pairs, also where the arm decides nothing; sorted, before account slots
            and limits), gate (`capacity`, `no_gain` or `exploration` where a choice was made and it is none),
            short_limit (the kind of limit that has no room for the runner-up of a contact without action), count_pairs.
        families: the limits, before anything is chosen.
        chosen: index of all chosen pairs.
        allocation: of the contacts that didn't explore.
    """

    pairs: pl.DataFrame
    by_contact: pl.DataFrame
    families: tuple[LimitFamily, ...]
    chosen: np.ndarray
    allocation: Allocation


def choose(contacts: pl.DataFrame, pairs: pl.DataFrame, limits: NightLimits, *, night: date, seed: int) -> NightChoices:
    """Choose for all contacts.

    Args:
        contacts: one row per contact, sorted by contact_id; contact_id, account_id, arm.
        pairs: one row per contact and eligible, scored action; contact_id, action_id, channel, net_value_cents,
            cost_cents, needs_owner, is_seller_action, owner_id (who does it, where an owner is needed); further columns
            stay.
        limits: of the night.
        night, seed: what the draws belong to.
    """
    eligible = _eligible_actions(contacts, pairs)
    pairs = _pairs_of_deciding_arms(contacts, pairs)
    value = pairs["net_value_cents"].to_numpy().astype(np.float64)
    problem = Problem(pairs["contact"].to_numpy(), value, build_limits(pairs, limits), len(contacts))
    share = _exploring_share(contacts["arm"], limits.rules.exploration_share)
    explorers = _explorers(contacts, pairs, share, limits.rules)
    draws = draw_exploration(problem, explorers, night, seed)
    allocation, optimum, runner_up = _optimise(contacts, problem, (explorers, draws), night, seed)
    choice = np.where(draws.is_exploring, draws.pair, optimum)
    by_contact = pl.DataFrame(
        {
            "pair": choice,
            "runner_up": runner_up,
            "action_probability": _probability(choice, optimum, share, draws),
            "way": _ways(contacts["arm"].to_numpy(), problem, draws),
            "gate": _gates(problem, choice, draws),
            "short_limit": _short_limits(problem, choice, runner_up),
            "count_pairs": np.bincount(problem.contact, minlength=len(contacts)),
        },
        schema_overrides={"gate": pl.String, "short_limit": pl.String, "way": pl.String},
    ).with_columns(eligible, pl.col("pair", "runner_up").replace(-1, None))
    return NightChoices(pairs, by_contact, problem.families, np.sort(choice[choice >= 0]), allocation)


def _eligible_actions(contacts: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """The actions that a contact could draw from, whatever its arm; sorted, an empty list for none. [contacts]."""
    listed = pairs.group_by("contact_id").agg(pl.col("action_id").sort().alias("eligible_action_ids"))
    joined = contacts.select("contact_id").join(
        listed, on="contact_id", how="left", validate="m:1", maintain_order="left"
    )
    return joined["eligible_action_ids"].cast(pl.List(pl.String)).fill_null([])


def _pairs_of_deciding_arms(contacts: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    if not contacts["contact_id"].is_sorted():
        raise ValueError("contacts must be sorted by contact_id")
    if contacts["arm"].null_count():
        raise ValueError(f"{contacts['arm'].null_count()} contacts have no arm")
    numbered = contacts.with_row_index("contact").with_columns(pl.col("contact").cast(pl.Int64))
    deciding = numbered.filter(pl.col("arm").is_in(DECIDING_ARMS))
    columns = deciding.select("contact", "contact_id", "account_id")
    return pairs.join(columns, on="contact_id", validate="m:1").sort("contact", "action_id")


def _exploring_share(arm: pl.Series, exploration_share: float) -> np.ndarray:
    return np.select([arm == "random_control", arm == "model"], [1.0, exploration_share], 0.0)


def _explorers(contacts: pl.DataFrame, pairs: pl.DataFrame, share: np.ndarray, rules: ChoiceRules) -> Explorers:
    account = contacts["account_id"].rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return Explorers(
        contact_ids=contacts["contact_id"].to_list(),
        share=share,
        account=account,
        is_seller_pair=pairs["is_seller_action"].to_numpy(),
        account_cap=rules.account_daily_cap,
        seller_cap=SELLER_ACTIONS_PER_ACCOUNT,
    )


def _optimise(
    contacts: pl.DataFrame, problem: Problem, exploration: tuple[Explorers, Draws], night: date, seed: int
) -> tuple[Allocation, np.ndarray, np.ndarray]:
    """The allocation of those who don't explore; optimum and runner-up of every contact, [contacts]."""
    explorers, draws = exploration
    is_optimised = (contacts["arm"] == "model").to_numpy() & ~draws.is_exploring
    index = np.flatnonzero(is_optimised[problem.contact])
    drawn = draws.pair[draws.pair >= 0]
    left = tuple(family.after(drawn).of_pairs(index) for family in problem.families)
    order = draw_uniforms(contacts["contact_id"].to_list(), "tie", night, seed)
    value = problem.value[index] * (1 + TIE_BREAK * order[problem.contact[index]])
    allocation = allocate(Problem(problem.contact[index], value, left, problem.count_contacts))
    prices = allocation.prices.by_family
    shared = [price * (not family.is_local) for family, price in zip(problem.families, prices, strict=True)]
    otherwise = optimum_of_explorers(
        problem, problem.value - problem.price_of_pairs(shared), is_optimised, explorers, draws
    )
    optimum = np.where(is_optimised, np.append(index, -1)[allocation.choice], otherwise)
    choice = np.where(draws.is_exploring, draws.pair, optimum)
    return allocation, optimum, runner_up_at(problem, problem.value - problem.price_of_pairs(prices), choice)


def _probability(choice: np.ndarray, optimum: np.ndarray, share: np.ndarray, draws: Draws) -> np.ndarray:
    """Probability of each contact's choice given its arm; 1 where there was nothing to choose. [contacts]."""
    drawing = np.where(choice >= 0, np.append(draws.probability, 0.0)[choice], draws.none_probability)
    return (1 - share) * (choice == optimum) + share * drawing


def _ways(arm: np.ndarray, problem: Problem, draws: Draws) -> np.ndarray:
    has_pairs = np.bincount(problem.contact, minlength=problem.count_contacts) > 0
    exploring = np.where(arm == "random_control", "random", "explored")
    return np.where(has_pairs, np.where(draws.is_exploring, exploring, "optimum"), "none")


def _gates(problem: Problem, choice: np.ndarray, draws: Draws) -> list[str | None]:
    """Why a contact that had pairs got none of them; None for all others. [contacts]."""
    has_pairs = np.bincount(problem.contact, minlength=problem.count_contacts) > 0
    has_gain = np.bincount(problem.contact[problem.value > 0], minlength=problem.count_contacts) > 0
    drew_none = np.where(draws.is_held_back, "capacity", "exploration")
    optimised = np.where(has_gain, "capacity", "no_gain")
    gates = np.where(draws.is_exploring, drew_none, optimised)
    return [str(gate) if is_none else None for gate, is_none in zip(gates, has_pairs & (choice < 0), strict=True)]


def _short_limits(problem: Problem, choice: np.ndarray, runner_up: np.ndarray) -> list[str | None]:
    """The first family that has no room for the runner-up of a contact without action; None for all others.
    [contacts]."""
    waiting = np.flatnonzero((choice < 0) & (runner_up >= 0))
    names: list[str | None] = [None] * problem.count_contacts
    for family in problem.families:
        left = family.after(choice[choice >= 0])
        is_short = ~left.fits_alone()[runner_up[waiting]]
        for contact in waiting[is_short].tolist():
            names[contact] = names[contact] or family.name
    return names
