"""One solver on one night, in a process of its own, so that memory and time are its own; prints JSON.

python -m benchmarks.decisions.job SOLVER CONTACTS SEGMENTS [--accounts N]
"""

import json
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.decisions.markets import (
    ACTIONS,
    REPS,
    Market,
    draw_actions,
    draw_batch,
    draw_limits,
    patterns_of,
)
from benchmarks.decisions.peers import as_program, solve
from models.batch_allocation import allocate_batches
from models.batches import Batch, Batches, InMemory, SharedLimits
from models.local_prices import LocalLimits

IN_MEMORY = 1_000_000  # contacts; more are read from a file, batch by batch
AT_ONCE = 16_384


@dataclass(frozen=True)
class FromFile:
    """A night whose values, segments and reps are in a file, batch after batch."""

    path: Path
    market: Market

    @property
    def count_contacts(self) -> int:
        return self.market.count_contacts

    def write(self) -> None:
        """Draw the night into the file."""
        with self.path.open("wb") as file:
            for number, count in enumerate(self._sizes()):
                batch = draw_batch(self.market, number, count)
                file.write(batch.value.tobytes())
                file.write(self._keys(batch).tobytes())

    def __iter__(self) -> Iterator[Batch]:
        with self.path.open("rb", buffering=0) as file:
            for count in self._sizes():
                value = np.fromfile(file, np.float32, ACTIONS * count).reshape(ACTIONS, count)
                segment, rep = np.fromfile(file, np.int32, 2 * count).reshape(2, count)
                yield Batch(value, patterns_of(self.market, segment, rep))

    def _sizes(self) -> Iterator[int]:
        for start in range(0, self.count_contacts, AT_ONCE):
            yield min(AT_ONCE, self.count_contacts - start)

    def _keys(self, batch: Batch) -> np.ndarray:
        first = batch.pattern[0]
        return np.stack([first // REPS % self.market.segments, first % REPS]).astype(np.int32)


def main(
    solver: str, contacts: int, segments: int, accounts: Annotated[int, typer.Option(help="With caps; 0: none.")] = 0
) -> None:
    """Solve and print value, bound, violations, seconds and peak memory."""
    market = Market(contacts, segments)
    result = _nightjar(market, accounts) if solver == "nightjar" else _peer(market, solver)
    print(json.dumps({**result, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _peer(market: Market, solver: str) -> dict[str, float]:
    value, wall, cpu = solve(as_program(market), solver)
    return {"value": value, "wall_seconds": wall, "cpu_seconds": cpu}


def _nightjar(market: Market, accounts: int) -> dict[str, float]:
    limits = draw_limits(market)
    local = _account_caps(market, limits, accounts) if accounts else None
    with tempfile.TemporaryDirectory(prefix="nightjar-night-") as folder:
        night = _night(market, Path(folder) / "night")
        wall, cpu = time.perf_counter(), time.process_time()
        found = allocate_batches(night, limits, local)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        value, violations = _count(night, limits, local, found.choice)
    return {
        "value": value, "upper_bound": found.prices.upper_bound, "violations": violations, "wall_seconds": wall,
        "cpu_seconds": cpu,
    }  # fmt: skip


def _night(market: Market, path: Path) -> Batches:
    if market.count_contacts > IN_MEMORY:
        night = FromFile(path, market)
        night.write()
        return night
    if market.count_contacts <= IN_MEMORY // 10:
        return InMemory(draw_batch(market, 0, market.count_contacts))
    value = np.empty((ACTIONS, market.count_contacts), dtype=np.float32)
    pattern = np.empty((ACTIONS, market.count_contacts), dtype=np.int32)
    for number, start in enumerate(range(0, market.count_contacts, AT_ONCE)):
        part = slice(start, min(start + AT_ONCE, market.count_contacts))
        batch = draw_batch(market, number, part.stop - start)
        value[:, part], pattern[:, part] = batch.value, batch.pattern
    return InMemory(Batch(value, pattern))


def _account_caps(market: Market, limits: SharedLimits, accounts: int) -> LocalLimits:
    """One seller call and two messages per account and night; ads are neither."""
    account = np.random.default_rng([market.seed, 3]).integers(0, accounts, market.count_contacts)
    channel = limits.member[:, 0]
    last = draw_actions(market).channel.max()
    inside = np.stack([channel == 0, (channel > 0) & (channel < last)], axis=1)
    return LocalLimits(np.stack([account, account]), inside, (np.ones(accounts), np.full(accounts, 2.0)))


def _count(night: Batches, limits: SharedLimits, local: LocalLimits | None, choice: np.ndarray) -> tuple[float, int]:
    """The choice's value and how many limits it breaks, counted anew."""
    value, offset, patterns = 0.0, 0, []
    for batch in night:
        taken = choice[offset : offset + batch.count_contacts]
        who = np.flatnonzero(taken >= 0)
        value += float(batch.value[taken[who], who].sum(dtype=np.float64))
        pattern = np.full(len(taken), -1, dtype=np.int32)
        pattern[who] = batch.pattern[taken[who], who]
        patterns.append(pattern)
        offset += batch.count_contacts
    pattern = np.concatenate(patterns)
    used = limits.used_by(np.bincount(pattern[pattern >= 0], minlength=len(limits.member)))
    broken = int((used > limits.capacity * (1 + 1e-9)).sum())
    if local is not None:
        for member, inside, capacity in zip(local.member, local.inside.T, local.capacity, strict=True):
            counted = member[(pattern >= 0) & inside[pattern]]
            broken += int((np.bincount(counted, minlength=len(capacity)) > capacity).sum())
    return value, broken


if __name__ == "__main__":
    typer.run(main)
