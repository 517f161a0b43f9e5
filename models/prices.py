"""Shadow prices of shared limits: the Lagrangian dual of the night's choice.

At prices `p`, each contact takes the pair with the highest `value - price of its limits`, if that is positive. The
sum of these gains plus `p · capacity` bounds the value of every choice from above, and the prices that make it
smallest are the limits' shadow prices.

They are found on samples that grow as the smoothed dual's temperature falls, and then on all contacts: a pass over the
batches books those whose choice is the same at all prices near by and keeps the few others (the open ones), on which
Newton's method goes on.
"""

from dataclasses import dataclass

import numpy as np

from models.batches import Batch, Batches, InMemory, SharedLimits, join_batches
from models.smoothing import minimise, price_scale

SAMPLES = ((0.3, 1_000), (0.1, 2_500), (0.03, 10_000), (0.01, 40_000))  # temperature, contacts
# How far prices may move, as a share of themselves, and the temperatures on the way.
PASSES = (
    (0.7, (0.03, 0.01)), (0.5, (0.01, 0.003)), (0.3, (0.003, 0.001)), (0.1, (0.0003,)), (0.1, (0.0001,)),
    (0.05, (0.00003,)), (0.05, (0.00001,)), (0.05, (0.00001,)),
)  # fmt: skip
WARM = 0.03  # temperature at which all contacts need no more sample
COLD = 1e-4  # temperature from which the search may end
FREE = 0.15  # a limit without price may come to this share of what a unit of it is worth on average
MOMENTUM = 1.5  # where a price has just moved, it may move so much further
MOST_OPEN = 500_000  # contacts on which Newton's method goes on; of more, it takes a sample
SMALL_GAIN = 3e-6  # of the bound: another pass isn't worth it


@dataclass(frozen=True)
class SharedPrices:
    """Prices of the shared limits.

    Attributes:
        of_limits: cents per unit. [limits].
        upper_bound: what no choice can exceed, by these prices.
        worth: what a unit of each limit is worth to the contacts on average: the scale of its price. [limits].
    """

    of_limits: np.ndarray
    upper_bound: float
    worth: np.ndarray


@dataclass(frozen=True)
class Pass:
    """What one pass over all contacts found at some prices.

    Attributes:
        upper_bound: on the total value.
        choice: int8 [contacts], the best action; -1 for none.
        decided_value: what those who aren't open take is worth together, net of local prices, cents.
        decided_count: how many pairs of each pattern they take. [patterns].
        pattern: int32 [contacts], its pattern; -1 for none.
        open_contacts: int64 [open], index of the contacts whose choice may change at prices near by.
        open_grid: their pairs that are in play. [actions in play, open].
        open_action: int8, which actions those are.
    """

    upper_bound: float
    choice: np.ndarray
    decided_value: float
    decided_count: np.ndarray
    pattern: np.ndarray
    open_contacts: np.ndarray
    open_grid: Batch
    open_action: np.ndarray

    def decided(self) -> np.ndarray:
        """Index of the contacts that take a pair and aren't open."""
        takes = self.pattern >= 0
        takes[self.open_contacts] = False
        return np.flatnonzero(takes)

    def left(self, limits: SharedLimits) -> np.ndarray:
        """Capacity less what the decided use. [limits]."""
        return limits.capacity - limits.used_by(self.decided_count)


def find_prices(
    batches: Batches, limits: SharedLimits, start: np.ndarray | None = None, *, is_near: bool = True
) -> SharedPrices:
    """The shadow prices, from `start` (which may be far off, if it isn't near) or from nothing."""
    sample = _sample(batches, SAMPLES[-1][1])
    worth = price_scale(_sample(InMemory(sample), SAMPLES[1][1]), limits)
    prices, sampled = (
        (_from_samples(sample, batches.count_contacts, limits)) if start is None else (start, 4 if is_near else 2)
    )
    best, before, moved = SharedPrices(prices, np.inf, worth), np.inf, np.zeros(len(prices))
    for width, temperatures in PASSES[max(sampled - 2, 0) :]:
        reach = np.maximum(width * np.maximum(prices, FREE * worth), MOMENTUM * moved)
        seen = look_at(InMemory(sample), limits, prices, reach)
        thin = 1 + int(len(seen.open_contacts) / sample.count_contacts * batches.count_contacts / MOST_OPEN)
        found = look_at(batches, limits, prices, reach, thin=thin)
        gain = before - found.upper_bound
        if found.upper_bound < best.upper_bound:
            best = SharedPrices(prices, found.upper_bound, worth)
        if abs(gain) < SMALL_GAIN * abs(best.upper_bound) and temperatures[-1] <= COLD and thin == 1:
            return best
        within = limits.with_capacity(found.left(limits) / thin)
        last, before = prices, found.upper_bound
        prices = minimise(found.open_grid, within, prices, temperatures, (prices - reach, prices + reach))
        moved = abs(prices - last)
    found = look_at(batches, limits, prices, 0 * prices)
    return best if found.upper_bound > best.upper_bound else SharedPrices(prices, found.upper_bound, worth)


def look_at(
    batches: Batches,
    limits: SharedLimits,
    prices: np.ndarray,
    reach: np.ndarray,
    *,
    reopened: np.ndarray | None = None,
    thin: int = 1,
) -> Pass:
    """Every contact's best pair at the prices, and who might choose otherwise if they moved by `reach`, [limits].

    `reopened`: bool [contacts], contacts that are open in any case, with all their pairs. `thin`: of the open contacts,
    every so-manieth is kept.
    """
    gains, decided_value, offset = 0.0, 0.0, 0
    choices, patterns, contacts, parts, count = [], [], [], [], np.zeros(len(limits.member))
    cost, band = limits.use @ prices, limits.band @ reach
    for batch in batches:
        size, everyone = batch.count_contacts, np.arange(batch.count_contacts)
        dtype = batch.value.dtype
        near = np.take(band.astype(dtype), batch.pattern)
        score = batch.value - np.take(cost.astype(dtype), batch.pattern)
        best = score.argmax(axis=0)
        takes = score[best, everyone] > 0
        highest = np.where(takes, score[best, everyone], 0)
        slack = np.where(takes, near[best, everyone], 0)
        in_play = (highest - score <= near + slack) & (score > -np.inf)
        is_open = in_play.sum(axis=0) + (highest <= slack) > 1
        if reopened is not None:
            again = reopened[offset : offset + size]
            is_open |= again
            in_play |= again & (score > -np.inf)
        who = np.flatnonzero(is_open)
        who = who[(offset + who) % thin == 0]
        gains += float(highest.sum(dtype=np.float64))
        choices.append(np.where(takes, best, -1).astype(np.int8))
        decided = np.flatnonzero(takes & ~is_open)
        decided_value += float(batch.value[best[decided], decided].sum(dtype=np.float64))
        count += np.bincount(batch.pattern[best[decided], decided], minlength=len(count))
        patterns.append(np.where(takes, batch.pattern[best, everyone], -1))
        contacts.append(offset + who)
        parts.append(_in_play(batch.of_contacts(who), in_play[:, who]))
        offset += size
    most = max((len(action) for _, action in parts), default=0)
    grids = [Batch(_padded(grid.value, most, -np.inf), _padded(grid.pattern, most, 0)) for grid, _ in parts]
    return Pass(
        upper_bound=gains + float(prices @ limits.capacity),
        choice=np.concatenate([np.zeros(0, dtype=np.int8), *choices]),
        decided_value=decided_value,
        decided_count=count,
        pattern=np.concatenate([np.zeros(0, dtype=np.int32), *patterns]),
        open_contacts=np.concatenate([np.zeros(0, dtype=np.int64), *contacts]),
        open_grid=join_batches(grids),
        open_action=np.concatenate([_padded(action, most, -1) for _, action in parts], axis=1),
    )


def _in_play(batch: Batch, in_play: np.ndarray) -> tuple[Batch, np.ndarray]:
    """The pairs in play moved to the front, as many rows as the contact with most needs; and their actions."""
    most = int(in_play.sum(axis=0).max(initial=0))
    action = np.argsort(~in_play, axis=0, kind="stable")[:most]
    value = np.where(np.take_along_axis(in_play, action, 0), np.take_along_axis(batch.value, action, 0), -np.inf)
    pattern = np.take_along_axis(batch.pattern, action, 0)
    return Batch(value.astype(batch.value.dtype), pattern), action.astype(np.int8)


def _padded(rows: np.ndarray, count: int, filler: float) -> np.ndarray:
    missing = np.full((count - len(rows), rows.shape[1]), filler, dtype=rows.dtype)
    return np.concatenate([rows, missing])


def _from_samples(largest: Batch, count_contacts: int, limits: SharedLimits) -> tuple[np.ndarray, int]:
    """Prices from ever larger samples, until they hold all contacts; and how many samples there were."""
    prices, sampled = np.zeros(len(limits.capacity)), 0
    for temperature, size in SAMPLES:
        sample = _sample(InMemory(largest), size)
        share = limits.capacity * (sample.count_contacts / count_contacts)
        prices, sampled = minimise(sample, limits.with_capacity(share), prices, (temperature,)), sampled + 1
        if sample.count_contacts == count_contacts and temperature <= WARM:
            break
    return prices, sampled


def _sample(batches: Batches, count: int) -> Batch:
    """Every so-manieth contact; copied, so that the batches can go."""
    step = max(1, batches.count_contacts // count)
    offset, parts = 0, []
    for batch in batches:
        parts.append(batch.of_contacts(np.arange((-offset) % step, batch.count_contacts, step)))
        offset += batch.count_contacts
    return join_batches(parts)
