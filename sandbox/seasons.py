"""When people act: weekdays, months, hours."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from sandbox.seeds import Ints

SECONDS = 86_400
_WEEKDAYS = np.array([1.15, 1.20, 1.15, 1.10, 0.85, 0.25, 0.30])
_MONTHS = np.array([0.95, 1.00, 1.10, 1.05, 1.05, 1.00, 0.80, 0.75, 1.10, 1.10, 1.05, 0.75])
MAXIMUM = float(_WEEKDAYS.max() * _MONTHS.max())


@dataclass(frozen=True)
class Window:
    """Days from `first_day` until before `after_last` (day numbers)."""

    first_day: int
    after_last: int

    def holds(self, at: Ints) -> NDArray[np.bool_]:
        """Which times (epoch seconds) lie in the window."""
        return (at >= self.first_day * SECONDS) & (at < self.after_last * SECONDS)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return datetime.fromtimestamp(number * SECONDS, tz=UTC).date()


def season(days: Ints) -> NDArray[np.float64]:
    """How active people are on the days; about 1 on average over a year."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return _WEEKDAYS[(days + 3) % 7] * _MONTHS[months]


def working_time(rng: np.random.Generator, days: Ints, utc_offsets: Ints) -> Ints:
    """A second (epoch, UTC) on each day, mostly in working hours at the person's place."""
    local = np.clip(rng.normal(12.5, 3.2, len(days)), 0.0, 23.99) * 3600
    return days * SECONDS + (local.astype(np.int64) - utc_offsets * 3600) % SECONDS


def poisson_events(
    rng: np.random.Generator, rate: NDArray[np.float64], first: Ints, after_last: Ints
) -> tuple[Ints, Ints]:
    """Events of Poisson processes with seasonal rates.

    Args:
        rng: source of randomness.
        rate: [n] events per day and process.
        first, after_last: [n] the days of each process, half open; empty when after_last <= first.

    Returns:
        (process, day) of each event, unordered.
    """
    days = np.maximum(after_last - first, 0)
    counts = rng.poisson(rate * days * MAXIMUM)
    process = np.repeat(np.arange(len(rate)), counts)
    day = first[process] + (rng.random(len(process)) * days[process]).astype(np.int64)
    kept = rng.random(len(process)) * MAXIMUM < season(day)
    return process[kept], day[kept]
