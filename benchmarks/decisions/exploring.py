"""What exploring costs, and how much sooner the best actions are found: Thompson sampling against even draws and none.

A made-up market of 2,000 contacts in 4 segments with 12 actions; a tenth of the contacts is random control, nothing is
short. What an action brings depends on the segment, times a known size of the contact, and is about as often harm as
gain. A belief about it is normal and learns from every outcome of both arms, so that only what is tried differs.
Policies of the model arm: no exploring, the share explored evenly, and Thompson sampling with and without the floor.

- worth: true net value of the model arm's choices over all nights, exploring included, as a share of what somebody who
  knows the truth gets.
- known: the same of the best choice by what was learnt up to a night, without exploring.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from rich.table import Table

from benchmarks.decisions.printing import console
from models.draws import hash_ids
from models.exploration import Explorers, find_seats
from models.exploration_plan import plan_exploration
from models.limits import Problem
from models.thompson import thompson_weights

COUNT, SEGMENTS, ACTIONS, NIGHTS = 2_000, 4, 12, 60
MARKETS = 24
CONTROL, SHARE = 0.10, 0.10
NOISE = 30.0  # of one outcome, in standard deviations of what actions bring
FIRST = date(2026, 3, 1)
POLICIES = {"no exploring": (0.0, 0.0), "even": (0.1, 1.0), "Thompson, floor 0.3": (0.1, 0.3), "Thompson": (0.1, 0.0)}


@dataclass(frozen=True)
class Market:
    """Contacts with their pairs, and what actions truly bring: size of the contact × truth [segments, actions]."""

    problem: Problem
    action: np.ndarray
    segment: np.ndarray
    size: np.ndarray
    is_model: np.ndarray
    truth: np.ndarray

    @property
    def cell(self) -> tuple[np.ndarray, np.ndarray]:
        """Segment and action of each pair."""
        return self.segment[self.problem.contact], self.action

    def values(self, of_cells: np.ndarray) -> np.ndarray:
        """What is given for segments and actions, for the pairs. [pairs]."""
        return of_cells[self.cell] * self.size[self.problem.contact]

    def worth(self, choice: np.ndarray) -> float:
        """True value of what the model arm gets by a choice (int64 [contacts], -1 for none)."""
        chosen = choice[(choice >= 0) & self.is_model]
        return float(self.values(self.truth)[chosen].sum())

    def best(self, value: np.ndarray) -> np.ndarray:
        """The best pair of each contact of the model arm, -1 where none is worth anything. int64 [contacts]."""
        useful = np.flatnonzero((value > 0) & self.is_model[self.problem.contact])
        return self.problem.best_per_contact(value[useful], useful)


def make_market(seed: int) -> Market:
    """A market with its truth drawn."""
    rng = np.random.default_rng(seed)
    pairs = np.flatnonzero(rng.random(COUNT * ACTIONS) < 0.7)
    problem = Problem(pairs // ACTIONS, np.zeros(len(pairs)), (), COUNT)
    return Market(
        problem,
        pairs % ACTIONS,
        rng.integers(0, SEGMENTS, COUNT),
        rng.lognormal(0.0, 0.5, COUNT),
        rng.random(COUNT) >= CONTROL,
        rng.normal(0.0, 1.0, (SEGMENTS, ACTIONS)),
    )


def run_policy(market: Market, share: float, floor: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True worth of each night's choices, and of the best choice by what was known before it. Both [nights]."""
    rng = np.random.default_rng(seed)
    precision, weighted = np.ones((SEGMENTS, ACTIONS)), np.zeros((SEGMENTS, ACTIONS))
    problem, contact = market.problem, market.problem.contact
    hashes = hash_ids([f"c{i}" for i in range(COUNT)])
    explorers = Explorers(hashes, np.where(market.is_model, share, 1.0), market.is_model)
    seats = find_seats(problem, explorers)
    draws_own = np.flatnonzero((market.is_model & (seats.chance > 0))[contact])
    worth, known = np.zeros(NIGHTS), np.zeros(NIGHTS)
    for night in range(NIGHTS):
        value, error = market.values(weighted / precision), market.values(1 / np.sqrt(precision))
        best = market.best(value)
        weight = thompson_weights(problem, draws_own, value, error, floor)
        plan = plan_exploration(problem, explorers, seats, weight, (best, value))
        choice = plan.draw(FIRST + timedelta(days=night), seed).choice
        worth[night], known[night] = market.worth(choice), market.worth(best)
        chosen = choice[choice >= 0]
        noise = NOISE / market.size[contact[chosen]]
        where = (market.cell[0][chosen], market.cell[1][chosen])
        np.add.at(precision, where, 1 / noise**2)
        np.add.at(weighted, where, (market.truth[where] + rng.normal(0.0, 1.0, len(chosen)) * noise) / noise**2)
    return worth, known


def compare_policies(seeds: int = MARKETS) -> list[dict[str, float | str]]:
    """One row per policy; shares of what the truth would bring, means over markets: worth over all nights with the
    standard error of its difference from even exploring, worth known after 10 nights and at the end, and nights until
    80 % is known."""
    worth = np.zeros((len(POLICIES), seeds))
    known = np.zeros((len(POLICIES), seeds, NIGHTS))
    for seed in range(seeds):
        market = make_market(seed)
        oracle = market.worth(market.best(market.values(market.truth)))
        for i, (share, floor) in enumerate(POLICIES.values()):
            nights, best = run_policy(market, share, floor, seed)
            worth[i, seed], known[i, seed] = nights.mean() / oracle, best / oracle
    even = list(POLICIES).index("even")
    learnt = known.mean(axis=1)
    return [
        {
            "policy": name,
            "worth": float(worth[i].mean()),
            "error_against_even": float((worth[i] - worth[even]).std(ddof=1) / np.sqrt(seeds)),
            "known_after_10": float(learnt[i, 10]),
            "known_at_the_end": float(learnt[i, -1]),
            "nights_to_80_percent": float((learnt[i] < 0.8).sum()),
        }
        for i, name in enumerate(POLICIES)
    ]


def run(peers_python: str) -> object:
    """Print the comparison and return it."""
    del peers_python  # no peer takes part
    rows = compare_policies()
    table = Table(title=f"{MARKETS} markets of {COUNT} contacts, {NIGHTS} nights; shares of what the truth would bring")
    for column in ("policy", "worth", "± against even", "known after 10", "known at the end", "nights to 80 %"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for row in rows:
        name, *shares, nights = row.values()
        table.add_row(str(name), *(f"{share:.1%}" for share in shares), f"{nights:.0f}")
    console.print(table)
    return rows
