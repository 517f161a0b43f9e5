"""The history of stages follows from dated facts."""

from pathlib import Path

import pytest

from tests.dbt.known_facts import build_known_facts
from tests.dbt.warehouse import dbt_build, query

Row = dict[str, object]


def activity(contact_id: str, account_id: str | None, occurred_at: str, kind: str) -> Row:
    return {
        "activity_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": account_id,
        "occurred_at": occurred_at, "activity": kind,
    }  # fmt: skip


def outcome(contact_id: str | None, account_id: str | None, occurred_at: str, kind: str) -> Row:
    return {
        "outcome_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": account_id,
        "occurred_at": occurred_at, "outcome": kind,
    }  # fmt: skip


FACTS: dict[str, list[Row]] = {
    "core.accounts": [
        {"account_id": "a", "created_at": "2026-01-01"},
        {"account_id": "b", "created_at": "2025-01-01"},
        {"account_id": "c", "created_at": "2025-06-01"},
        {"account_id": "quiet"},
        {"account_id": "e", "created_at": "2026-01-01"},
    ],
    "core.contacts": [
        {"contact_id": "ann", "account_id": "a", "created_at": "2026-01-01"},
        {"contact_id": "bob", "account_id": "b", "created_at": "2025-01-01"},
        {"contact_id": "cleo", "account_id": "c", "created_at": "2026-01-01"},
        {"contact_id": "dora", "created_at": "2026-02-01"},
        {"contact_id": "eve", "account_id": "e", "created_at": "2026-01-01"},
        {"contact_id": "colleague", "account_id": "e", "created_at": "2026-01-01"},
        {"contact_id": "future", "created_at": "2026-06-15 09:00:00"},
    ],
    "core.activities": [
        activity("ann", "a", "2026-02-01 10:00:00", "page_view"),
        # 3 × 20 points, of which the daily cap leaves 40: not yet an mql
        activity("ann", "a", "2026-04-01 08:00:00", "form_submission"),
        activity("ann", "a", "2026-04-01 09:00:00", "form_submission"),
        activity("ann", "a", "2026-04-01 10:00:00", "form_submission"),
        activity("ann", "a", "2026-04-02 09:00:00", "form_submission"),
        activity("ann", "a", "2026-04-10 15:00:00", "meeting"),
        activity("bob", "b", "2026-02-01 12:00:00", "page_view"),
        activity("cleo", "c", "2026-05-01 12:00:00", "page_view"),
        # of the night's own day: not yet known to have happened
        activity("dora", None, "2026-06-15 08:00:00", "meeting"),
    ],
    "core.touches": [
        {"touch_id": "t1", "contact_id": "ann", "occurred_at": "2026-04-03 16:00:00", "channel": "call",
         "direction": "outbound"},
    ],
    "core.opportunities": [
        {"opportunity_id": "o1", "account_id": "a", "created_at": "2026-04-20", "closed_at": "2026-05-05",
         "is_closed": True, "is_won": False},
        {"opportunity_id": "o2", "account_id": "e", "created_at": "2026-05-01", "is_closed": False, "is_won": False},
    ],
    "core.outcomes": [
        outcome("ann", "a", "2026-04-20", "opportunity_created"),
        outcome(None, "b", "2025-06-01", "invoice_paid"),
        outcome(None, "c", "2026-01-10", "opportunity_won"),
        outcome(None, "c", "2026-03-01", "churn"),
        outcome("dora", None, "2026-03-01", "purchase"),
        outcome("eve", "e", "2026-05-01", "opportunity_created"),
    ],
    "core.buying_groups": [{"buying_group_id": "g", "account_id": "a"}],
    "core.buying_group_members": [
        {"buying_group_id": "g", "account_id": "a", "contact_id": "ann", "role": "user", "role_source": "job_title"}
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lifecycle")
    build_known_facts(home, "2026-06-15", FACTS)
    dbt_build(home, "lifecycle")
    return home


def history(home: Path, entity: str, entity_id: str) -> list[tuple[str, str]]:
    """The stages of an entity with the moment of entry, oldest first; checks that each ends as the next begins."""
    where = f"where {entity}_id = '{entity_id}' order by entered_at"
    rows = query(home, f"select stage, entered_at, left_at from lifecycle.{entity}_stages {where}").rows()
    entries = [entered_at for _, entered_at, _ in rows]
    assert [left_at for _, _, left_at in rows] == [*entries[1:], None]
    return [(stage, f"{entered_at:%Y-%m-%d %H:%M}") for stage, entered_at, _ in rows]


def test_a_contact_moves_up_by_facts_and_back_when_they_age(home: Path) -> None:
    assert history(home, "contact", "ann") == [
        ("lead", "2026-01-01 00:00"),
        ("engaged", "2026-02-01 10:00"),
        ("lead", "2026-03-03 10:00"),
        ("engaged", "2026-04-01 10:00"),
        ("mql", "2026-04-02 09:00"),
        ("sal", "2026-04-03 16:00"),
        ("sql", "2026-04-10 15:00"),
        ("sqo", "2026-04-20 00:00"),
        ("sql", "2026-05-05 00:00"),
        ("lead", "2026-05-10 15:00"),
    ]


def test_an_account_follows_its_people_and_opportunities(home: Path) -> None:
    assert history(home, "account", "a") == [
        ("target", "2026-01-01 00:00"),
        ("engaged", "2026-04-02 09:00"),
        ("opportunity", "2026-04-20 00:00"),
        ("target", "2026-05-05 00:00"),
    ]


def test_a_buying_group_follows_its_account(home: Path) -> None:
    assert [stage for stage, _ in history(home, "buying_group", "g")] == [
        "identified", "engaged", "opportunity", "identified"
    ]  # fmt: skip


def test_a_silent_customer_lapses_and_comes_back_with_a_sign(home: Path) -> None:
    expected = [("customer", "2025-06-01 00:00"), ("lapsed", "2025-11-28 00:00"), ("customer", "2026-02-01 12:00")]
    assert history(home, "account", "b") == [("target", "2025-01-01 00:00"), *expected]
    assert history(home, "contact", "bob") == [("lead", "2025-01-01 00:00"), *expected]


def test_churn_ends_a_customer_whatever_its_people_do(home: Path) -> None:
    assert history(home, "account", "c") == [
        ("target", "2025-06-01 00:00"),
        ("customer", "2026-01-10 00:00"),
        ("lapsed", "2026-03-01 00:00"),
    ]
    assert history(home, "contact", "cleo") == [
        ("lead", "2026-01-01 00:00"),
        ("customer", "2026-01-10 00:00"),
        ("lapsed", "2026-03-01 00:00"),
        ("engaged", "2026-05-01 12:00"),
        ("lapsed", "2026-05-31 12:00"),
    ]


def test_a_contact_without_account_is_a_customer_by_its_own_purchase(home: Path) -> None:
    assert history(home, "contact", "dora") == [("lead", "2026-02-01 00:00"), ("customer", "2026-03-01 00:00")]


def test_an_opportunity_counts_as_long_as_it_is_open(home: Path) -> None:
    assert history(home, "account", "e") == [("target", "2026-01-01 00:00"), ("opportunity", "2026-05-01 00:00")]
    assert history(home, "contact", "eve") == [("lead", "2026-01-01 00:00"), ("sqo", "2026-05-01 00:00")]
    assert history(home, "contact", "colleague") == [("lead", "2026-01-01 00:00")]


def test_everybody_has_a_stage(home: Path) -> None:
    assert history(home, "contact", "future") == [("lead", "2026-06-15 09:00")]
    assert history(home, "account", "quiet") == [("target", "1970-01-01 00:00")]
