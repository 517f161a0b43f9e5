"""Random numbers that belong to an entity and not to a row: the same night again draws the same, in any order of
rows.

Where many numbers are drawn for the same entities, their ids are hashed once (`hash_ids`), and each number is mixed
from that hash (`mix_uniforms`), which costs a hundredth of another hash.
"""

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np

_BITS = 53  # of a double's fraction


def draw_uniforms(ids: Sequence[str], purpose: str, night: date | None, seed: int) -> np.ndarray:
    """Uniform numbers in [0, 1), one per id, by BLAKE2b of (seed, night, purpose, id).

    Args:
        ids: entity ids; equal ids get equal numbers.
        purpose: what the number decides. Different purposes are independent.
        night: the night of the draw; None for draws that hold for ever (arms).
        seed: the night's seed.

    Returns:
        float64 [ids].
    """
    prefix = hashlib.blake2b(f"{seed}|{night}|{purpose}|".encode(), digest_size=8)
    digests = bytearray()
    for entity_id in ids:
        hashed = prefix.copy()
        hashed.update(entity_id.encode())
        digests += hashed.digest()
    return (np.frombuffer(bytes(digests), dtype=">u8") >> np.uint64(64 - _BITS)).astype(np.float64) / 2.0**_BITS


def hash_ids(ids: Sequence[str]) -> np.ndarray:
    """A hash of each id, the same for every night and seed. uint64 [ids]."""
    digests = bytearray()
    for entity_id in ids:
        digests += hashlib.blake2b(entity_id.encode(), digest_size=8).digest()
    return np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64)


def mix_uniforms(hashes: np.ndarray, purpose: str, night: date, seed: int) -> np.ndarray:
    """Uniform numbers in [0, 1), one per hash, independent between purposes, nights and seeds. float64 [hashes].

    Two rounds of the finaliser of SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
    generators"), keyed by BLAKE2b of (seed, night, purpose).

    Args:
        hashes: uint64, as of `hash_ids`.
        purpose: what the number decides.
        night, seed: of the draw.
    """
    digest = hashlib.blake2b(f"{seed}|{night}|{purpose}".encode(), digest_size=16).digest()
    one, other = np.frombuffer(digest, dtype=">u8").astype(np.uint64)
    mixed = _finalise(_finalise(hashes ^ one) ^ other)
    return (mixed >> np.uint64(64 - _BITS)).astype(np.float64) / 2.0**_BITS


def _finalise(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
