"""Send windows: allowed in every zone a contact may be in, on the night's own day, whatever daylight saving does."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytz  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from models.timing import QuietHours, candidate_zones, common_zone, send_instants, send_window

MAIL = QuietHours(quiet_from=20, quiet_until=8, send_hour=9)
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
ZONES = st.sampled_from(sorted(pytz.common_timezones))


def local_hour(instant: datetime, zone: str) -> int:
    return instant.replace(tzinfo=UTC).astimezone(pytz.timezone(zone)).hour


@settings(max_examples=60)
@given(
    zones=st.lists(ZONES, min_size=1, max_size=3, unique=True),
    day=DAYS,
    quiet_from=st.integers(0, 23),
    quiet_until=st.integers(0, 23),
    send_hour=st.one_of(st.none(), st.integers(0, 23)),
)
def test_window_holds_every_allowed_instant_of_its_stretch_and_only_these(
    zones: list[str], day: date, quiet_from: int, quiet_until: int, send_hour: int | None
) -> None:
    rule = QuietHours(quiet_from, quiet_until, send_hour)
    allowed = [
        instant.replace(tzinfo=None)
        for instant in send_instants(day)
        if all(rule.allows(instant.astimezone(pytz.timezone(zone)).hour) for zone in zones)
    ]
    window = send_window(zones, day, rule)
    if window is None:
        assert allowed == []
        return
    step = timedelta(minutes=15)
    stretch = [instant for instant in allowed if window.earliest_at <= instant <= window.latest_at]
    assert window.send_at in stretch
    assert stretch == [
        window.earliest_at + step * i for i in range((window.latest_at - window.earliest_at) // step + 1)
    ]
    assert window.earliest_at - step not in allowed
    assert window.latest_at + step not in allowed
    assert {window.earliest_at.date(), window.latest_at.date()} == {day}


@settings(max_examples=60)
@given(zone=ZONES, day=DAYS)
def test_every_zone_can_be_mailed_on_every_day(zone: str, day: date) -> None:
    window = send_window([zone], day, MAIL)
    assert window is not None
    assert 8 <= local_hour(window.send_at, zone) < 20


@pytest.mark.parametrize(
    ("day", "hour"),
    [(date(2026, 3, 7), 14), (date(2026, 3, 8), 13), (date(2026, 10, 31), 13), (date(2026, 11, 1), 14)],
)
def test_preferred_hour_follows_daylight_saving(day: date, hour: int) -> None:
    """New York's clocks change on 8 March and 1 November 2026: 9:00 there is 14:00 or 13:00 UTC."""
    window = send_window(["America/New_York"], day, MAIL)
    assert window is not None
    assert (window.send_at.date(), window.send_at.hour) == (day, hour)


def test_unknown_zone_leaves_no_hour_for_a_channel_with_a_long_night() -> None:
    assert send_window(candidate_zones("unknown"), date(2026, 6, 15), MAIL) is None
    assert send_window(candidate_zones("unknown"), date(2026, 6, 15), QuietHours()) is not None


def test_a_country_without_state_gets_the_hours_of_its_whole_width() -> None:
    window = send_window(candidate_zones("place:US"), date(2026, 6, 15), MAIL)
    assert window is not None
    assert local_hour(window.earliest_at, "Pacific/Honolulu") == 8
    assert local_hour(window.latest_at, "America/New_York") < 20


@pytest.mark.parametrize(
    ("zone_key", "zones"),
    [
        ("zone:Asia/Tokyo", {"Asia/Tokyo"}),
        ("place:FR", {"Europe/Paris"}),
        ("place:us:CA", {"America/Los_Angeles"}),
        ("place:US:new york", {"America/New_York"}),
        ("place:US:TX", {"America/Chicago", "America/Denver"}),
        ("place:AU:queensland", {"Australia/Brisbane"}),
    ],
)
def test_candidates_of_a_place(zone_key: str, zones: set[str]) -> None:
    assert set(candidate_zones(zone_key)) == zones


@pytest.mark.parametrize("zone_key", ["unknown", "zone:Mars/Olympus", "place:XX", "", "place:"])
def test_what_leads_nowhere_could_be_anywhere(zone_key: str) -> None:
    assert candidate_zones(zone_key) == candidate_zones("unknown")
    assert len(candidate_zones(zone_key)) > 300


def test_an_unknown_state_means_the_whole_country() -> None:
    assert candidate_zones("place:US:zz") == candidate_zones("place:US")


def test_zones_that_show_the_same_time_have_one_that_stands_for_them() -> None:
    assert common_zone(candidate_zones("place:DE"), date(2026, 6, 15)) == "Europe/Berlin"
    assert common_zone(candidate_zones("place:US"), date(2026, 6, 15)) is None


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (QuietHours(20, 8), set(range(8, 20))),
        (QuietHours(1, 5), {0, *range(5, 24)}),
        (QuietHours(6, 6), set()),
        (QuietHours(), set(range(24))),
    ],
)
def test_quiet_hours_may_pass_midnight(rule: QuietHours, allowed: set[int]) -> None:
    assert {hour for hour in range(24) if rule.allows(hour)} == allowed
