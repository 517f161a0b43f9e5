"""Send times of a channel with an hourly volume: where an hour has too many, some leave at the nearest that has room.

Who has to move is drawn by hash, so that a message's hour stays a draw. The probability logged is that of the hour
after moving: over the hours that could have been drawn, how often messages of that hour (and stretch) ended here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models.draws import draw_uniforms
from models.hourly_volumes import HOURS, share_hours
from models.timing import SendWindow, hour_starts, reference_zone


@dataclass(frozen=True)
class SpreadRules:
    """What bounds the spreading.

    Attributes:
        volumes: one row per channel with a limit; channel, hourly_volume.
        activity_tells: probability with which the preferred hour was taken rather than the other.
        night, seed: what the draws belong to.
    """

    volumes: pl.DataFrame
    activity_tells: float
    night: date
    seed: int


def spread_times(drawn: pl.DataFrame, rules: SpreadRules) -> pl.DataFrame:
    """The same rows, with send_at, send_hour_probability and send_hour_basis (`volume` for who moved) as they then are.

    Args:
        drawn: one row per message; contact_id, channel, zone_key, send_at, send_hour_probability, send_hour_basis,
            preferred_send_at, other_send_at (the two hours of which one is taken), hour_exploration_share, and of its
            window usual_send_at, earliest_send_at, latest_send_at.
        rules: see there.
    """
    parts = [drawn.join(rules.volumes, on="channel", how="anti")]
    for channel, volume in rules.volumes.sort("channel").select("channel", "hourly_volume").iter_rows():
        rows = drawn.filter(pl.col("channel") == channel)
        turn = draw_uniforms(rows["contact_id"].to_list(), "spread", rules.night, rules.seed)
        rows = rows.with_columns(turn=pl.Series(turn, dtype=pl.Float64)).sort("turn", "contact_id")
        names = ("earliest_send_at", "latest_send_at", "send_at")
        first, last, wanted = (rows[name].dt.hour().cast(pl.Int64).to_numpy() for name in names)
        hour = share_hours(first, last, wanted, volume)
        if (hour != wanted).any():
            moved = rows.with_columns(first=first, last=last, wanted=wanted, hour=hour)
            rows = pl.concat(
                _moved(window, _ways(window, moved), rules)
                for _, window in moved.group_by("zone_key", maintain_order=True)
            )
        parts.append(rows.select(drawn.columns))
    return pl.concat(parts).sort("contact_id")


def _ways(window: pl.DataFrame, moved: pl.DataFrame) -> np.ndarray:
    """Of the messages of a stretch that wanted an hour, the share that got each. float64 [HOURS wanted, HOURS got]."""
    alike = moved.filter(first=window["first"][0], last=window["last"][0])
    counts = np.zeros((HOURS, HOURS))
    np.add.at(counts, (alike["wanted"].to_numpy(), alike["hour"].to_numpy()), 1)
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.eye(HOURS))


def _moved(window: pl.DataFrame, ways: np.ndarray, rules: SpreadRules) -> pl.DataFrame:
    """The messages of one zone at their new hours."""
    bounds = SendWindow(*window.select("usual_send_at", "earliest_send_at", "latest_send_at").row(0))
    instants = hour_starts(reference_zone(window["zone_key"][0], rules.night), bounds)
    hours = np.array([at.hour for at in instants])
    hour, share = window["hour"].to_numpy(), float(window["hour_exploration_share"][0])
    preferred, other = (window[name].dt.hour().to_numpy() for name in ("preferred_send_at", "other_send_at"))
    taken = rules.activity_tells * ways[preferred, hour] + (1 - rules.activity_tells) * ways[other, hour]
    at = np.array([_instant(each, instants, bounds) for each in range(HOURS)], dtype="datetime64[us]")
    has_moved = pl.col("hour") != pl.col("wanted")
    return window.with_columns(
        send_at=pl.when(has_moved).then(pl.Series(at[hour])).otherwise("send_at"),
        send_hour_probability=pl.Series(share * ways[hours].mean(axis=0)[hour] + (1 - share) * taken),
        send_hour_basis=pl.when(has_moved).then(pl.lit("volume")).otherwise("send_hour_basis"),
    )


def _instant(hour: int, instants: list[datetime], bounds: SendWindow) -> datetime:
    """The first allowed instant of an hour at which the clock there shows a full hour, else the first allowed."""
    full = next((at for at in instants if at.hour == hour), None)
    return full or max(
        datetime.combine(bounds.send_at, datetime.min.time()) + timedelta(hours=hour), bounds.earliest_at
    )
