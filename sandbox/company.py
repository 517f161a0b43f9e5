"""What belongs to the selling company as a whole: its sellers, campaigns and ad spend."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from sandbox import names
from sandbox.scene import numbered
from sandbox.seasons import SECONDS, day_number, season
from sandbox.seeds import MARKET, SPEND, generator

PLATFORM_CAMPAIGNS = (
    ("google", "g-search-brand", 9_000),
    ("google", "g-display", 4_000),
    ("meta", "m-lookalike", 3_500),
    ("meta", "m-retargeting", 2_000),
    ("linkedin", "l-abm", 12_000),
    ("linkedin", "l-content", 6_000),
)
ZONES = ("America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin", "Europe/Paris", "Australia/Sydney")


def make_users(seed: int, contacts: int, start: date) -> pl.DataFrame:
    """The sellers; one row each. About one for 250 contacts; one in ten has left."""
    count = int(np.clip(contacts // 250, 8, 400))
    rng = generator(seed, MARKET)
    first, last = names.FIRST_NAMES["en"].split(), names.LAST_NAMES["en"].split()
    firsts = [first[n] for n in rng.integers(0, len(first), count).tolist()]
    lasts = [last[n] for n in rng.integers(0, len(last), count).tolist()]
    modified = pl.Series([start] * count).cast(pl.Datetime("us")) - timedelta(days=200)
    return pl.DataFrame(
        {
            "id": numbered(pl.Series(np.arange(1, count + 1)), "005", 12) + "AAA",
            "name": [f"{a} {b}" for a, b in zip(firsts, lasts, strict=True)],
            "email": [
                f"{a}.{b}{n}@brightline.example".lower().replace("'", "")
                for n, (a, b) in enumerate(zip(firsts, lasts, strict=True))
            ],
            "title": ["Account Executive" if n % 3 else "Sales Development Representative" for n in range(count)],
            "department": ["Sales"] * count,
            "is_active": rng.random(count) >= 0.1,
            "manager_id": numbered(pl.Series(np.arange(count) // 8 * 8 + 1), "005", 12) + "AAA",
            "time_zone_sid_key": [ZONES[n] for n in rng.integers(0, len(ZONES), count).tolist()],
            "last_modified_date": modified,
            "system_modstamp": modified,
            "emit_at": modified,
        }
    )


def campaigns(start: date) -> pl.DataFrame:
    """Salesforce campaigns; one row each."""
    rows = [
        ("Case study push", "Email"),
        ("Live webinar", "Webinar"),
        ("Trade show", "Conference"),
        ("Retargeting", "Advertisement"),
    ]
    modified = pl.Series([start] * len(rows)).cast(pl.Datetime("us")) - timedelta(days=190)
    return pl.DataFrame(
        {
            "id": numbered(pl.Series(range(1, len(rows) + 1)), "701", 12) + "AAA",
            "name": [row[0] for row in rows],
            "type": [row[1] for row in rows],
            "status": ["In Progress"] * len(rows),
            "start_date": modified.cast(pl.Date),
            "end_date": pl.Series([None] * len(rows), dtype=pl.Date),
            "is_deleted": [False] * len(rows),
            "created_date": modified,
            "last_modified_date": modified,
            "system_modstamp": modified,
            "emit_at": modified,
        }
    )


def ad_spend(seed: int, contacts: int, first: date, after_last: date) -> pl.DataFrame:
    """What the ads cost; one row per platform campaign and day."""
    days = np.arange(day_number(first), day_number(after_last))
    parts = []
    for number, (platform, campaign, cents) in enumerate(PLATFORM_CAMPAIGNS):
        wobble = np.array([generator(seed, SPEND, number, day).lognormal(0, 0.25) for day in days.tolist()])
        cost = (cents * season(days) * wobble * contacts / 5000).astype(np.int64)
        at = pl.Series(days * SECONDS * 1_000_000).cast(pl.Datetime("us"))
        parts.append(
            pl.DataFrame(
                {
                    "platform": [platform] * len(days),
                    "campaign_id": [campaign] * len(days),
                    "date": at.cast(pl.Date),
                    "cost_cents": cost,
                    "currency": ["USD"] * len(days),
                    "impressions": cost * 3,
                    "clicks": cost // 150,
                    "emit_at": at + timedelta(hours=23),
                }
            )
        )
    return pl.concat(parts)
