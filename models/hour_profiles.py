"""How much more (or less) likely something is in each hour of the local week: counts against what was expected,
shrunk to none by as much as proves right on weeks that weren't looked at.

A factor is the mean of a gamma posterior (DuMouchel 1999, "Bayesian data mining in large frequency tables"):
`(strength + events) / (strength + expected)`, both added up over the hours around (a kernel). Cells are the 168 hours
of the week, Monday 0:00 first, on the clock of the recipient.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

DAYS, HOURS = 7, 24
CELLS = DAYS * HOURS
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 1e9)  # the last: nobody differs
SAME_KIND_OF_DAY, OTHER_KIND_OF_DAY = 0.5, 0.1  # how much a workday says of another, and of a day of the weekend
LEAST_EVIDENCE = 2.0  # log likelihood by which differences must tell the other weeks better than none
ATTENTION_HOURS = 2.0  # a message that came this many hours ago has lost most of its attention


@dataclass(frozen=True)
class Halves:
    """Events and what was expected, float64 [2, groups, CELLS]: even weeks and odd weeks."""

    events: np.ndarray
    expected: np.ndarray

    @property
    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        return self.events.sum(axis=0), self.expected.sum(axis=0)


def attention_kernel() -> np.ndarray:
    """[CELLS, CELLS] weights of activity in a cell (column) for a message sent in a cell (row): what follows counts."""
    lag = (np.arange(HOURS)[None, :] - np.arange(HOURS)[:, None]) % HOURS
    return np.kron(_days(), np.where(lag < HOURS // 2, np.exp(-lag / ATTENTION_HOURS), 0.0))


def neighbour_kernel() -> np.ndarray:
    """[CELLS, CELLS] weights of responses to messages of another cell: the hours around."""
    lag = np.abs((np.arange(HOURS)[None, :] - np.arange(HOURS)[:, None] + HOURS // 2) % HOURS - HOURS // 2)
    return np.kron(_days(), np.choose(np.minimum(lag, 3), [1.0, 0.6, 0.2, 0.0]))


def factors(events: np.ndarray, expected: np.ndarray, kernel: np.ndarray, strength: float) -> np.ndarray:
    """How often events come against what was expected. [groups, CELLS]; 1 where nothing is known."""
    return (strength + events @ kernel.T) / (strength + expected @ kernel.T)


def best_strength(halves: Halves, kernel: np.ndarray) -> float:
    """The strength with which the factors of one half of the weeks tell the other half best, by Poisson likelihood.

    The last of `STRENGTHS`, so no differences, unless another tells the other half better beyond chance.
    """
    events, expected = halves.events @ kernel.T, halves.expected @ kernel.T
    counted_times = kernel.sum(axis=0).mean()  # an event is in the sums of all cells around

    def likelihood(strength: float) -> float:
        told = (strength + events) / (strength + expected)
        tried = (events[1 - half] * np.log(told[half]) - expected[1 - half] * told[half] for half in (0, 1))
        return float(sum(each.sum() for each in tried)) / counted_times

    none = STRENGTHS[-1]
    best = max(STRENGTHS, key=likelihood)
    return best if likelihood(best) - likelihood(none) >= LEAST_EVIDENCE else none


def local_cells(instants: pl.Series, zones: pl.Series) -> pl.Series:
    """The hour of the week (0 to 167) that clocks show in each zone at each naive UTC instant."""
    frame = pl.DataFrame({"at": instants, "zone": zones}).with_row_index("row")
    parts = [
        part.select("row", cell=(local.dt.weekday().cast(pl.Int64) - 1) * HOURS + local.dt.hour())
        for (zone,), part in frame.group_by("zone", maintain_order=True)
        for local in [part["at"].dt.replace_time_zone("UTC").dt.convert_time_zone(zone)]
    ]
    empty = pl.DataFrame(schema={"row": pl.UInt32, "cell": pl.Int64})
    return pl.concat([empty, *parts]).sort("row")["cell"]


def _days() -> np.ndarray:
    is_workday = np.arange(DAYS) < 5
    alike = np.where(is_workday[:, None] == is_workday[None, :], SAME_KIND_OF_DAY, OTHER_KIND_OF_DAY)
    return np.where(np.eye(DAYS, dtype=bool), 1.0, alike)
