"""Who responded to which message: counted once its days have passed."""

from pathlib import Path

import polars as pl
import pytest

from tests.dbt.known_facts import build_known_facts, replace_known_facts
from tests.dbt.warehouse import dbt_build, query

FIRST, SECOND = "2026-06-15", "2026-06-18"
SELECTION = "path:models/features/message_responses.sql"

Row = dict[str, object]


def decision(contact_id: str, day: str) -> Row:
    return {
        "decision_id": f"{contact_id}-{day}", "contact_id": contact_id, "run_date": day, "arm": "model",
        "action_id": "mail", "channel": "email", "content": '{"body": "short"}', "preferred_send_at": f"{day} 09:00:00",
    }  # fmt: skip


def delivery(contact_id: str, day: str) -> Row:
    return {
        "touch_id": f"{contact_id}-{day}", "contact_id": contact_id, "occurred_at": f"{day} 09:00:00",
        "channel": "email", "direction": "outbound", "decision_id": f"{contact_id}-{day}", "source": "nightjar",
    }  # fmt: skip


def outcome(contact_id: str, occurred_at: str, kind: str) -> Row:
    return {
        "outcome_id": f"{contact_id}{occurred_at}", "contact_id": contact_id, "occurred_at": occurred_at,
        "outcome": kind,
    }  # fmt: skip


SENT = [(who, "2026-06-10") for who in ("replied", "left", "silent", "late", "early", "objector", "unreached")]
SENT += [("replied", "2026-06-13"), ("replied", "2026-06-12")]
CONTACTS: list[Row] = [{"contact_id": who, "has_objected": who == "objector"} for who, _ in SENT[:7]]
FACTS: dict[str, list[Row]] = {
    "core.contacts": CONTACTS,
    "ledger_decisions": [decision(*each) for each in SENT],
    "core.touches": [delivery(*each) for each in SENT if each[0] != "unreached"],
    "core.outcomes": [
        outcome("replied", "2026-06-13 08:59:00", "reply"),
        outcome("left", "2026-06-10 10:00:00", "reply"),
        outcome("left", "2026-06-11 10:00:00", "unsubscribe"),
        outcome("silent", "2026-06-11 10:00:00", "site_visit"),  # no response by policy
        outcome("late", "2026-06-13 09:00:00", "meeting"),
        outcome("early", "2026-06-10 08:00:00", "email_click"),
        outcome("objector", "2026-06-11 10:00:00", "reply"),
    ],
}


def responses(home: Path) -> pl.DataFrame:
    return query(home, "select * from features.message_responses order by decision_id")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("messages")
    build_known_facts(home, FIRST, FACTS)
    dbt_build(home, SELECTION)
    return home


def test_a_response_counts_in_its_days_unless_the_contact_leaves(home: Path) -> None:
    assert responses(home).select("decision_id", "has_responded").rows() == [
        ("early-2026-06-10", False),
        ("late-2026-06-10", False),
        ("left-2026-06-10", False),
        ("replied-2026-06-10", True),
        ("silent-2026-06-10", False),
    ]
    assert set(responses(home)["content"]) == {'{"body": "short"}'}


def test_a_later_night_adds_what_has_matured_and_forgets_who_objected(home: Path) -> None:
    later = FACTS | {
        "core.contacts": [row | {"has_objected": row["contact_id"] in ("objector", "silent")} for row in CONTACTS]
    }
    replace_known_facts(home, SECOND, {table: of for table, of in later.items() if table.startswith("core.")})
    dbt_build(home, SELECTION)
    assert responses(home).select("decision_id", "has_responded").rows() == [
        ("early-2026-06-10", False),
        ("late-2026-06-10", False),
        ("left-2026-06-10", False),
        ("replied-2026-06-10", True),
        ("replied-2026-06-12", True),
        ("replied-2026-06-13", False),
    ]
