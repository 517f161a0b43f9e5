"""Consent to the day, suppressions through every address, golden records, touches, outcomes, buying groups."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.identity_rows import Row, Rows, combined, contact, hubspot, identify, lead
from tests.dbt.warehouse import build_raw, dbt_build, query

TONIGHT = "2026-03-02"
VALIDITY = [
    {"basis": "express", "valid_days": None},
    {"basis": "implied_purchase", "valid_days": 730},
    {"basis": "implied_inquiry", "valid_days": 183},
    {"basis": "legitimate_interest", "valid_days": None},
]


def status(email: str | None, basis: str | None, occurred_at: str, channel: str = "email", **columns: object) -> Row:
    given = "subscribed" if basis else "unsubscribed"
    return {"email": email, "channel": channel, "basis": basis, "status": given, "occurred_at": occurred_at, **columns}


def consent_rows() -> Rows:
    names = ["express", "inquiry.last", "inquiry.over", "purchase.last", "purchase.over", "strange", "ahead",
             "later.no", "later.yes", "none", "everything", "flag"]  # fmt: skip
    people = [contact(f"003{name}", f"{name}@consent.example", has_opted_out_of_email=name == "flag") for name in names]
    phone = {"phone": "+49 30 901820", "mailing_country_code": "DE"}
    return {
        "salesforce__contact": [
            *people,
            contact("003caller", "caller@consent.example", "Cai Call", do_not_call=True, **phone),
            contact("003undated", "undated@consent.example", _modified_at=None),
        ],
        "hubspot__contact": [hubspot("1", "main@two.example", property_email_1="second@two.example")],
        "policy_consent_validity": VALIDITY,
        "consent__subscription_status": [
            status("express@consent.example", "express", "2019-01-01 09:00:00", source="form", evidence="f1"),
            status("inquiry.last@consent.example", "implied_inquiry", "2025-09-01 23:00:00"),
            status("inquiry.over@consent.example", "implied_inquiry", "2025-08-31 23:00:00"),
            status("purchase.last@consent.example", "implied_purchase", "2024-03-03 00:00:00"),
            status("purchase.over@consent.example", "implied_purchase", "2024-03-02 12:00:00"),
            status("strange@consent.example", "because_we_want", "2026-01-01 00:00:00"),
            status("ahead@consent.example", "express", "2026-03-03 00:00:00"),
            status("later.no@consent.example", "express", "2026-01-01 00:00:00"),
            status("later.no@consent.example", None, "2026-03-02 23:00:00"),
            status("later.yes@consent.example", None, "2026-01-01 00:00:00"),
            status("later.yes@consent.example", "express", "2026-03-02 01:00:00"),
            status("everything@consent.example", "express", "2026-01-01 00:00:00"),
            status("everything@consent.example", None, "2026-01-02 00:00:00", channel="all"),
            status("flag@consent.example", "express", "2026-01-01 00:00:00"),
            status("main@two.example", "express", "2026-01-01 00:00:00"),
            status(" Second@Two.example", None, "2025-01-01 00:00:00"),
            status(None, "express", "2026-01-01 00:00:00", channel="sms", phone="030 901820"),
            status(None, None, "2026-01-01 00:00:00", channel="push", phone="030/901820"),
            status(None, "express", "2026-01-01 00:00:00", channel="call", phone="+4930901820"),
        ],
    }


def suppression_rows() -> Rows:
    return {
        "salesforce__contact": [
            contact("003objector", "objector@stop.example"),
            contact("003bounced", "bounced@stop.example"),
            contact("003domain", "someone@rival.example"),
            contact("003spam", "spam@stop.example"),
        ],
        "hubspot__contact": [hubspot("2", "now@stop.example", property_email_1="before@stop.example")],
        "consent__suppression": [
            {"email": "objector@stop.example", "channel": "all", "reason": "objection", "occurred_at": "2026-01-01"},
            {"domain": "rival.example", "channel": "email", "reason": "competitor", "occurred_at": "2026-01-02"},
            {"email": "before@stop.example", "channel": "email", "reason": "bounce", "occurred_at": "2026-01-03"},
        ],
        "hubspot__email_event": [
            {"id": "e1", "type": "BOUNCE", "created": "2026-01-04", "recipient": "Bounced@stop.example"},
            {"id": "e2", "type": "SPAMREPORT", "created": "2026-01-05", "recipient": "spam@stop.example"},
        ],
    }


def unreadable_rows() -> Rows:
    names = ["no", "o'neil", "quoted", "untouched"]
    rejected = [
        ("subscription_status", "No@Unread.example,,email,express,unsubscribed,2026-02-30,form,"),
        ("subscription_status", '{"email":"o\'neil@unread.example","status":"unsubscribed","occurred_at":"soon"}'),
        ("subscription_status", '"quoted@unread.example"\temail\t\tunsubscribed\t31.02.2026'),
        ("subscription_status", ",+4930771100,phone,,unsubscribed,2026-13-01,see https://other.example/form,"),
        ("subscription_status", None),
        ("suppression", ",,closed.example,email,competitor,2026-02-30 10:00:00.5"),
    ]
    return {
        "salesforce__contact": [
            *(contact(f"003{name}", f"{name}@unread.example") for name in names),
            contact("003number", "number@unread.example", phone="030 771100", mailing_country_code="DE"),
            contact("003website", "somebody@closed.example"),
            contact("003evidence", "somebody@other.example"),
        ],
        "consent__subscription_status": [
            status(f"{name}@unread.example", "express", "2026-01-01 00:00:00") for name in names
        ],
        "rejected_rows": [
            *({"source": "consent", "object": name, "raw_text": text} for name, text in rejected),
            {"source": "salesforce", "object": "contact", "raw_text": "003,untouched@unread.example,2026-02-30"},
        ],
    }


def golden_rows() -> Rows:
    return {
        "salesforce__user": [
            {"id": "005here", "name": "Olga Owner", "is_active": True, "time_zone_sid_key": "Europe/Berlin"},
            {"id": "005left", "name": "Lars Left", "is_active": False},
        ],
        "salesforce__account": [
            {"id": "001", "name": "Golden AG", "website": "golden.example", "owner_id": "005here",
             "annual_revenue": 1.5},
        ],
        "salesforce__contact": [
            contact("003gold", "gold@golden.example", "Greta Gold", account_id="001", owner_id="005left",
                    department="R&D", mailing_country="Österreich", created_date="2025-05-05 10:00:00"),
        ],
        "salesforce__lead": [
            lead("00Qgold", "gold@golden.example", "G. Old", title="Assistant", country="France", city="Lyon",
                 created_date="2024-04-04 10:00:00", system_modstamp="2026-02-01"),
        ],
        "hubspot__contact": [
            hubspot("3", "gold@golden.example", property_jobtitle="Leiterin Einkauf", property_createdate="2025-06-06",
                    property_hs_timezone="europe_slash_vienna", property_seats="12"),
        ],
        "segment__identifies": [
            identify("i1", user_id="u1", email="gold@golden.example", traits={"plan": 'the "big" one', "score": "n/a"})
        ],
        "policy_traits": [
            {"trait": "department", "source": "salesforce__contact", "source_column": "department", "type": "category"},
            {"trait": "seats", "source": "hubspot__contact", "source_column": "property_seats", "type": "number"},
            {"trait": "plan", "source": "segment__identifies", "source_column": "plan", "type": "category"},
            {"trait": "score", "source": "segment__identifies", "source_column": "score", "type": "number"},
        ],
    }  # fmt: skip


TITLES = {
    "Vice President of Sales": ("vp", "sales"),
    "Chief Financial Officer": ("c_level", "finance"),
    "CTO": ("c_level", "it"),
    "Geschäftsführerin": ("c_level", "executive"),
    "Vertriebsleiter Süd": ("manager", "sales"),
    "Einkäufer": ("individual", "procurement"),
    "Directrice marketing": ("director", "marketing"),
    "Responsable des achats": ("manager", "procurement"),
    "Jefe de Operaciones": ("manager", "operations"),
    "Direttore Risorse Umane": ("director", "hr"),
    "Hoofd Inkoop": ("manager", "procurement"),
    "Assistant to the CEO": ("individual", "executive"),
    "Software Engineer": ("individual", "it"),
    "Wizard": ("unknown", "other"),
    None: ("unknown", "unknown"),
}


def title_rows() -> Rows:
    people = [contact(f"003t{number}", f"t{number}@titles.example", title=title) for number, title in enumerate(TITLES)]
    return {"salesforce__contact": people}


def decision(decision_id: str, contact_id: str, **columns: object) -> Row:
    base = {"run_date": "2026-02-20", "action_id": "email_case_study", "channel": "email",
            "approval_status": "approved", "autonomy_mode": "assisted", "send_at": "2026-02-20 09:00:00"}  # fmt: skip
    return {"decision_id": decision_id, "contact_id": contact_id, **base, **columns}


def email_event(event_id: str, kind: str, created: str, **columns: object) -> Row:
    return {"id": event_id, "type": kind, "created": created, "recipient": "touch@touch.example", **columns}


def touch_rows() -> Rows:
    key = {
        "source": "salesforce",
        "object": "contact",
        "source_id": "003touch",
        "contact_id": "c_known",
        "is_anchor": True,
    }
    decisions = [
        decision("sent", "c_known"),
        decision("bounced", "c_known"),
        decision("retried", "c_known"),
        decision("to_call", "c_known", channel="call", send_at="2026-02-09 09:00:00"),
        decision("pending", "c_known", approval_status="pending"),
        decision("shadow", "c_known", autonomy_mode="shadow", approval_status="not_needed"),
        decision("none", "c_known", action_id=None),
        decision("stranger", "c_unknown"),
    ]
    return {
        "salesforce__contact": [contact("003touch", "touch@touch.example", account_id="001touch")],
        "ledger_contact_keys": [{**key, "assigned_on": "2026-01-01"}],
        "ledger_decisions": decisions,
        "policy_actions": [{"action_id": "email_product_tips"}],
        "delivery__result": [
            {"decision_id": "bounced", "status": "delivered", "occurred_at": "2026-02-20 09:01:00"},
            {"decision_id": "bounced", "status": "bounced", "occurred_at": "2026-02-25 09:00:00"},
            {"decision_id": "retried", "status": "failed", "occurred_at": "2026-02-20 09:01:00"},
            {"decision_id": "retried", "status": "delivered", "occurred_at": "2026-02-20 10:00:00"},
        ],
        "hubspot__email_event": [
            email_event("s1", "SENT", "2026-02-20 09:00:05", decision_id="sent"),
            email_event("s2", "SENT", "2026-02-10 12:00:00"),
            email_event("revoked", "SENT", "2026-02-05 09:00:00", decision_id="none"),
            email_event("c1", "CLICK", "2026-02-10 13:00:00", url="/a"),
            email_event("c2", "CLICK", "2026-02-10 13:00:00", filtered_event=True),
        ],
        "automation__rule": [{"rule_id": "r1", "channel": "email", "action": "email_product_tips"}],
        "automation__rule_fire": [
            {"rule_id": "r1", "email": "touch@touch.example", "fired_at": "2026-02-10 11:59:00"},
            {"rule_id": "r1", "email": "touch@touch.example", "fired_at": "2026-02-01 08:00:00"},
        ],
        "salesforce__task": [
            {"id": "k1", "who_id": "003touch", "type": "Call", "status": "Completed", "activity_date": "2026-02-11"},
            {"id": "k2", "who_id": "003touch", "type": "Call", "status": "Not Started", "activity_date": "2026-02-12"},
            {"id": "k4", "who_id": "003touch", "type": "Call", "status": "Completed", "activity_date": "2026-02-18"},
            {"id": "k3", "who_id": "003touch", "type": "Email", "subject": "RE: Offer", "activity_date": "2026-02-13"},
        ],
        "salesforce__event": [
            {"id": "m1", "who_id": "003touch", "subject": "Demo", "start_date_time": "2026-02-14 10:00"},
            {"id": "m2", "who_id": "003touch", "subject": "Demo", "start_date_time": "2026-03-02 10:00"},
            {"id": "m3", "who_id": "003touch", "subject": "Canceled: Demo", "start_date_time": "2026-02-15 10:00"},
        ],
    }  # fmt: skip


def sales_rows() -> Rows:
    return {
        "salesforce__account": [
            {"id": "001deal", "name": "Deal", "website": "deal.example"},
            {"id": "001ended", "name": "Ended", "_is_deleted": True},
        ],
        "salesforce__contact": [
            contact("003boss", "boss@deal.example", account_id="001deal", title="CEO"),
            contact("003tech", "theo@deal.example", account_id="001deal", title="Software Engineer"),
            contact("003alone", "alone@single.example", account_id="001alone"),
        ],
        "salesforce__opportunity": [
            {"id": "006open", "account_id": "001deal", "stage_name": "Proposal", "created_date": "2026-01-10"},
            {"id": "006won", "account_id": "001deal", "stage_name": "Closed Won", "created_date": "2025-10-01",
             "amount": 99.5, "close_date": "2025-12-01", "_modified_at": "2025-12-02"},
            {"id": "006lost", "account_id": "001gone", "created_date": "2026-01-11", "owner_id": "00Gqueue"},
            {"id": "006undated", "account_id": "001deal", "stage_name": "Prospecting", "_modified_at": None},
            {"id": "006ended", "account_id": "001ended", "created_date": "2026-01-12", "owner_id": "005nobody"},
        ],
        "salesforce__opportunity_line_item": [{"id": "00k1", "opportunity_id": "006gone", "product_2_id": "01t"}],
        "salesforce__opportunity_contact_role": [
            {"id": "r1", "opportunity_id": "006open", "contact_id": "003tech", "role": "Executive Sponsor"}
        ],
        "billing__subscription": [
            {"id": "s1", "customer_id": "cus", "email": "boss@deal.example", "status": "canceled", "mrr_cents": 500,
             "ended_at": "2026-02-01 00:00:00"}
        ],
        "billing__invoice": [
            {"id": "v1", "customer_id": "cus", "amount_cents": 700, "status": "paid", "paid_at": "2026-01-15"},
            {"id": "v2", "customer_id": "cus", "amount_cents": 700, "status": "open", "issued_at": "2026-02-15"},
        ],
        "segment__tracks": [
            {"id": "o1", "user_id": "theo@deal.example", "timestamp": "2026-02-01 10:00", "event": "Order Completed",
             "properties": {"revenue": "12.34"}},
            {"id": "o2", "user_id": "theo@deal.example", "timestamp": "2026-02-01 11:00", "event": "Report Exported"},
        ],
    }  # fmt: skip


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
