"""Raw rows whose facts are known: consent, suppressions, golden records, titles, touches, sales."""

from tests.dbt.identity_rows import Row, Rows, contact, hubspot, identify, lead

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
