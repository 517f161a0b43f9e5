"""What a night's exploring can lead to, and how probable each of it is, before anything is drawn.

A contact gets its optimum unless it is picked to explore, or gives way to one of its unit who is. Picked, it draws; a
drawn action that needs something scarce needs a place too, and without one the contact gets its optimum after all. How
probable each of these is doesn't depend on the seed, so the probability of each action is known exactly, over all draws
of the night: everybody's, not only the contact's own. What is given are the arms, who is eligible, the scores and the
limits.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from models.displacement import Displacement, find_displaced
from models.draws import mix_uniforms
from models.exploration import Explorers, Seats, Turn, draw_pairs, even_turns, over_turns, pick_explorers
from models.limits import Problem, fit_within
from models.lottery import chance_of_place, serve
from models.places import Places, give_places, needs_of, only_scarce


@dataclass(frozen=True)
class Draws:
    """What was drawn in a night.

    Attributes:
        choice: int64 [contacts], the pair that each contact gets; -1 for none.
        is_exploring: bool [contacts], who was picked and didn't fall back on its optimum.
        is_held_back: bool [contacts], who drew an action, found no place for it and has no optimum.
    """

    choice: np.ndarray
    is_exploring: np.ndarray
    is_held_back: np.ndarray


@dataclass(frozen=True)
class ExplorationPlan:
    """All that the draws of a night need, and the probabilities they have.

    Attributes:
        probability: float64 [pairs], of each pair to be its contact's choice.
        none_probability: float64 [contacts], of no action.
    """

    problem: Problem
    explorers: Explorers
    seats: Seats
    optimum: np.ndarray
    weight: np.ndarray
    places: Places
    displacement: Displacement
    probability: np.ndarray
    none_probability: np.ndarray

    def draw(self, night: date, seed: int) -> Draws:
        """Draw for a seed."""

        def uniform(purpose: str) -> np.ndarray:
            return mix_uniforms(self.explorers.hashes, purpose, night, seed)

        problem, places = self.problem, self.places
        picked, turn = pick_explorers(self.seats, uniform("explorer"), uniform("turn"))
        drawn = draw_pairs(problem, picked, self._weight_at(picked, turn), uniform("action"))
        asking = drawn[drawn >= 0]
        asking = asking[places.kind[asking] >= 0]
        who = problem.contact[asking]
        way = int(mix_uniforms(np.zeros(1, dtype=np.uint64), "places", night, seed)[0] * len(places.count))
        count = places.count[way]
        lost = asking[~serve(asking, places.lottery[turn[who], places.kind[asking]], count, uniform("lottery")[who])]
        got = drawn.copy()
        got[problem.contact[lost]] = -1
        falls_back = picked & (drawn >= 0) & (got < 0)
        loses = self.displacement.by(got[got >= 0], problem.count_contacts)
        explores = picked & ~falls_back
        choice = np.where(explores, got, np.where(loses, -1, self.optimum))
        explores |= falls_back & (self.optimum < 0)
        return Draws(self._within_limits(choice, explores), explores, falls_back & (self.optimum < 0))

    def _weight_at(self, picked: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Probability that a picked contact draws the pair, at the turn that its slot has. [pairs]."""
        contact = self.problem.contact
        pairs = np.flatnonzero((picked & ~self.explorers.is_optimised)[contact])
        pairs = pairs[self.seats.rights[pairs] > turn[contact[pairs]]]
        choices = np.bincount(contact[pairs], minlength=len(picked)) + 1
        weight = np.where(self.explorers.is_optimised[contact], self.weight, 0.0)
        weight[pairs] = 1.0 / choices[contact[pairs]]
        return weight

    def _within_limits(self, choice: np.ndarray, explores: np.ndarray) -> np.ndarray:
        """The choice without draws that don't fit: none, but for one night in a thousand million (`places.py`)."""
        chosen = choice[choice >= 0]
        chosen = chosen[np.argsort(explores[self.problem.contact[chosen]], kind="stable")]
        kept = fit_within(self.problem.families, chosen)
        within = np.full(len(choice), -1, dtype=np.int64)
        within[self.problem.contact[kept]] = kept
        return within


def plan_exploration(
    problem: Problem, explorers: Explorers, seats: Seats, weight: np.ndarray, optimum: tuple[np.ndarray, np.ndarray]
) -> ExplorationPlan:
    """Find what exploring can lead to.

    Args:
        problem: pairs and limits.
        explorers: who explores.
        seats: as `find_seats` has them.
        weight: float64 [pairs], probability that a picked contact of those with an optimum draws the pair; all others
            draw evenly.
        optimum: int64 [contacts], what each gets who doesn't explore (-1 for none), and float64 [pairs], what a pair is
            worth at the night's prices.
    """
    best, score = optimum
    turns = _turns(problem, explorers, seats, weight)
    drawing = over_turns(turns, len(weight))
    pairs = np.flatnonzero(drawing > 0)
    scarce = only_scarce(problem, needs_of(problem, pairs, best), drawing, seats)
    places = give_places(scarce, turns, len(weight))
    served = [
        Turn(turn.pairs, turn.drawing * _chance_of(problem, seats, places, i, turn)) for i, turn in enumerate(turns)
    ]
    accepted = over_turns(served, len(weight))
    displacement = find_displaced(problem, pairs, best, score)
    loses = np.bincount(displacement.contact, weights=accepted[displacement.pair], minlength=problem.count_contacts)
    probability = accepted.copy()
    holds = np.flatnonzero(best >= 0)
    falls_back = np.bincount(problem.contact, weights=drawing - accepted, minlength=problem.count_contacts)
    probability[best[holds]] += (1.0 - seats.chance + falls_back - loses)[holds]
    taken = np.bincount(problem.contact, weights=probability, minlength=problem.count_contacts)
    nothing = np.clip(1.0 - taken, 0.0, 1.0)
    probability = np.clip(probability, 0.0, 1.0)
    return ExplorationPlan(problem, explorers, seats, best, weight, places, displacement, probability, nothing)


def _turns(problem: Problem, explorers: Explorers, seats: Seats, weight: np.ndarray) -> tuple[Turn, ...]:
    """What can be drawn at each turn: by their own weights by those with an optimum, who have one turn; else evenly."""

    def weighed(turn: Turn) -> Turn:
        contact = problem.contact[turn.pairs]
        own = seats.chance[contact] * weight[turn.pairs]
        return Turn(turn.pairs, np.where(explorers.is_optimised[contact], own, turn.drawing))

    return tuple(weighed(turn) for turn in even_turns(problem, seats))


def _chance_of(problem: Problem, seats: Seats, places: Places, at: int, turn: Turn) -> np.ndarray:
    """Probability that a pair drawn at this turn gets the place that it needs; 1 where it needs none. [pairs of turn].

    Args:
        problem: the pairs.
        seats: whose units ask.
        places: the lotteries.
        at: number of the turn.
        turn: what can be drawn in it.
    """
    chance = np.ones(len(turn.pairs))
    asks = np.flatnonzero(places.kind[turn.pairs] >= 0)
    lottery = places.lottery[at, places.kind[turn.pairs[asks]]] if len(asks) else asks
    units = max(len(seats.count_slots), 1)
    asking = lottery * units + seats.unit[problem.contact[turn.pairs[asks]]]
    starts = np.flatnonzero(np.append(True, np.diff(asking) != 0)[: len(asks)])  # a contact's pairs are often alike
    key, row = np.unique(asking[starts], return_inverse=True)
    row = np.repeat(row, np.diff(np.append(starts, len(asks))))
    probability = np.bincount(row, weights=turn.drawing[asks], minlength=len(key))
    served = np.ones(len(key))
    for each in np.unique(key // units).tolist():
        among = slice(*np.searchsorted(key, [each * units, (each + 1) * units]))
        count, ways = np.unique(places.count[:, each], return_counts=True)
        served[among] = ways @ chance_of_place(probability[among], count) / len(places.count)
    chance[asks] = served[row]
    return chance
