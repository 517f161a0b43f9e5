"""The night's choice: one action or none for every contact, with the probability that this choice had.

Random control draws, and so does a share of the model arm (`exploration.py`, `thompson.py`); the rest of the model arm
gets the optimum: the best allocation of what the limits hold, less what is set aside for draws (`reserve.py`). The
optimum doesn't depend on what is drawn, and what the draws of others do to a contact is known beforehand
(`exploration_plan.py`). So `action_probability` is the share of all seeds in which the contact gets this action, given
the arms, who is eligible, the scores and the limits; the same whatever the seed.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from models.allocation import Allocation, allocate, price_of_pairs
from models.draws import hash_ids
from models.exploration import Explorers, even_turns, find_seats, over_turns
from models.exploration_plan import Draws, ExplorationPlan, plan_exploration
from models.limit_conflicts import Conflict, LimitConflictError, attainable_floors, find_conflicts
from models.limits import LimitFamily, Problem
from models.night_limits import ChoiceRules, NightLimits, build_limits
from models.night_volumes import volume_floors
from models.repair import runner_up_at
from models.reserve import set_aside
from models.thompson import thompson_weights

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
        families, floors: the limits, before anything is chosen; a floor's capacity is its minimum.
        chosen: index of all chosen pairs.
        model, allocation: what the model arm could get, and its optimum, as if nobody explored.
        conflicts: minimums that can't be met within the limits.
    """

    pairs: pl.DataFrame
    by_contact: pl.DataFrame
    families: tuple[LimitFamily, ...]
    floors: tuple[LimitFamily, ...]
    chosen: np.ndarray
    model: Problem
    allocation: Allocation
    conflicts: tuple[Conflict, ...]


def choose(contacts: pl.DataFrame, pairs: pl.DataFrame, limits: NightLimits, *, night: date, seed: int) -> NightChoices:
    """Choose for all contacts.

    Args:
        contacts: one row per contact, sorted by contact_id; contact_id, account_id, arm.
        pairs: one row per contact and eligible, scored action; contact_id, action_id, channel, net_value_cents,
            net_value_error_cents, cost_cents, needs_owner, is_seller_action, owner_id (who does it, where an owner is
            needed); further columns stay.
        limits: of the night.
        night, seed: what the draws belong to.
    """
    eligible = _eligible_actions(contacts, pairs)
    pairs = _pairs_of_deciding_arms(contacts, pairs)
    value = pairs["net_value_cents"].to_numpy().astype(np.float64)
    floors = volume_floors(pairs, limits.volumes)
    problem = Problem(pairs["contact"].to_numpy(), value, build_limits(pairs, limits), len(contacts), floors)
    conflicts = _conflicts(problem, limits.rules)
    explorers = _explorers(contacts, limits.rules)
    kept, model, allocation, plan = _plan(problem, pairs, explorers, limits.rules, night)
    draws = plan.draw(night, seed)
    choice = draws.choice
    score = problem.value - price_of_pairs(problem, allocation.prices)
    runner_up = runner_up_at(problem, score, choice)
    probability = np.where(choice >= 0, np.append(plan.probability, 0.0)[choice], plan.none_probability)
    by_contact = pl.DataFrame(
        {
            "pair": choice,
            "runner_up": runner_up,
            "action_probability": probability,
            "way": _ways(contacts["arm"].to_numpy(), problem, draws),
            "gate": _gates(problem, explorers, draws),
            "short_limit": _short_limits((problem.families, kept), (choice, plan.optimum), runner_up),
            "count_pairs": np.bincount(problem.contact, minlength=len(contacts)),
        },
        schema_overrides={"gate": pl.String, "short_limit": pl.String, "way": pl.String},
    ).with_columns(eligible, pl.col("pair", "runner_up").replace(-1, None))
    chosen = np.sort(choice[choice >= 0])
    return NightChoices(pairs, by_contact, problem.families, floors, chosen, model, allocation, conflicts)


def _conflicts(problem: Problem, rules: ChoiceRules) -> tuple[Conflict, ...]:
    """Minimums that can't be met within the limits.

    Raises:
        LimitConflictError: there are some, and policy doesn't permit to relax them.
    """
    conflicts = find_conflicts(problem)
    if conflicts and not rules.relax_minimums:
        named = "; ".join(f"{', '.join(each.limit_ids)} (at most {each.possible:.0f})" for each in conflicts)
        raise LimitConflictError(
            f"limits can't hold together: {named}; lower a minimum, widen a limit, or set limits.relax_minimums"
        )
    return conflicts


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


def _explorers(contacts: pl.DataFrame, rules: ChoiceRules) -> Explorers:
    arm = contacts["arm"].to_numpy()
    share = np.select([arm == "random_control", arm == "model"], [1.0, rules.exploration_share], 0.0)
    return Explorers(hash_ids(contacts["contact_id"].to_list()), share, arm == "model")


def _plan(
    problem: Problem, pairs: pl.DataFrame, explorers: Explorers, rules: ChoiceRules, night: date
) -> tuple[tuple[LimitFamily, ...], Problem, Allocation, ExplorationPlan]:
    """What the optimum may use of the limits, the model arm's optimum, and what exploring can lead to beside it."""
    seats = find_seats(problem, explorers)
    even_share = np.where(explorers.is_optimised, rules.exploration_floor, 1.0)
    even = over_turns(even_turns(problem, seats), len(problem.contact)) * even_share[problem.contact]
    kept = set_aside(problem, even, explorers.share * even_share, night)
    index = np.flatnonzero(explorers.is_optimised[problem.contact])
    order = explorers.hashes / 2.0**64
    value = problem.value[index] * (1 + TIE_BREAK * order[problem.contact[index]])
    left = tuple(family.of_pairs(index) for family in kept)
    # so many that a night meets its minimums on average, though some of those whom they count explore
    wanted = [
        replace(floor.of_pairs(index), capacity=np.ceil(floor.capacity / max(1 - rules.exploration_share, 0.1) - 1e-9))
        for floor in problem.floors
    ]
    model = Problem(problem.contact[index], value, left, problem.count_contacts, tuple(wanted))
    model = replace(model, floors=attainable_floors(model))
    allocation = allocate(model)
    optimum = np.append(index, -1)[allocation.choice]
    prices = allocation.prices
    shared = [price * (not f.is_local) for f, price in zip(problem.families, prices.by_family, strict=True)]
    score = problem.value - price_of_pairs(problem, replace(prices, by_family=tuple(shared)))
    can_draw = (explorers.is_optimised & (seats.chance > 0))[problem.contact] & (seats.rights > 0)
    error = pairs["net_value_error_cents"].to_numpy()
    weight = thompson_weights(problem, np.flatnonzero(can_draw), score, error, rules.exploration_floor)
    return kept, model, allocation, plan_exploration(problem, explorers, seats, weight, (optimum, score))


def _ways(arm: np.ndarray, problem: Problem, draws: Draws) -> np.ndarray:
    is_exploring = draws.is_exploring | (arm == "random_control")
    has_pairs = np.bincount(problem.contact, minlength=problem.count_contacts) > 0
    exploring = np.where(arm == "random_control", "random", "explored")
    return np.where(has_pairs, np.where(is_exploring, exploring, "optimum"), "none")


def _gates(problem: Problem, explorers: Explorers, draws: Draws) -> list[str | None]:
    """Why a contact that had pairs got none of them; None for all others. [contacts]."""
    has_pairs = np.bincount(problem.contact, minlength=problem.count_contacts) > 0
    has_gain = np.bincount(problem.contact[problem.value > 0], minlength=problem.count_contacts) > 0
    drew_none = np.where(draws.is_held_back, "capacity", "exploration")
    # who draws nothing because another of its account does waits for a place as well
    waited = np.where(has_gain | ~explorers.is_optimised, "capacity", "no_gain")
    gates = np.where(draws.is_exploring, drew_none, waited)
    is_none = has_pairs & (draws.choice < 0)
    return [str(gate) if none else None for gate, none in zip(gates, is_none, strict=True)]


def _short_limits(
    limits: tuple[tuple[LimitFamily, ...], tuple[LimitFamily, ...]],
    choices: tuple[np.ndarray, np.ndarray],
    runner_up: np.ndarray,
) -> list[str | None]:
    """The first family that has no room for the runner-up of a contact without action; None for all others.
    [contacts].

    Args:
        limits: of the night, and what the optimum may use of them.
        choices: int64 [contacts], what is chosen, and the optimum: a place that its owner left to explore isn't free.
        runner_up: int64 [contacts].
    """
    waiting = np.flatnonzero((choices[0] < 0) & (runner_up >= 0))
    names: list[str | None] = [None] * len(runner_up)
    for families in zip(*limits, strict=True):
        is_short = np.zeros(len(waiting), dtype=bool)
        for family, choice in zip(families, choices, strict=True):
            is_short |= ~family.after(choice[choice >= 0]).fits_alone()[runner_up[waiting]]
        for contact in waiting[is_short].tolist():
            names[contact] = names[contact] or families[0].name
    return names
