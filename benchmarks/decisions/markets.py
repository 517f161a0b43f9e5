"""Nights drawn at random: 20 actions in 5 channels with budgets, 200 reps, volumes by channel, action and segment."""

from dataclasses import dataclass

import numpy as np

from models.batches import Batch, SharedLimits

ACTIONS, CHANNELS, SELLER_ACTIONS, REPS = 20, 5, 4, 200
VOLUMES_PER_SEGMENT = 15  # of 5 channels and 10 actions


@dataclass(frozen=True)
class Market:
    """A night's shape.

    Attributes:
        count_contacts: contacts.
        segments: of contacts, each with volumes of its own; with 5 budgets, 1 makes 20 limits and 13 make 200. The reps
            come on top.
        seed: of the draw.
    """

    count_contacts: int
    segments: int
    seed: int = 1

    @property
    def count_limits(self) -> int:
        """Global limits."""
        return CHANNELS + VOLUMES_PER_SEGMENT * self.segments


@dataclass(frozen=True)
class Actions:
    """What actions are like, [actions] each."""

    channel: np.ndarray
    cost: np.ndarray
    base: np.ndarray


def draw_actions(market: Market) -> Actions:
    """The first actions are a seller's, in channel 0."""
    rng = np.random.default_rng([market.seed, 0])
    channel = np.concatenate([np.zeros(SELLER_ACTIONS, int), 1 + np.arange(ACTIONS - SELLER_ACTIONS) % (CHANNELS - 1)])
    cost = np.where(channel == 0, rng.integers(800, 3000, ACTIONS), rng.integers(2, 80, ACTIONS)).astype(float)
    base = np.where(channel == 0, rng.uniform(1500, 5000, ACTIONS), rng.uniform(50, 400, ACTIONS))
    return Actions(channel, cost, base)


def draw_limits(market: Market) -> SharedLimits:
    """The patterns are action x segment for the others, action x segment x rep for a seller's (`draw_batch`)."""
    actions, segments, n = draw_actions(market), market.segments, market.count_contacts
    rng = np.random.default_rng([market.seed, 1])
    channel_share = np.array([1.0, 0.1, 0.05, 0.08, 0.15])
    per_segment = n / segments
    volume = channel_share[:, None] * per_segment * rng.uniform(0.6, 1.4, (CHANNELS, segments))
    mean_cost = np.array([actions.cost[actions.channel == c].mean() for c in range(CHANNELS)])
    budget = volume.sum(axis=1) * mean_cost * rng.uniform(0.6, 1.0, CHANNELS)
    budget[0] = 0.2 * n * mean_cost[0]  # what is short of sellers is their time
    of_action = 0.03 * per_segment * rng.uniform(0.3, 1.5, (10, segments))
    reps = np.maximum(1, np.round(0.04 * n / REPS * rng.uniform(0.5, 1.5, REPS)))
    capacity = np.concatenate([budget, np.floor(volume).ravel(), np.floor(of_action).ravel(), reps])
    kinds = _patterns(segments)
    member, usage = np.full((len(kinds), 4), -1), np.ones((len(kinds), 4))
    for pattern, (action, segment, rep) in enumerate(kinds):
        channel = actions.channel[action]
        member[pattern, 0], member[pattern, 1] = channel, CHANNELS + channel * segments + segment
        usage[pattern, 0] = actions.cost[action]
        if action >= ACTIONS - 10:
            member[pattern, 2] = CHANNELS + (CHANNELS + action - ACTIONS + 10) * segments + segment
        if rep >= 0:
            member[pattern, 3] = market.count_limits + rep
    return SharedLimits(member, usage, capacity.astype(float))


def _patterns(segments: int) -> list[tuple[int, int, int]]:
    sellers = [(a, s, r) for a in range(SELLER_ACTIONS) for s in range(segments) for r in range(REPS)]
    return sellers + [(a, s, -1) for a in range(SELLER_ACTIONS, ACTIONS) for s in range(segments)]


def draw_batch(market: Market, number: int, count: int) -> Batch:
    """Contacts of one batch; the same number gives the same contacts."""
    actions, segments = draw_actions(market), market.segments
    rng = np.random.default_rng([market.seed, 2, number])
    person = np.exp(np.float32(0.6) * rng.standard_normal(count, dtype=np.float32))
    value = rng.standard_normal((ACTIONS, count), dtype=np.float32)
    value *= np.float32(0.5)
    np.exp(value, out=value)
    value *= person
    value *= actions.base.astype(np.float32)[:, None]
    value -= actions.cost.astype(np.float32)[:, None]
    segment, rep = rng.integers(0, segments, count, dtype=np.int32), rng.integers(0, REPS, count, dtype=np.int32)
    return Batch(value, patterns_of(market, segment, rep))


def patterns_of(market: Market, segment: np.ndarray, rep: np.ndarray) -> np.ndarray:
    """The patterns of contacts with these segments and reps. int32 [actions, contacts]."""
    segments = market.segments
    pattern = np.empty((ACTIONS, len(segment)), dtype=np.int32)
    action = np.arange(ACTIONS, dtype=np.int32)[:, None]
    pattern[:SELLER_ACTIONS] = (action[:SELLER_ACTIONS] * segments + segment) * REPS + rep
    others = SELLER_ACTIONS * segments * REPS
    pattern[SELLER_ACTIONS:] = others + (action[SELLER_ACTIONS:] - SELLER_ACTIONS) * segments + segment
    return pattern
