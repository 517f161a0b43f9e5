"""Web and product use as Segment lands it in a warehouse: identifies, pages, tracks."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl

from sandbox.effects import ACTION_IDS
from sandbox.marketing_activity import NIGHTJAR_CAMPAIGNS, SITE
from sandbox.rules import RULES
from sandbox.scene import Scene, constant, moment

PATHS = (
    "/",
    "/product",
    "/pricing",
    "/blog/attribution",
    "/blog/identity",
    "/customers",
    "/docs/start",
    "/resources/case-study",
)
TITLES = (
    "Home",
    "Product",
    "Pricing",
    "Attribution, honestly",
    "One person, many records",
    "Customers",
    "Get started",
    "Case study",
)
REFERRERS = ("https://www.google.com/", "https://www.linkedin.com/", None, None)
EVENTS = ("Signed In", "Feature Used", "Report Exported", "Teammate Invited", "Feature Used")
FEATURES = ("dashboard", "segments", "api", "exports", "alerts")
PRICING_SESSION = -2


def web_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of the web."""
    sessions = _sessions(scene)
    yield "segment/pages", _pages(scene, sessions)
    yield "segment/identifies", _identifies(scene, sessions)
    yield "segment/tracks", _tracks(scene)


def _sessions(scene: Scene) -> pl.DataFrame:
    """One row per session: which device, and whether the person is logged in."""
    facts = scene.happened.frame("session")
    size = len(facts)
    people = scene.people(facts["person"], "anonymous_id", "second_anonymous_id", "user_id", "login_at")
    other = pl.Series(scene.rng.random(size) < 0.3) & people["second_anonymous_id"].is_not_null()
    knows = pl.Series(scene.rng.random(size) < 0.8) & (people["login_at"] <= facts["at"])
    return facts.with_columns(
        anonymous_id=people["second_anonymous_id"].zip_with(other, people["anonymous_id"]),
        user_id=people["user_id"].zip_with(knows, constant(None, size)),
    )


def _pages(scene: Scene, sessions: pl.DataFrame) -> pl.DataFrame:
    count = 1 + scene.rng.poisson(1.7, len(sessions))
    row = np.repeat(np.arange(len(sessions)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    rows = sessions[row]
    path = scene.rng.integers(0, len(PATHS) - 1, len(row))
    path += path >= 2
    path = np.where((place == 0) & (rows["campaign"].to_numpy() >= 0), 7, path)
    path = np.where((place == np.repeat(count - 1, count)) & (rows["campaign"].to_numpy() == PRICING_SESSION), 2, path)
    at = moment(rows["at"] + pl.Series(place * 45 + scene.rng.integers(0, 40, len(row)) * (place > 0)))
    campaign = _campaign_names().gather(rows["campaign"].clip(-1).replace(-1, None).cast(pl.UInt32))
    nothing = constant(None, len(row))
    is_landing = pl.Series(place == 0) & campaign.is_not_null()
    referrer = pl.Series(REFERRERS, dtype=pl.String).gather(scene.rng.integers(0, len(REFERRERS), len(row)))
    paths = pl.Series(PATHS).gather(path)
    return pl.DataFrame(
        {
            "id": scene.ids(len(row), "pg-"),
            "anonymous_id": rows["anonymous_id"],
            "user_id": rows["user_id"],
            "timestamp": at,
            "received_at": at + timedelta(seconds=2),
            "url": SITE + paths,
            "path": paths,
            "title": pl.Series(TITLES).gather(path),
            "referrer": referrer.zip_with(pl.Series(place == 0), nothing),
            "context_campaign_source": constant("email", len(row)).zip_with(is_landing, nothing),
            "context_campaign_medium": constant("email", len(row)).zip_with(is_landing, nothing),
            "context_campaign_name": campaign.zip_with(is_landing, nothing),
            "emit_at": at,
        }
    )


def _campaign_names() -> pl.Series:
    names: list[str | None] = [rule.action_id for rule in RULES]
    names += [None] * (NIGHTJAR_CAMPAIGNS - len(names))
    return pl.Series([*names, *ACTION_IDS], dtype=pl.String)


def _identifies(scene: Scene, sessions: pl.DataFrame) -> pl.DataFrame:
    """First logins, and some of the later sessions of those who are logged in."""
    again = sessions.filter(pl.col("user_id").is_not_null() & pl.Series(scene.rng.random(len(sessions)) < 0.25))
    people = scene.block.people.with_row_index("person").filter(pl.col("user_id").is_not_null())
    login = people.filter(pl.Series(scene.window.holds(people["login_at"].to_numpy())))
    first = login.select(pl.col("person").cast(pl.Int64), pl.col("login_at").alias("at"), "anonymous_id", "user_id")
    rows = pl.concat([again.select(first.columns), first])
    at = moment(rows["at"])
    people = scene.people(
        rows["person"], "email", "first_name", "last_name", "title", "mobile", "is_product_user", "web_company",
        "web_is_login_without_address",
    )  # fmt: skip
    nothing = constant(None, len(rows))
    return pl.DataFrame(
        {
            "id": scene.ids(len(rows), "id-"),
            "anonymous_id": rows["anonymous_id"],
            "user_id": rows["user_id"],
            "timestamp": at,
            "received_at": at + timedelta(seconds=2),
            "email": people["email"].zip_with(~people["web_is_login_without_address"], nothing),
            "phone": people["mobile"].zip_with(pl.Series(scene.rng.random(len(rows)) < 0.2), nothing),
            "first_name": people["first_name"],
            "last_name": people["last_name"],
            "company": people["web_company"],
            "title": people["title"],
            "traits": people.select(
                pl.struct(
                    plan=pl.when("is_product_user").then(pl.lit("team")).otherwise(pl.lit("free")), job_title="title"
                )
            ).to_series(),
            "emit_at": at,
        }
    )


def _tracks(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("track")
    at = moment(facts["at"])
    people = scene.people(facts["person"], "anonymous_id", "user_id")
    feature = pl.Series(FEATURES).gather(scene.rng.integers(0, len(FEATURES), len(facts)))
    return pl.DataFrame(
        {
            "id": scene.ids(len(facts), "tr-"),
            "anonymous_id": people["anonymous_id"],
            "user_id": people["user_id"],
            "timestamp": at,
            "received_at": at + timedelta(seconds=2),
            "event": pl.Series(EVENTS).gather(facts["event"].cast(pl.UInt32)),
            "properties": '{"feature": "' + feature + '"}',
            "emit_at": at,
        }
    )
