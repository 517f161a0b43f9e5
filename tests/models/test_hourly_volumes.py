"""No hour has too many messages, and each leaves as near to its own hour as the others let it."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from models.hour_evidence import HourEvidence
from models.hourly_volumes import hourly_limits, share_hours
from models.send_hours import fit_send_hours
from models.send_times import SendRules, choose_send_times
from models.timing import QuietHours, candidate_zones, send_window

messages = st.lists(st.tuples(st.integers(6, 10), st.integers(0, 4), st.floats(0, 1)), min_size=0, max_size=24)


def arrays(rows: list[tuple]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first = np.array([start for start, _, _ in rows], dtype=np.int64)
    last = first + np.array([length for _, length, _ in rows], dtype=np.int64)
    wanted = first + np.array([round(place * length) for _, length, place in rows], dtype=np.int64)
    return first, last, wanted


def least_moves(first: np.ndarray, last: np.ndarray, wanted: np.ndarray, volume: int) -> float:
    """By assignment of messages to places in hours; infinite where they don't fit."""
    places = np.repeat(np.arange(24), volume)
    cost = np.abs(places - wanted[:, None]).astype(float)
    cost[(places < first[:, None]) | (places > last[:, None])] = 1e6
    rows, columns = linear_sum_assignment(cost)
    total = cost[rows, columns].sum()
    return float(total) if total < 1e6 and len(rows) == len(wanted) else np.inf


@settings(max_examples=80)
@given(messages, st.integers(1, 4))
def test_hours_are_shared_out_exactly_or_not_at_all(rows: list[tuple], volume: int) -> None:
    first, last, wanted = arrays(rows)
    best = least_moves(first, last, wanted, volume)
    if np.isinf(best):
        with pytest.raises(ValueError, match="don't fit"):
            share_hours(first, last, wanted, volume)
        return
    hours = share_hours(first, last, wanted, volume)
    assert ((first <= hours) & (hours <= last)).all()
    assert not len(hours) or np.bincount(hours).max() <= volume
    assert np.abs(hours - wanted).sum() == best


@settings(max_examples=80)
@given(messages, st.integers(1, 4))
def test_whatever_keeps_the_limits_fits(rows: list[tuple], volume: int) -> None:
    """The limits hold exactly when the messages can be spread."""
    first, last, wanted = arrays(rows)
    pairs = pl.DataFrame(
        {"contact_id": [f"c{i}" for i in range(len(rows))], "channel": "email", "first_hour": first, "last_hour": last},
        {"contact_id": pl.String, "channel": pl.String, "first_hour": pl.Int64, "last_hour": pl.Int64},
    )
    volumes = pl.DataFrame({"channel": ["email"], "hourly_volume": [volume]})
    families = hourly_limits(pairs, volumes)
    everything = np.arange(len(pairs))
    keeps = all((family.used_by(everything) <= family.capacity).all() for family in families)
    assert keeps == np.isfinite(least_moves(first, last, wanted, volume))


def test_many_messages_take_no_time() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(6, 12, 200_000)
    last = first + rng.integers(3, 11, 200_000)
    wanted = np.minimum(first + rng.integers(0, 3, 200_000), last)
    hours = share_hours(first, last, wanted, 14_000)
    assert np.bincount(hours).max() <= 14_000
    assert (hours == wanted).mean() > 0.3


NIGHT = date(2026, 3, 2)
WINDOW = {
    "zone_key": pl.String, "channel": pl.String, "send_at": pl.Datetime("us"), "earliest_send_at": pl.Datetime("us"),
    "latest_send_at": pl.Datetime("us"),
}  # fmt: skip


def send_rules(seed: int, volume: int) -> SendRules:
    rows = []
    for zone_key in ("zone:Europe/Berlin", "zone:Asia/Kolkata"):
        for channel, send_hour in (("email", 12), ("sms", 11)):
            window = send_window(candidate_zones(zone_key), NIGHT, QuietHours(20, 8, send_hour))
            assert window is not None
            rows.append((zone_key, channel, window.send_at, window.earliest_at, window.latest_at))
    return SendRules(
        pl.DataFrame(rows, WINDOW, orient="row"),
        pl.DataFrame({"channel": ["email"], "hour_exploration_share": [0.5]}),
        NIGHT,
        seed,
        pl.DataFrame({"channel": ["email", "sms"], "hourly_volume": [volume, volume]}),
    )


def test_messages_leave_within_volume_and_window_as_often_as_logged() -> None:
    count, nights, volume = 3000, 2, 350
    acting = pl.DataFrame(
        {
            "contact_id": [f"c{i:04d}" for i in range(count)],
            "channel": ["email", "email", "sms"] * (count // 3),
            "zone_key": ["zone:Europe/Berlin"] * 2000 + ["zone:Asia/Kolkata"] * 1000,
        }
    )
    contacts = acting.select("contact_id", segment=pl.lit("it"))
    evidence = HourEvidence(
        contacts,
        pl.DataFrame(schema={"contact_id": pl.String, "cell": pl.Int64, "half": pl.Int64}),
        pl.DataFrame(
            schema={"contact_id": pl.String, "cell": pl.Int64, "half": pl.Int64, "preferred_hour": pl.Int64,
                    "weight": pl.Float64, "is_responded": pl.Int64}
        ),
    )  # fmt: skip
    known = fit_send_hours(evidence)
    told = []
    for seed in range(nights):
        rules = send_rules(seed, volume)
        times = choose_send_times(acting, known, evidence, rules)
        assert times["contact_id"].to_list() == acting["contact_id"].to_list()
        placed = times.join(acting, on="contact_id").join(rules.windows, on=["zone_key", "channel"], suffix="_usual")
        assert placed.select(pl.col("send_at").is_between("earliest_send_at", "latest_send_at").all()).item()
        per_hour = placed.group_by("channel", pl.col("send_at").dt.truncate("1h")).len()
        assert per_hour["len"].max() == volume
        assert times.equals(choose_send_times(acting, known, evidence, rules))
        told.append(placed.select("zone_key", "channel", "send_at", "send_hour_probability"))
    both = pl.concat(told)
    assert both["send_hour_probability"].is_between(0, 1, closed="right").all()
    # all of a zone and channel are alike, so the share of each hour is the probability of it
    frequency = both.group_by("zone_key", "channel", "send_at").agg(
        share=pl.len(),
        logged=pl.col("send_hour_probability").mean(),
    )
    totals = both.group_by("zone_key", "channel").agg(total=pl.len())
    compared = frequency.join(totals, on=["zone_key", "channel"]).with_columns(share=pl.col("share") / pl.col("total"))
    assert (compared["share"] - compared["logged"]).abs().max() < 0.03
