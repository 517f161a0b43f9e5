"""What of the shared limits (volumes, budgets, reps) is kept for exploring, so that the optimum is the same whatever is
drawn."""

from dataclasses import replace
from datetime import date

import numpy as np

from models.draws import draw_uniforms
from models.limits import LimitFamily, Problem


def set_aside(problem: Problem, drawing: np.ndarray, share: np.ndarray, night: date) -> tuple[LimitFamily, ...]:
    """The limits with what the optimum may use of them.

    What is kept is no more than those who draw evenly would use on a usual night, nor than their share of the people.
    (Who draws what may be the best mostly draws its own optimum, which has its place.) Of a limit with room for two at
    least, one is kept if anybody could draw it; a smaller one is left to the draws on as many nights as is their share.

    Args:
        problem: pairs and limits.
        drawing: float64 [pairs], probability that the pair is drawn evenly.
        share: float64 [contacts], probability that the contact draws evenly.
        night: decides which nights are theirs, and where a part of a unit is rounded up.
    """

    def left(family: LimitFamily) -> LimitFamily:
        if family.is_local:
            return family
        kept = _kept(family, drawing, share[problem.contact], night)
        return replace(family, capacity=np.maximum(family.capacity - kept, 0.0))

    return tuple(left(family) for family in problem.families)


def _kept(family: LimitFamily, drawing: np.ndarray, share: np.ndarray, night: date) -> np.ndarray:
    """What is kept of each limit. [limits]."""
    capacity, count = family.capacity, len(family.capacity)
    using = np.flatnonzero((family.member >= 0) & (family.usage > 0))
    member, usage, drawing, share = family.member[using], family.usage[using], drawing[using], share[using]
    expected = np.bincount(member, weights=drawing * usage, minlength=count)
    part = np.bincount(member, weights=share, minlength=count) / np.maximum(np.bincount(member, minlength=count), 1)
    largest = np.zeros(count)
    np.maximum.at(largest, member, np.where(drawing > 0, usage, 0.0))
    wanted = np.minimum(capacity * part, expected + np.sqrt(expected * largest))
    unit = np.where(largest > 0, largest, 1.0)
    lot = draw_uniforms(family.limit_ids, "kept for exploring", night, 0)
    whole = np.maximum(np.floor(wanted / unit + lot), 1.0) * unit
    small = np.where(lot < part, capacity, 0.0)
    return np.where(expected > 0, np.minimum(np.where(capacity >= 2 * unit, whole, small), capacity), 0.0)
