"""A lottery for few places: each of many units asks for one with a known probability, and those who ask are served in a
random order until the places are given away.

A unit that asks is served with probability `E[min(1, places / (1 + N))]`, where N, how many others ask, is a sum of
independent yes-or-no draws (Poisson's binomial distribution), so the probability is known exactly before anybody asks.
"""

import numpy as np

MANY_UNITS = 300  # with more, those whose probabilities agree to about a percent count as alike
CLASSES = 100
RANGE = 1e-4  # of the largest probability; those below it are one class
REACH = 12.0  # standard deviations of N beyond which its probability is nothing


def chance_of_place(asks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Probability that a unit which asks is served, for several numbers of places. float64 [places, units].

    Args:
        asks: float64 [units], probability that the unit asks; at most one.
        places: int64 [places].
    """
    if len(asks) > MANY_UNITS:
        return _of_classes(asks, places)
    return _chance(asks, np.ones(len(asks)), places)


def _of_classes(asks: np.ndarray, places: np.ndarray) -> np.ndarray:
    edges = np.geomspace(max(asks.max() * RANGE, 1e-12), max(asks.max(), 1e-9) * (1 + 1e-9), CLASSES)
    label = np.searchsorted(edges, asks, side="right")
    label = np.minimum(label, CLASSES - 1)
    count = np.bincount(label, minlength=CLASSES)
    mean = np.bincount(label, weights=asks, minlength=CLASSES) / np.maximum(count, 1)
    used = count > 0
    at = np.concatenate([[0.0], mean[used], [asks.max()]])
    chance = _chance(at, np.concatenate([[0.0], count[used], [0.0]]), places)
    return np.array([np.interp(asks, at, of_places) for of_places in chance])


def _chance(asks: np.ndarray, count: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The same for classes of units that ask alike; `count` [classes] units each."""
    mean = float(count @ asks)
    spread = float(np.sqrt(count @ (asks * (1 - asks))))
    largest = min(float(count.sum()), mean + REACH * spread + 2 * REACH)
    length = 1 << int(np.ceil(np.log2(largest + 2)))
    angle = 2j * np.pi * np.arange(length // 2 + 1) / length
    # a factor that is nothing (half a chance, at the highest frequency) would have no logarithm
    factor = 1 + asks[:, None] * (np.exp(-angle) - 1)[None, :]
    logs = np.log(np.where(np.abs(factor) < 1e-200, 1e-200, factor))
    # einsum: products this small aren't worth the threads of a matrix library
    others = np.exp(np.einsum("c,cf->f", count, logs)[None, :] - logs)
    probability = np.fft.irfft(others, n=length, axis=1)
    asking = 1.0 + np.arange(length)
    served = np.minimum(1.0, np.asarray(places, dtype=np.float64)[:, None] / asking[None, :])
    return np.clip(np.einsum("pn,cn->pc", served, probability), 0.0, 1.0)


def serve(asking: np.ndarray, limit: np.ndarray, places: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Which of those who ask are served: of each limit the first in the order, as many as there are places. bool
    [asking].

    Args:
        asking: int64 [asking], who asks.
        limit: int64 [asking], for a place of what.
        places: int64 [limits].
        order: float64 [asking], random; the smallest comes first.
    """
    index = np.lexsort((asking, order, limit))
    sorted_limit = limit[index]
    starts = np.append(True, sorted_limit[1:] != sorted_limit[:-1])[: len(index)]
    position = np.arange(len(index)) - np.flatnonzero(starts)[np.cumsum(starts) - 1] if len(index) else index
    served = np.zeros(len(asking), dtype=bool)
    served[index] = position < places[sorted_limit]
    return served
