"""Consent to the day, suppressions through every address, golden records, touches, outcomes, buying groups."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.core_rows import (
    TITLES,
    TONIGHT,
    consent_rows,
    golden_rows,
    sales_rows,
    suppression_rows,
    title_rows,
    touch_rows,
    unreadable_rows,
)
from tests.dbt.identity_rows import combined
from tests.dbt.warehouse import build_raw, dbt_build, query


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("core")
    night = {"night": [{"run_date": TONIGHT}]}
    build_raw(
        path,
        combined(
            night, consent_rows(), suppression_rows(), unreadable_rows(), golden_rows(), title_rows(), touch_rows(),
            sales_rows(),
        ),
    )  # fmt: skip
    dbt_build(path, "staging identity core")
    return path


at = datetime.fromisoformat


def rows(home: Path, table: str, email: str, columns: str = "*", order: str = "all") -> list[dict[str, Any]]:
    sql = f"select {columns} from {table} as facts inner join core.contacts as contacts using (contact_id)"
    return query(home, f"{sql} where contacts.email = '{email}' order by {order}").to_dicts()


@pytest.mark.parametrize(
    ("name", "is_contactable"),
    [
        ("express", True),
        ("inquiry.last", True),
        ("inquiry.over", False),
        ("purchase.last", True),
        ("purchase.over", False),
        ("strange", False),
        ("later.no", False),
        ("later.yes", True),
        ("everything", False),
        ("flag", False),
    ],
)
def test_consent_holds_to_the_day(home: Path, name: str, is_contactable: bool) -> None:
    found = rows(home, "core.consent", f"{name}@consent.example", "facts.*")
    assert {row["is_contactable"] for row in found if row["channel"] == "email"} == {is_contactable}


def test_consent_carries_its_proof(home: Path) -> None:
    (found,) = rows(home, "core.consent", "express@consent.example", "facts.*")
    assert (found["basis"], found["source"], found["evidence"]) == ("express", "form", "f1")
    assert (found["valid_from"], found["valid_until"]) == (at("2019-01-01 09:00"), None)
    (found,) = rows(home, "core.consent", "inquiry.last@consent.example", "facts.*")
    assert found["valid_until"] == at("2026-03-03")


@pytest.mark.parametrize("name", ["none", "ahead"])
def test_without_a_word_there_is_no_consent(home: Path, name: str) -> None:
    assert rows(home, "core.consent", f"{name}@consent.example") == []


def test_a_withdrawal_from_a_second_address_counts_for_the_person(home: Path) -> None:
    (found,) = rows(home, "core.consent", "main@two.example", "facts.*")
    assert not found["is_contactable"]
    (found,) = rows(home, "core.suppressions", "main@two.example", "facts.*")
    assert (found["channel"], found["reason"]) == ("email", "unsubscribed")


def test_a_number_without_country_closes_channels_but_opens_none(home: Path) -> None:
    found = {
        row["channel"]: row["is_contactable"] for row in rows(home, "core.consent", "caller@consent.example", "facts.*")
    }
    assert found == {"phone": False, "push": False}


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (
            "objector@stop.example",
            dict.fromkeys(["email", "sms", "phone", "push", "ads", "post"], "objection"),
        ),
        ("bounced@stop.example", {"email": "bounce"}),
        ("someone@rival.example", {"email": "competitor"}),
        ("spam@stop.example", {"email": "complaint"}),
        ("now@stop.example", {}),
        ("flag@consent.example", {"email": "opted_out"}),
        ("later.yes@consent.example", {}),
    ],
)
def test_suppressions(home: Path, email: str, expected: dict[str, str]) -> None:
    assert {row["channel"]: row["reason"] for row in rows(home, "core.suppressions", email, "facts.*")} == expected


def test_an_objection_is_on_the_contact(home: Path) -> None:
    assert query(home, "select email from core.contacts where has_objected")["email"].to_list() == [
        "objector@stop.example"
    ]


def test_the_golden_record_takes_the_best_source_that_knows(home: Path) -> None:
    (found,) = query(home, "from core.contacts where email = 'gold@golden.example'").to_dicts()
    assert (found["first_name"], found["last_name"], found["title"]) == ("Greta", "Gold", "Leiterin Einkauf")
    assert (found["job_level"], found["job_function"]) == ("manager", "procurement")
    assert (found["country_code"], found["city"], found["time_zone"]) == ("AT", None, "Europe/Vienna")
    assert (found["owner_id"], found["created_at"]) == ("005here", at("2024-04-04 10:00"))
    assert json.loads(found["traits"]) == {"department": "R&D", "seats": 12.0, "plan": 'the "big" one'}
    (account,) = query(home, "from core.accounts where salesforce_account_id = '001'").to_dicts()
    assert (account["account_id"], account["annual_revenue_cents"]) == (found["account_id"], 150)


def test_job_titles_in_six_languages(home: Path) -> None:
    found = query(home, "select title, job_level, job_function from core.contacts where email like 't%@titles.example'")
    assert {title: (level, function) for title, level, function in found.iter_rows()} == TITLES


def test_each_touch_counts_once(home: Path) -> None:
    found = {row["touch_id"]: row for row in rows(home, "core.touches", "touch@touch.example", "facts.*")}
    fires = [found.pop(touch) for touch in sorted(found) if touch.startswith("automation")]
    assert set(found) == {
        "sent",
        "retried",
        "to_call",
        "hubspot|email_event|revoked",
        "salesforce|task|k3",
        "salesforce|task|k4",
        "salesforce|event|m1",
    }
    assert {(fire["occurred_at"], fire["action_id"]) for fire in fires} == {
        (at("2026-02-01 08:00"), "email_product_tips"),
        (at("2026-02-10 11:59"), "email_product_tips"),
    }
    assert {found[touch]["direction"] for touch in ("salesforce|task|k3", "salesforce|event|m1")} == {"inbound"}
    assert (found["sent"]["contact_id"], found["sent"]["decision_id"]) == ("c_known", "sent")


def test_a_contact_without_a_date_is_one(home: Path) -> None:
    found = query(home, "select created_at from core.contacts where email = 'undated@consent.example'")
    assert found.rows() == [(None,)]


def test_activities_leave_out_bots_and_plans(home: Path) -> None:
    found = rows(home, "core.activities", "touch@touch.example", "facts.activity")
    assert sorted(row["activity"] for row in found) == ["call", "call", "email_click", "meeting", "reply"]


def test_outcomes(home: Path) -> None:
    found = query(
        home,
        "select outcomes.outcome, contacts.email, outcomes.value_cents from core.outcomes as outcomes "
        "left join core.contacts as contacts using (contact_id) "
        "where contacts.email like '%deal.example' or contacts.email is null order by all",
    ).rows()
    assert set(found) == {
        ("opportunity_created", "theo@deal.example", None),
        ("opportunity_created", None, None),
        ("opportunity_won", None, 9950),
        ("invoice_paid", "boss@deal.example", 700),
        ("churn", "boss@deal.example", -500),
        ("purchase", "theo@deal.example", 1234),
        ("product_event", "theo@deal.example", None),
    }
    assert len(found) == 7
    assert query(home, "from core.outcomes where account_id is null and contact_id is null").is_empty()


def test_broken_references_are_told_and_not_followed(home: Path) -> None:
    found = query(home, "select object, column_name, value, count_rows from core.broken_references order by all").rows()
    assert found == [
        ("contact", "account_id", "001alone", 1),
        ("contact", "account_id", "001touch", 1),
        ("opportunity", "account_id", "001gone", 1),  # but not the one to a deleted account, nor the one to a queue
        ("opportunity", "owner_id", "005nobody", 1),
        ("opportunity_line_item", "opportunity_id", "006gone", 1),  # of products nothing was exported
    ]
    sql = "select opportunity_id from core.opportunities where account_id is null order by 1"
    assert query(home, sql)["opportunity_id"].to_list() == ["006ended", "006lost"]
    assert query(home, "from identity.int_account_keys where record_key like '%001gone'").is_empty()


ALL_CHANNELS = {"ads", "email", "phone", "post", "push", "sms"}


@pytest.mark.parametrize(
    ("email", "channels"),
    [
        ("no@unread.example", ALL_CHANNELS),
        ("o'neil@unread.example", ALL_CHANNELS),
        ("quoted@unread.example", ALL_CHANNELS),
        ("number@unread.example", ALL_CHANNELS),
        ("somebody@closed.example", ALL_CHANNELS),
        ("untouched@unread.example", set()),
        ("somebody@other.example", set()),
    ],
)
def test_who_is_named_in_an_unreadable_row_of_consent_is_left_alone(home: Path, email: str, channels: set[str]) -> None:
    found = rows(home, "core.suppressions", email.replace("'", "''"), "facts.*")
    assert {row["channel"] for row in found if row["reason"] == "unreadable_consent_row"} == channels


def test_opportunities_close_when_they_closed(home: Path) -> None:
    found = query(home, "select opportunity_id, is_closed, is_won, closed_at from core.opportunities order by 1").rows()
    assert found[2:] == [
        ("006open", False, False, None),
        ("006undated", False, False, None),
        ("006won", True, True, at("2025-12-01")),
    ]


def test_nothing_exported_builds_empty_tables(tmp_path: Path) -> None:
    build_raw(tmp_path, {"night": [{"run_date": TONIGHT}]})
    dbt_build(tmp_path, "staging identity core")
    tables = ["contacts", "accounts", "consent", "suppressions", "touches", "activities", "outcomes", "buying_groups"]
    assert all(query(tmp_path, f"from core.{table}").is_empty() for table in tables)
