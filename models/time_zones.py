"""Time zone names as sources write them."""

from functools import cache
from zoneinfo import available_timezones


def normalise_time_zone(text: str) -> str | None:
    """The IANA name, or None: `america_slash_new_york` (HubSpot) and `america/new york` are `America/New_York`."""
    return _names().get(_folded(text.replace("_slash_", "/")))


@cache
def _names() -> dict[str, str]:
    return {_folded(name): name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}


def _folded(name: str) -> str:
    return name.strip().lower().replace("_", " ")
