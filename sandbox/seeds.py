"""Random generators and scrambled numbers, so that the same seed gives the same market, byte for byte."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MARKET, PEOPLE, HISTORY, ARRIVALS, DAY, SPEND, PUBLISHED = range(7)
_MODULUS = 10_000_000_019


def generator(seed: int, *key: int) -> np.random.Generator:
    """An independent generator for a part of the market, named by integers (purpose, block, day)."""
    return np.random.default_rng(np.random.SeedSequence([seed, *key]))


def scramble(numbers: Ints, salt: int) -> Ints:
    """Numbers below 10^10, one-to-one with `numbers` (0 to 10^8), which show neither order nor equality by salt."""
    multiplier = 6_700_417_003 + 2 * salt * 1_000_003
    return (numbers.astype(np.int64) * (multiplier % 7_900_000_000) + salt * 104_729) % _MODULUS


def hexadecimal(numbers: Ints, salt: int) -> list[str]:
    """A text like a UUID for each number (splitmix64 of the number and the salt)."""
    high, low = (_mix(numbers.astype(np.uint64), np.uint64(2 * salt + half)) for half in (0, 1))
    texts = (f"{first:016x}{second:016x}" for first, second in zip(high.tolist(), low.tolist(), strict=True))
    return [f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{text[16:20]}-{text[20:]}" for text in texts]


def _mix(values: NDArray[np.uint64], salt: np.uint64) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        mixed = values + (salt + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
