"""No hour gets more messages of a channel than it may: for the choice as limits, and when the messages leave.

A message may leave within a stretch of hours. So all of them fit exactly if, for each stretch from one hour to another,
those that must leave within it are no more than its hours hold (Hall's theorem; for stretches of hours these conditions
suffice). The choice of the night keeps these conditions as limits; then each message gets the hour nearest to its own.
"""

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linprog

from models.limits import LimitFamily
from models.night_volumes import one_limit

HOURS = 24
EARLIER = 1e-3  # of an hour: of two hours equally far, the later one


def hourly_limits(pairs: pl.DataFrame, volumes: pl.DataFrame) -> list[LimitFamily]:
    """Limits that keep the messages few enough to be spread over their hours; those that can't bind are left out.

    Args:
        pairs: one row per contact and action; contact_id, channel, first_hour, last_hour (UTC, of the stretch within
            which the message may leave; null: no message).
        volumes: one row per channel with a limit; channel, hourly_volume.
    """
    families = []
    for channel, volume in volumes.sort("channel").select("channel", "hourly_volume").iter_rows():
        is_message = (pairs["channel"] == channel) & pairs["first_hour"].is_not_null()
        windows = pairs.filter(is_message).select("contact_id", "first_hour", "last_hour").unique()
        firsts, lasts = windows["first_hour"].unique().sort(), windows["last_hour"].unique().sort()
        for start, end in ((start, end) for start in firsts for end in lasts if start <= end):
            capacity = volume * (end - start + 1)
            within = (pl.col("first_hour") >= start) & (pl.col("last_hour") <= end)
            if windows.filter(within).height > capacity:
                inside = (pairs.select(within).to_series() & is_message).fill_null(False)
                limit_id = f"hourly_volume:{channel} {start:02d}-{end:02d} UTC"
                families.append(one_limit(limit_id, capacity, inside.to_numpy()))
    return families


def share_hours(first: np.ndarray, last: np.ndarray, wanted: np.ndarray, volume: int) -> np.ndarray:
    """The hour of each message: no hour has more than `volume`, and together they are as near as can be to the wanted.

    A transportation problem over kinds of messages, solved exactly; of one kind, those given first keep their hour.

    Args:
        first, last: int64 [messages], the stretch of hours within which each may leave.
        wanted: int64 [messages], within that stretch.
        volume: most messages per hour.

    Returns:
        int64 [messages].

    Raises:
        ValueError: they don't fit.
    """
    if not len(wanted) or np.bincount(wanted).max() <= volume:
        return wanted
    kinds, kind, counts = np.unique(
        np.stack([first, last, wanted], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    kind = kind.ravel()
    of, hour = np.nonzero((kinds[:, [0]] <= np.arange(HOURS)) & (np.arange(HOURS) <= kinds[:, [1]]))
    far = np.abs(hour - kinds[of, 2]) + EARLIER * (hour < kinds[of, 2])
    ones, column = np.ones(len(of)), np.arange(len(of))
    solved = linprog(
        far,
        A_eq=sparse.csr_array((ones, (of, column)), shape=(len(kinds), len(of))),
        b_eq=counts,
        A_ub=sparse.csr_array((ones, (hour, column)), shape=(HOURS, len(of))),
        b_ub=np.full(HOURS, volume),
        method="highs-ds",
    )
    if solved.status != 0:
        raise ValueError(f"{len(wanted)} messages don't fit into their hours with at most {volume} an hour")
    many = np.rint(solved.x).astype(np.int64)
    if not np.array_equal(np.bincount(of, weights=many, minlength=len(kinds)), counts):
        raise ValueError("the messages could not be shared out in whole numbers")
    nearest = np.lexsort((far, of))  # by kind, the wanted hour first; members of a kind in their order
    hours = np.empty(len(wanted), dtype=np.int64)
    hours[np.argsort(kind, kind="stable")] = np.repeat(hour[nearest], many[nearest])
    return hours
