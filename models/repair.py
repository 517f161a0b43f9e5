"""Makes the choice that prices lead to fit every limit, and uses what is left of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.limits import LimitFamily, Problem, fit_within

FILL_ROUNDS = 60
FLOOR_ROUNDS = 20


def repair(problem: Problem, score: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """A choice within all limits, close to a given one.

    Args:
        problem: pairs, values and limits.
        score: float64 [pairs], value net of the prices of the limits.
        start: int64 [contacts], index of pairs; None: what each contact would take.

    Returns:
        int64 [contacts], index of the chosen pair; -1 for none.
    """
    wanted = _best_at(problem, score) if start is None else start
    choice, is_kept_first = _meet_floors(problem, score, wanted.copy())
    choice = _trim(problem, score, choice, is_kept_first)
    return fill(problem, score, choice, is_kept_first)


def missing(problem: Problem, choice: np.ndarray) -> float:
    """How much of the minimums a choice doesn't meet, in units."""
    chosen = choice[choice >= 0]
    return float(sum(np.maximum(floor.capacity - floor.used_by(chosen), 0.0).sum() for floor in problem.floors))


def worse(problem: Problem, choice: np.ndarray) -> tuple[float, float]:
    """The higher, the worse a choice is: first by what minimums lack, then by its value."""
    return missing(problem, choice), -float(problem.value[choice[choice >= 0]].sum())


def runner_up_at(problem: Problem, score: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """The pair with the highest score that isn't chosen and is worth something; -1 for none. int64 [contacts]."""
    others = problem.value > 0
    others[choice[choice >= 0]] = False
    index = np.flatnonzero(others)
    return problem.best_per_contact(score[index], index)


def fill(problem: Problem, score: np.ndarray, choice: np.ndarray, is_kept: np.ndarray | None = None) -> np.ndarray:
    """Use what is left of the limits: switch contacts to pairs that are worth more and fit, the best first, in
    rounds.

    Args:
        problem: pairs, values and limits.
        score: float64 [pairs], value net of prices.
        choice: within all limits. int64 [contacts].
        is_kept: bool [contacts], who keeps its choice; None for nobody.
    """
    choice = choice.copy()
    movable = np.ones(problem.count_contacts, dtype=bool) if is_kept is None else ~is_kept
    value_of = np.append(problem.value, 0.0)
    score_of = np.append(score, 0.0)
    for _ in range(FILL_ROUNDS):
        is_better = problem.value > value_of[choice][problem.contact] * (1 + 1e-12)
        candidates = np.flatnonzero(is_better & movable[problem.contact])
        step = problem.of_pairs(candidates)
        now = choice[step.contact]
        families = _room_for_switches(problem, step, choice, now)
        fits = np.ones(len(candidates), dtype=bool)
        for family in families:
            fits &= family.fits_alone()
        gain = score[candidates] - score_of[now]
        feasible = np.flatnonzero(fits)
        best = step.best_per_contact(gain[feasible], feasible)
        best = best[best >= 0]
        if not len(best):
            break
        accepted = fit_within(families, best[np.argsort(-gain[best], kind="stable")])
        choice[step.contact[accepted]] = candidates[accepted]
    return choice


def _best_at(problem: Problem, score: np.ndarray) -> np.ndarray:
    useful = np.flatnonzero(score > 0)
    return problem.best_per_contact(score[useful], useful)


def _trim(problem: Problem, score: np.ndarray, choice: np.ndarray, is_kept_first: np.ndarray) -> np.ndarray:
    """Where a limit is exceeded, the least decided give way; those that a minimum needs come first."""
    taken = choice[choice >= 0]
    second = runner_up_at(problem, score, choice)[problem.contact[taken]]
    margin = score[taken] - np.maximum(np.where(second >= 0, score[second], 0.0), 0.0)
    order = np.lexsort((-margin, ~is_kept_first[problem.contact[taken]]))
    kept = fit_within(problem.families, taken[order])
    trimmed = np.full(problem.count_contacts, -1, dtype=np.int64)
    trimmed[problem.contact[kept]] = kept
    return trimmed


def _meet_floors(problem: Problem, score: np.ndarray, choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The choice with as many pairs as the minima ask for, where others would have to give way; and who those are.

    Returns:
        int64 [contacts], the choice; bool [contacts], whose choice a minimum needs.
    """
    is_kept = np.zeros(problem.count_contacts, dtype=bool)
    score_of = np.append(score, 0.0)
    for floor in problem.floors:
        taken = choice[(choice >= 0) & (np.append(floor.member, -1)[choice] >= 0)]
        taken = taken[np.argsort(~is_kept[problem.contact[taken]] * 1.0 - 1e-9 * score[taken], kind="stable")]
        needed = taken[_before_full(floor, taken)]
        is_kept[problem.contact[needed[np.isin(needed, fit_within(problem.families, needed))]]] = True
        for _ in range(FLOOR_ROUNDS):
            kept = choice[is_kept & (choice >= 0)]
            missing = np.maximum(floor.capacity - floor.used_by(kept), 0.0)
            candidates = np.flatnonzero((floor.per_pair(missing) > 0) & ~is_kept[problem.contact] & (floor.usage > 0))
            room = tuple(family.after(kept).of_pairs(candidates) for family in problem.families)
            fits = np.ones(len(candidates), dtype=bool)
            for family in room:
                fits &= family.fits_alone()
            feasible, step = np.flatnonzero(fits), problem.of_pairs(candidates)
            gain = score[candidates] - score_of[choice[step.contact]]
            best = step.best_per_contact(gain[feasible], feasible)
            best = best[best >= 0]
            order = fit_within(room, best[np.argsort(-gain[best], kind="stable")])
            left = replace(floor.of_pairs(candidates), capacity=missing)
            accepted = order[_before_full(left, order)]
            if not len(accepted):
                break
            choice[step.contact[accepted]] = candidates[accepted]
            is_kept[step.contact[accepted]] = True
    return choice, is_kept


def _before_full(floor: LimitFamily, order: np.ndarray) -> np.ndarray:
    """Which of the pairs come before the floor's minimum is reached by those before them. bool [order]."""
    member, usage = floor.member[order], floor.usage[order]
    by_limit = np.argsort(member, kind="stable")
    sorted_member, total = member[by_limit], np.cumsum(usage[by_limit])
    is_first = np.append(True, sorted_member[1:] != sorted_member[:-1])[: len(order)]
    starts = (total - usage[by_limit])[is_first]
    before = total - usage[by_limit] - starts[np.cumsum(is_first) - 1] if len(order) else total
    needed = np.empty(len(order), dtype=bool)
    needed[by_limit] = before < floor.capacity[sorted_member] * (1 - 1e-9)
    return needed


def _room_for_switches(problem: Problem, step: Problem, choice: np.ndarray, now: np.ndarray) -> Sequence[LimitFamily]:
    """The limits of `step` with what is left of them; a pair that stays within its limit needs only the difference."""
    families = []
    for family, of_step in zip(problem.families, step.families, strict=True):
        left = family.after(choice[choice >= 0])
        stays = np.append(family.member, -2)[now] == of_step.member
        freed = np.where(stays, np.append(family.usage, 0.0)[now], 0.0)
        needed = np.maximum(of_step.usage - freed, 0.0)
        families.append(replace(of_step, capacity=left.capacity, usage=needed))
    return families
