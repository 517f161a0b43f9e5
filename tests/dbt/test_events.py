"""Activities and touches by day."""

from datetime import date
from pathlib import Path

import pytest

from tests.dbt.known_facts import build_known_facts
from tests.dbt.warehouse import dbt_build, query

Row = dict[str, object]


def activity(occurred_at: str, kind: str, contact_id: str = "ann", known_on: str | None = None) -> Row:
    return {
        "activity_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "occurred_at": occurred_at,
        "activity": kind, "known_on": known_on,
    }  # fmt: skip


def touch(touch_id: str, occurred_at: str, direction: str) -> Row:
    return {
        "touch_id": touch_id, "contact_id": "ann", "occurred_at": occurred_at, "channel": "call",
        "direction": direction,
    }  # fmt: skip


@pytest.fixture(scope="module")
def days_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("days")
    facts = {
        "core.activities": [
            activity("2026-04-01 23:40:00", "page_view"),
            activity("2026-04-02 00:05:00", "pricing_view"),
            activity("2026-04-02 00:36:00", "page_view"),
            activity("2026-04-02 09:00:00", "page_view"),
            activity("2026-04-02 09:10:00", "product_event"),
            activity("2026-04-02 09:30:00", "page_view"),
            activity("2026-04-02 09:15:00", "page_view", contact_id="bob"),
            activity("2026-04-02 12:00:00", "reply"),
            activity("2026-04-02 13:00:00", "reply", known_on="2026-04-05"),
        ],
        "core.touches": [
            touch("a", "2026-04-01 09:00:00", "outbound"),
            touch("b", "2026-04-01 11:00:00", "outbound"),
            touch("c", "2026-04-01 12:00:00", "inbound"),
        ],
    }
    build_known_facts(home, "2026-04-10", facts)
    dbt_build(home, "fqn:activity_days fqn:touch_days")
    return home


def test_days_count_what_happened_and_when_it_was_known(days_home: Path) -> None:
    days = query(
        days_home,
        "select occurred_on, known_on, count_activities from core.activity_days"
        " where activity = 'reply' order by known_on",
    )
    assert days.rows() == [(date(2026, 4, 2), date(2026, 4, 2), 1), (date(2026, 4, 2), date(2026, 4, 5), 1)]


def test_a_visit_begins_after_half_an_hour_without_a_page(days_home: Path) -> None:
    visits = query(
        days_home,
        "select contact_id, occurred_on, count_activities, strftime(last_at, '%H:%M') as last_at"
        " from core.activity_days where activity = 'session' order by all",
    )
    assert visits.rows() == [
        ("ann", date(2026, 4, 1), 1, "23:40"),
        ("ann", date(2026, 4, 2), 2, "09:00"),
        ("bob", date(2026, 4, 2), 1, "09:15"),
    ]


def test_touches_by_day_and_direction(days_home: Path) -> None:
    days = query(days_home, "select direction, count_touches from core.touch_days order by 1")
    assert days.rows() == [("inbound", 1), ("outbound", 2)]
