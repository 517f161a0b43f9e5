"""Random choices with known probabilities, so that what is learnt from them is unbiased.

A contact that explores draws uniformly among its eligible actions and none. Everything that could come between the
draw and the action is decided by hashes of their own before the draw, with probabilities that don't depend on what
anybody draws:

- slots: of an account's contacts, the first few in a hashed order (as many as the account's daily cap) can get an
  action, and the first in another order a seller's action;
- acceptance: a drawn action of a limit that all draws together would strain is kept with a probability common to the
  limit, so that the expected usage stays within the part of the limit that is kept for draws.

So a draw's probability is exact given who is in which arm, what is eligible and the limits; it is not conditional on
the draws of others. Only when the draws of a night come out so far above their expectation that a limit doesn't hold
them (which the reserve makes rare) do the last ones in a hashed order give way, and the probability stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.draws import draw_uniforms
from models.limits import LimitFamily, Problem, fit_within

DEVIATIONS = 3.0  # standard deviations of the draws' usage for which a limit has room


@dataclass(frozen=True)
class Explorers:
    """Who may explore.

    Attributes:
        contact_ids: [contacts].
        share: float64 [contacts], probability that the contact explores (1: random control; 0: never).
        account: int64 [contacts], code of the account; -1 for none.
        is_seller_pair: bool [pairs].
        account_cap, seller_cap: contacts of an account that may get an action, or a seller's, in a night.
    """

    contact_ids: Sequence[str]
    share: np.ndarray
    account: np.ndarray
    is_seller_pair: np.ndarray
    account_cap: int
    seller_cap: int


@dataclass(frozen=True)
class Draws:
    """What exploring contacts drew.

    Attributes:
        is_exploring: bool [contacts].
        pair: int64 [contacts], the drawn pair that stays; -1 for none or not exploring.
        is_held_back: bool [contacts], exploring contacts that a cap or a limit left without an action.
        probability: float64 [pairs], probability of the pair given that its contact explores.
        none_probability: float64 [contacts], probability of no action given that the contact explores.
    """

    is_exploring: np.ndarray
    pair: np.ndarray
    is_held_back: np.ndarray
    probability: np.ndarray
    none_probability: np.ndarray


def draw_exploration(problem: Problem, explorers: Explorers, night: date, seed: int) -> Draws:
    """Decide who explores and what they draw."""

    def uniform(purpose: str) -> np.ndarray:
        return draw_uniforms(explorers.contact_ids, purpose, night, seed)

    is_seller = explorers.is_seller_pair
    count_all = np.bincount(problem.contact, minlength=problem.count_contacts)
    count_sellers = np.bincount(problem.contact[is_seller], minlength=problem.count_contacts)
    has_slot, slot = _slots(count_all > 0, explorers.account, explorers.account_cap, uniform("slot"))
    may_sell, sell = _slots(count_sellers > 0, explorers.account, explorers.seller_cap, uniform("seller slot"))
    counts = (count_all, count_all - count_sellers)
    offered = _uniform_probability(problem, is_seller, counts, (slot, sell))
    acceptance = acceptance_of_pairs(problem, offered, explorers.share)
    probability = offered * acceptance

    is_exploring = (uniform("explore") < explorers.share) & (count_all > 0)
    could_draw = is_exploring[problem.contact] & has_slot[problem.contact] & (may_sell[problem.contact] | ~is_seller)
    drawn = _draw_uniformly(problem, could_draw, uniform("action"))
    accepted = drawn[uniform("acceptance")[problem.contact[drawn]] < acceptance[drawn]]
    shared = [family for family in problem.families if not family.is_local]
    kept = fit_within(shared, accepted[np.argsort(uniform("overflow")[problem.contact[accepted]], kind="stable")])

    pair = np.full(problem.count_contacts, -1, dtype=np.int64)
    pair[problem.contact[kept]] = kept
    wanted = np.zeros(problem.count_contacts, dtype=bool)
    wanted[problem.contact[drawn]] = True
    taken = np.bincount(problem.contact, weights=probability, minlength=problem.count_contacts)
    return Draws(is_exploring, pair, is_exploring & (pair < 0) & (wanted | ~has_slot), probability, 1.0 - taken)


def acceptance_of_pairs(problem: Problem, offered: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Probability with which a drawn pair is kept: the least of its shared limits. float64 [pairs].

    Args:
        problem: pairs and limits.
        offered: float64 [pairs], probability that an exploring contact draws the pair.
        share: float64 [contacts], probability that the contact explores.
    """
    acceptance = np.ones(len(offered))
    for family in problem.families:
        if not family.is_local:
            expected = np.bincount(
                family.member[family.member >= 0],
                weights=(share[problem.contact] * offered * family.usage)[family.member >= 0],
                minlength=len(family.capacity),
            )
            reserve = _reserve(problem, family, share)
            keep = np.minimum(1.0, np.divide(reserve, expected, out=np.ones(len(reserve)), where=expected > 0))
            acceptance = np.minimum(acceptance, family.per_pair(keep, 1.0))
    return acceptance


def _reserve(problem: Problem, family: LimitFamily, share: np.ndarray) -> np.ndarray:
    """How much of each limit the draws may use on average. [limits].

    Their share of the people who could use the limit, or what all others together can't use, if that is more; but never
    so much that a usual excess over the average would break the limit.
    """
    used = np.flatnonzero(family.member >= 0)
    order = used[np.lexsort((-family.usage[used], family.member[used], problem.contact[used]))]
    contact, member = problem.contact[order], family.member[order]
    is_first = np.append(True, (np.diff(contact) != 0) | (np.diff(member) != 0))[: len(order)]
    contact, member, usage = contact[is_first], member[is_first], family.usage[order][is_first]
    capacity, count = family.capacity, len(family.capacity)

    def total(weights: np.ndarray) -> np.ndarray:
        return np.bincount(member, weights=weights, minlength=count)

    people = np.maximum(total(np.ones(len(member))), 1.0)
    others = total((1 - share[contact]) * usage)
    largest = np.zeros(count)
    np.maximum.at(largest, member, usage)
    wanted = np.maximum(capacity * total(share[contact]) / people, capacity - others)
    half = DEVIATIONS * np.sqrt(largest) / 2  # reserve + DEVIATIONS * sqrt(reserve * largest) <= capacity
    safe = (np.sqrt(capacity + half**2) - half) ** 2
    can_exceed = total((share[contact] > 0) * usage) > capacity
    return np.clip(np.where(can_exceed, np.minimum(wanted, safe), capacity), 0.0, capacity)


def _slots(is_candidate: np.ndarray, account: np.ndarray, cap: int, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which contacts come first in their account's hashed order, and how probable that was. Both [contacts]."""
    grouped = is_candidate & (account >= 0)
    index = np.flatnonzero(grouped)
    index = index[np.lexsort((order[index], account[index]))]
    starts = np.append(True, np.diff(account[index]) != 0)[: len(index)]
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    has_slot = is_candidate & (account < 0) & (cap > 0)
    has_slot[index] = np.arange(len(index)) - first < cap
    members = np.bincount(account[index], minlength=account.max(initial=0) + 1)[np.maximum(account, 0)]
    chance = np.where(grouped, np.minimum(1.0, cap / np.maximum(members, 1)), float(cap > 0))
    return has_slot, np.where(is_candidate, chance, 0.0)


def _uniform_probability(
    problem: Problem,
    is_seller: np.ndarray,
    counts: tuple[np.ndarray, np.ndarray],
    chances: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Probability that an exploring contact draws each pair, over both slots. [pairs].

    Args:
        problem: the pairs.
        is_seller: bool [pairs].
        counts: of each contact's pairs, and of those that aren't a seller's; [contacts] each.
        chances: of a slot, and of a seller's slot; [contacts] each.
    """
    contact = problem.contact
    count_all, count_others = counts
    slot, sell = chances
    with_sellers = sell[contact] / (count_all[contact] + 1)
    without = np.where(is_seller, 0.0, (1 - sell[contact]) / (count_others[contact] + 1))
    return slot[contact] * (with_sellers + without)


def _draw_uniformly(problem: Problem, could_draw: np.ndarray, order: np.ndarray) -> np.ndarray:
    """One of each contact's drawable pairs or none, all equally probable. Index of the drawn pairs, sorted."""
    pairs = np.flatnonzero(could_draw)
    contact = problem.contact[pairs]
    starts = np.append(True, np.diff(contact) != 0)[: len(pairs)]
    first = np.flatnonzero(starts)
    lengths = np.diff(np.append(first, len(pairs)))
    position = np.floor(order[contact[first]] * (lengths + 1)).astype(np.int64)
    is_action = position < lengths
    return pairs[first[is_action] + position[is_action]]
