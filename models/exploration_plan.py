"""What a night's exploring can lead to, and how probable each of it is, before anything is drawn.

A contact gets its optimum unless it is picked to explore, or gives way to one of its unit who is. Picked, it draws; a
drawn action that needs something scarce needs a place too. None of these depends on the seed, so the probability of
each action is known exactly, over all draws of the night: everybody's, not only the contact's own. What is given are
the arms, who is eligible, the scores and the limits.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from models.displacement import Displacement, find_displaced
from models.draws import mix_uniforms
from models.exploration import Explorers, Seats, draw_pairs, pick_explorers, uniform_draws
from models.limits import Problem, fit_within
from models.lottery import chance_of_place, round_by_lot, serve
from models.places import Places, give_places, needs_of, only_scarce


@dataclass(frozen=True)
class Draws:
    """What was drawn in a night.

    Attributes:
        choice: int64 [contacts], the pair that each contact gets; -1 for none.
        is_picked: bool [contacts], who explores.
        is_held_back: bool [contacts], who drew an action and found no place for it.
    """

    choice: np.ndarray
    is_picked: np.ndarray
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
    rights: np.ndarray
    places: Places
    displacement: Displacement
    probability: np.ndarray
    none_probability: np.ndarray

    def draw(self, night: date, seed: int) -> Draws:
        """Draw for a seed."""

        def uniform(purpose: str) -> np.ndarray:
            return mix_uniforms(self.explorers.hashes, purpose, night, seed)

        problem, lottery = self.problem, self.places.lottery
        picked, turn = pick_explorers(self.seats, uniform("explorer"), uniform("turn"))
        drawn = draw_pairs(problem, picked, self._weight_at(picked, turn), uniform("action"))
        asking = drawn[drawn >= 0]
        asking = asking[lottery[asking] >= 0]
        start = float(mix_uniforms(np.zeros(1, dtype=np.uint64), "places", night, seed)[0])
        places = round_by_lot(self.places.amounts, start)
        lost = asking[~serve(asking, lottery[asking], places, uniform("lottery")[problem.contact[asking]])]
        got = drawn.copy()
        got[problem.contact[lost]] = -1
        loses = self.displacement.by(got[got >= 0], problem.count_contacts)
        choice = np.where(picked, got, np.where(loses, -1, self.optimum))
        return Draws(self._within_limits(choice, picked), picked, picked & (drawn >= 0) & (got < 0))

    def _weight_at(self, picked: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Probability that a picked contact draws the pair, at the turn that its slot has. [pairs]."""
        contact = self.problem.contact
        pairs = np.flatnonzero((picked & ~self.explorers.is_optimised)[contact])
        pairs = pairs[self.rights[pairs] > turn[contact[pairs]]]
        choices = np.bincount(contact[pairs], minlength=len(picked)) + 1
        weight = np.where(self.explorers.is_optimised[contact], self.weight, 0.0)
        weight[pairs] = 1.0 / choices[contact[pairs]]
        return weight

    def _within_limits(self, choice: np.ndarray, picked: np.ndarray) -> np.ndarray:
        """The choice without draws that don't fit: none, but for one night in a thousand million (`places.py`)."""
        chosen = choice[choice >= 0]
        chosen = chosen[np.argsort(picked[self.problem.contact[chosen]], kind="stable")]
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
    even = uniform_draws(problem, seats, seats.rights)
    drawing = np.where(explorers.is_optimised[problem.contact], seats.chance[problem.contact] * weight, even)
    pairs = np.flatnonzero(drawing > 0)
    scarce = only_scarce(problem, needs_of(problem, pairs, best), drawing, seats)
    rights = seats.rights.copy()
    for need in scarce:
        rights[need.pairs] = np.minimum(rights[need.pairs], 1)  # so that a unit asks for one place at most
    if any(len(need.pairs) for need in scarce):
        even = uniform_draws(problem, seats, rights)
        drawing = np.where(explorers.is_optimised[problem.contact], drawing, even)
    places = give_places(scarce, drawing)
    accepted = drawing * _chance_to_be_served(problem, seats, places, drawing)
    displacement = find_displaced(problem, pairs, best, score)
    loses = np.bincount(displacement.contact, weights=accepted[displacement.pair], minlength=problem.count_contacts)
    probability = accepted.copy()
    holds = np.flatnonzero(best >= 0)
    probability[best[holds]] += 1.0 - seats.chance[holds] - loses[holds]
    taken = np.bincount(problem.contact, weights=probability, minlength=problem.count_contacts)
    return ExplorationPlan(
        problem, explorers, seats, best, weight, rights, places, displacement, probability, np.maximum(1.0 - taken, 0.0)
    )


def _chance_to_be_served(problem: Problem, seats: Seats, places: Places, drawing: np.ndarray) -> np.ndarray:
    """Probability that a drawn pair gets the place that it needs; 1 where it needs none. [pairs]."""
    chance = np.ones(len(drawing))
    pairs = np.flatnonzero(places.lottery >= 0)
    units = len(seats.count_slots)
    key, row = np.unique(places.lottery[pairs] * units + seats.unit[problem.contact[pairs]], return_inverse=True)
    asks = np.bincount(row, weights=drawing[pairs], minlength=len(key))
    served = np.ones(len(key))
    ends = np.searchsorted(key // max(units, 1), np.arange(len(places.amounts) + 1))
    for lottery, amount in enumerate(places.amounts.tolist()):
        among = slice(ends[lottery], ends[lottery + 1])
        whole = int(np.floor(amount))
        fewer, more = chance_of_place(asks[among], np.array([whole, whole + 1]))
        served[among] = fewer + (amount - whole) * (more - fewer)
    chance[pairs] = served[row]
    return chance
