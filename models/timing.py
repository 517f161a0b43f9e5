"""When a contact may be reached: the hours allowed in every time zone it could be in.

A send has to fall on the night's own UTC day, so that the consent checked for that day covers it, and after
`FIRST_UTC_HOUR`, when the night's tables are out. Between those bounds every time zone has hours of its working day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

import numpy as np
import pytz  # type: ignore[import-untyped]

from models.regions import zones_of_state

FIRST_UTC_HOUR = 6
STEP_MINUTES = 15  # every zone's offset is a multiple of it
UNKNOWN = "unknown"
ZONE_PREFIX, PLACE_PREFIX = "zone:", "place:"


@dataclass(frozen=True)
class QuietHours:
    """A channel's rule, in local hours; None: no rule.

    Nothing is sent from `quiet_from` until `quiet_until`, which may pass midnight (both equal: nothing is ever sent).
    `send_hour` is the hour that is preferred.
    """

    quiet_from: int | None = None
    quiet_until: int | None = None
    send_hour: int | None = None

    def allows(self, hour: int) -> bool:
        """Whether sending is allowed during a local hour (0 to 23)."""
        if self.quiet_from is None or self.quiet_until is None:
            return True
        if self.quiet_from < self.quiet_until:
            return not self.quiet_from <= hour < self.quiet_until
        return self.quiet_until <= hour < self.quiet_from


@dataclass(frozen=True)
class SendWindow:
    """Naive UTC instants. `send_at` is the one chosen; all from `earliest_at` to `latest_at` are allowed."""

    send_at: datetime
    earliest_at: datetime
    latest_at: datetime


def candidate_zones(zone_key: str) -> tuple[str, ...]:
    """The IANA zones that a contact could be in, sorted.

    Args:
        zone_key: `zone:<IANA name>`, `place:<country code>[:<state>]` or `unknown`. What doesn't lead to a zone (a name
            that doesn't exist, an unknown country) could be anywhere: all zones in use.
    """
    if zone_key.startswith(ZONE_PREFIX):
        zone = zone_key.removeprefix(ZONE_PREFIX)
        return (zone,) if zone in pytz.all_timezones_set else _zones_in_use()
    if zone_key.startswith(PLACE_PREFIX):
        country, _, state = zone_key.removeprefix(PLACE_PREFIX).partition(":")
        return zones_of_state(country, state) or _zones_of_country(country) or _zones_in_use()
    return _zones_in_use()


def send_window(zones: Iterable[str], day: date, rule: QuietHours) -> SendWindow | None:
    """The window of `day` in which the rule allows sending in all of `zones`; None when there is no such instant.

    `send_at` is the start of the preferred local hour when it is that hour in all zones and allowed; otherwise the
    earliest allowed instant.
    """
    hours = [_local_hours(zone, day) for zone in zones]
    allowed_hours = np.array([rule.allows(hour) for hour in range(24)])
    allowed = np.logical_and.reduce([allowed_hours[local] for local in hours])
    if not allowed.any():
        return None
    chosen = int(np.argmax(allowed))
    if rule.send_hour is not None:
        preferred = allowed & np.logical_and.reduce([local == rule.send_hour for local in hours])
        chosen = int(np.argmax(preferred)) if preferred.any() else chosen
    forbidden = np.flatnonzero(~allowed)
    before, after = forbidden[forbidden < chosen], forbidden[forbidden > chosen]
    instants = send_instants(day)
    earliest = int(before[-1]) + 1 if before.size else 0
    latest = int(after[0]) - 1 if after.size else len(instants) - 1
    return SendWindow(*(instants[index].replace(tzinfo=None) for index in (chosen, earliest, latest)))


@lru_cache(maxsize=4096)
def reference_zone(zone_key: str, day: date) -> str:
    """The zone on whose clock a contact's habits are read: of those it could be in, the middle one by offset."""
    noon = datetime.combine(day, time(12))
    zones = candidate_zones(zone_key)
    return sorted(zones, key=lambda zone: (pytz.timezone(zone).utcoffset(noon), zone))[len(zones) // 2]


def hour_starts(zone: str, window: SendWindow) -> list[datetime]:
    """The instants of a window (naive UTC) at which a zone's clock shows a full hour, and `send_at`; in order."""
    timezone, day = pytz.timezone(zone), window.send_at.date()
    allowed = [
        at.replace(tzinfo=None)
        for at in send_instants(day)
        if window.earliest_at <= at.replace(tzinfo=None) <= window.latest_at and at.astimezone(timezone).minute == 0
    ]
    return sorted({*allowed, window.send_at})


def common_zone(zones: Sequence[str], day: date) -> str | None:
    """The first of the zones if all show the same time on that day, so that it stands for them; else None."""
    first, *others = [_local_hours(zone, day) for zone in zones]
    return zones[0] if all(np.array_equal(first, other) for other in others) else None


@lru_cache(maxsize=4)
def send_instants(day: date) -> tuple[datetime, ...]:
    """The UTC instants of a day at which something may be sent, a quarter of an hour apart."""
    start = datetime.combine(day, time(FIRST_UTC_HOUR), UTC)
    count = (24 - FIRST_UTC_HOUR) * 60 // STEP_MINUTES
    return tuple(start + timedelta(minutes=STEP_MINUTES * index) for index in range(count))


@lru_cache(maxsize=4096)
def _local_hours(zone: str, day: date) -> np.ndarray:
    timezone = pytz.timezone(zone)
    return np.array([instant.astimezone(timezone).hour for instant in send_instants(day)])


@cache
def _zones_in_use() -> tuple[str, ...]:
    return tuple(sorted({zone for zones in pytz.country_timezones.values() for zone in zones}))


def _zones_of_country(country: str) -> tuple[str, ...]:
    return tuple(sorted(pytz.country_timezones.get(country.upper(), ())))
