"""Messages leave when people respond, at hours that are allowed, as often as the log says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import pytz  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from models.hour_evidence import HourEvidence
from models.hour_profiles import CELLS, Halves, attention_kernel, best_strength, factors, local_cells, neighbour_kernel
from models.send_hours import SendHours, fit_send_hours
from models.send_times import SendRules, choose_send_times
from models.timing import QuietHours, candidate_zones, reference_zone, send_window

MONDAY = date(2026, 3, 2)
MAIL = QuietHours(quiet_from=20, quiet_until=8, send_hour=9)
MESSAGES = {
    "contact_id": pl.String, "cell": pl.Int64, "half": pl.Int64, "preferred_hour": pl.Int64, "weight": pl.Float64,
    "is_responded": pl.Int64,
}  # fmt: skip
ACTIVITY = {"contact_id": pl.String, "cell": pl.Int64, "half": pl.Int64}
WINDOW = {
    "zone_key": pl.String, "channel": pl.String, "send_at": pl.Datetime("us"), "earliest_send_at": pl.Datetime("us"),
    "latest_send_at": pl.Datetime("us"),
}  # fmt: skip


def rules_of(zone_key: str, night: date, quiet: QuietHours = MAIL, share: float = 0.1) -> SendRules:
    window = send_window(candidate_zones(zone_key), night, quiet)
    assert window is not None
    row = (zone_key, "email", window.send_at, window.earliest_at, window.latest_at)
    shares = pl.DataFrame({"channel": ["email"], "hour_exploration_share": [share]})
    return SendRules(pl.DataFrame([row], WINDOW, orient="row"), shares, night, seed=3)


def people(count: int) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": [f"c{i:05d}" for i in range(count)], "segment": ["it", "sales"] * (count // 2)})


def nothing_known(contacts: pl.DataFrame) -> tuple[SendHours, HourEvidence]:
    evidence = HourEvidence(contacts, pl.DataFrame(schema=ACTIVITY), pl.DataFrame(schema=MESSAGES))
    return fit_send_hours(evidence), evidence


def acting(contacts: pl.DataFrame, zone_key: str) -> pl.DataFrame:
    return contacts.select("contact_id", channel=pl.lit("email"), zone_key=pl.lit(zone_key))


def local(instants: pl.Series, zone: str) -> np.ndarray:
    return instants.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.hour().to_numpy().astype(np.int64)


class Market:
    """People with an hour they like: those of a segment mostly the same; they are active around it and respond then."""

    zone = "Europe/Berlin"

    def __init__(self, seed: int, count: int = 1500, active_hours: float = 8.0) -> None:
        self.rng = np.random.default_rng(seed)
        self.contacts = people(count)
        usual = np.where(self.contacts["segment"] == "it", 16, 9)
        near = usual + self.rng.integers(-1, 2, count)
        self.liked = np.where(self.rng.random(count) < 0.7, near, self.rng.integers(8, 20, count))
        who = np.repeat(np.arange(count), self.rng.poisson(active_hours, count))
        hour = np.clip(np.round(self.rng.normal(self.liked[who] + 0.5, 2.5)), 0, 23).astype(np.int64)
        day = self.rng.integers(0, 56, len(who))
        self.activity = pl.DataFrame(
            {"contact_id": self.contacts["contact_id"].gather(who), "cell": day % 7 * 24 + hour, "half": day // 7 % 2},
            ACTIVITY,
        ).unique(maintain_order=True)
        self.messages = pl.DataFrame(schema=MESSAGES)

    def rate(self, row: np.ndarray, hour: np.ndarray) -> np.ndarray:
        return 0.05 * (1 + 2 * np.exp(-(((hour - self.liked[row]) / 2.0) ** 2)))

    def night(self, number: int, count: int = 500) -> tuple[float, float]:
        """Send to some; the rate at the preferred hours, and at the channel's own, as parts of the best."""
        day = MONDAY + timedelta(number)
        evidence = HourEvidence(self.contacts, self.activity, self.messages)
        if number % 6 == 0:
            self.known = fit_send_hours(evidence)
        row = np.sort(self.rng.choice(len(self.contacts), count, replace=False))
        targets = acting(self.contacts[row], f"zone:{self.zone}")
        sent = choose_send_times(targets, self.known, evidence, rules_of(f"zone:{self.zone}", day))
        hour, preferred = local(sent["send_at"], self.zone), local(sent["preferred_send_at"], self.zone)
        responded = self.rng.random(count) < self.rate(row, hour)
        told = pl.DataFrame(
            {"contact_id": sent["contact_id"], "cell": day.weekday() * 24 + hour, "half": [number // 7 % 2] * count,
             "preferred_hour": preferred, "weight": [1.0] * count, "is_responded": responded.astype(np.int64)},
            MESSAGES,
        )  # fmt: skip
        self.messages = pl.concat([self.messages, told])
        best = self.rate(row, self.liked[row]).mean()
        self.hits = float((np.abs(preferred - self.liked[row]) <= 2).mean())
        return float(self.rate(row, preferred).mean() / best), float(self.rate(row, np.full(count, 9)).mean() / best)


def test_activity_tells_the_hours_people_like() -> None:
    market = Market(1)
    chosen, default = market.night(0)
    assert chosen > default + 0.12
    assert market.hits > 0.75


def test_activity_that_misleads_is_seen_through() -> None:
    market = Market(7)
    market.rate = lambda _, hour: 0.05 * (1 + 2 * np.exp(-(((hour - 9) / 2.0) ** 2)))  # type: ignore[method-assign]
    for number in range(7):
        market.night(number)
    assert market.known.activity_tells < 0.1
    favourable = Market(7)
    for number in range(7):
        favourable.night(number)
    assert favourable.known.activity_tells > 0.9


def test_responses_alone_tell_the_hours_a_segment_likes() -> None:
    market = Market(3, active_hours=0.0)
    rates = [market.night(number) for number in range(30)]
    assert rates[0][0] == pytest.approx(rates[0][1])  # nothing known: the channel's own hour
    chosen, default = np.mean(rates[-5:], axis=0)
    assert chosen > default + 0.08


def test_a_small_segment_counts_as_everyone() -> None:
    contacts = people(40).with_columns(
        segment=pl.when(pl.col("contact_id") < "c00003").then(pl.lit("legal")).otherwise("segment")
    )
    _, evidence = nothing_known(contacts)
    assert "legal" in fit_send_hours(evidence).by_segment["segment"]
    assert set(fit_send_hours(evidence, least_people=10).by_segment["segment"]) == {"", "it", "sales"}


def test_hours_that_make_no_difference_are_left_as_they_are() -> None:
    market = Market(4, active_hours=0.0)
    market.rate = lambda row, hour: np.full(len(row), 0.06)  # type: ignore[method-assign]
    for number in range(7):
        market.night(number)
    evidence = HourEvidence(market.contacts, market.activity, market.messages)
    known = fit_send_hours(evidence)
    assert known.by_segment["response"].is_between(0.9, 1.1).all()
    assert known.response_rate == pytest.approx(0.06, abs=0.01)


@settings(max_examples=30)
@given(
    zone=st.sampled_from(sorted(pytz.common_timezones)),
    day=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    place=st.sampled_from(["place:US", "place:DE", "place:AU", "place:BR"]),
    is_known=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_no_message_leaves_at_an_hour_that_is_not_allowed(
    zone: str, day: date, place: str, is_known: bool, seed: int
) -> None:
    zone_key = f"zone:{zone}" if is_known else place
    contacts = people(30)
    rng = np.random.default_rng(seed)
    activity = pl.DataFrame(
        {"contact_id": contacts["contact_id"], "cell": rng.integers(0, CELLS, 30), "half": rng.integers(0, 2, 30)},
        ACTIVITY,
    )
    evidence = HourEvidence(contacts, activity, pl.DataFrame(schema=MESSAGES))
    known, _ = nothing_known(people(2))
    known = replace(known, activity_strength=1.0)
    sent = choose_send_times(acting(contacts, zone_key), known, evidence, rules_of(zone_key, day, share=0.5))
    assert len(sent) == 30
    for instant in {*sent["send_at"], *sent["preferred_send_at"]}:
        assert instant.date() == day
        for each in candidate_zones(zone_key):
            assert 8 <= instant.replace(tzinfo=UTC).astimezone(pytz.timezone(each)).hour < 20


def test_hours_come_as_often_as_logged() -> None:
    contacts = people(6_000)
    known, evidence = nothing_known(contacts)
    sent = choose_send_times(
        acting(contacts, "zone:Europe/Paris"), known, evidence, rules_of("zone:Europe/Paris", MONDAY)
    )
    counts = sent.group_by("send_at").agg(
        pl.len(), pl.col("send_hour_probability").mode().first(), pl.col("send_hour_probability").n_unique().alias("n")
    )
    assert len(counts) == 12
    assert set(counts["n"]) == {1}
    expected = 6_000 * counts["send_hour_probability"]
    assert expected.sum() == pytest.approx(6_000)
    assert ((counts["len"] - expected) ** 2 / expected).sum() < 31  # chi-square, 11 degrees of freedom: p = 0.001
    assert set(sent["send_hour_basis"]) == {"default", "explored"}


def test_without_exploration_or_knowledge_all_leave_at_the_channels_own_hour() -> None:
    contacts = people(200)
    known, evidence = nothing_known(contacts)
    rules = rules_of("zone:Asia/Kolkata", MONDAY, share=0.0)
    sent = choose_send_times(acting(contacts, "zone:Asia/Kolkata"), known, evidence, rules)
    assert set(sent["send_at"]) == set(rules.windows["send_at"])
    assert set(sent["send_hour_probability"]) == {1.0}
    other = acting(contacts, "zone:Asia/Kolkata").with_columns(channel=pl.lit("call"))
    assert len(choose_send_times(other, known, evidence, rules)) == 0


def test_factors_find_what_comes_more_often_and_nothing_where_nothing_does() -> None:
    rng, kernel = np.random.default_rng(5), neighbour_kernel()
    expected = np.full((2, 400, CELLS), 0.2)
    truth = np.tile(rng.gamma(4, 1 / 4, (400, 4)).repeat(6, axis=1), 7)
    differing = Halves(rng.poisson(expected * truth), expected)
    strength = best_strength(differing, kernel)
    found = factors(*differing.whole, kernel, strength)
    assert np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.5
    alike = Halves(rng.poisson(expected), expected)
    assert np.abs(factors(*alike.whole, kernel, best_strength(alike, kernel)) - 1).max() < 0.05


def test_attention_comes_after_the_message() -> None:
    kernel = attention_kernel()
    monday_ten = 10
    assert kernel[monday_ten, 10] == 1.0
    assert kernel[monday_ten, 12] > kernel[monday_ten, 15] > kernel[monday_ten, 9] == 0.0
    assert kernel[monday_ten, 24 + 10] > kernel[monday_ten, 5 * 24 + 10] > 0


def test_hours_of_the_week_follow_daylight_saving() -> None:
    instants = pl.Series(
        [datetime.fromisoformat("2026-03-28 09:00"), datetime.fromisoformat("2026-03-29 09:00"), None],
        dtype=pl.Datetime("us"),
    )
    assert local_cells(instants, pl.Series(["Europe/Berlin"] * 3)).to_list() == [5 * 24 + 10, 6 * 24 + 11, None]


def test_of_several_zones_habits_are_read_in_the_middle_one() -> None:
    assert reference_zone("zone:Asia/Tokyo", MONDAY) == "Asia/Tokyo"
    noon = datetime.fromisoformat("2026-03-02 12:00")
    offset = pytz.timezone(reference_zone("place:US", MONDAY)).utcoffset(noon)
    assert timedelta(hours=-10) < offset < timedelta(hours=-5)
