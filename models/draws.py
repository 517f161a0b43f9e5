"""Random numbers that belong to an entity and not to a row: the same night again draws the same, in any order of
rows."""

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
