"""What leaves: only what may, in each platform's form; and the feed of what changed since the last published night."""

import json
from pathlib import Path

import pytest

from tests.dbt.known_facts import STAGING, build_known_facts, execute
from tests.dbt.warehouse import dbt_build, query

NIGHT = "2026-06-15"
# Published by Meta, Google and TikTok for the normalised values.
JOHN_SMITH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
JANE_DOE = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"
META_PHONE = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
E164_PHONE = "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8"
VALERY = "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"

Row = dict[str, object]


def person(contact_id: str, **others: object) -> Row:
    return {
        "contact_id": contact_id, "email": f"{contact_id}@example.com", "phone_e164": "+33612345678",
        "created_at": "2026-01-01", "has_objected": False,
    } | others  # fmt: skip


def decision(contact_id: str, action_id: str | None, channel: str | None, **others: object) -> Row:
    return {
        "decision_id": f"d_{contact_id}", "run_date": NIGHT, "contact_id": contact_id, "arm": "model",
        "action_id": action_id, "channel": channel, "content_variant_id": "v1", "send_at": f"{NIGHT} 07:00:00",
        "recipient_time_zone": "Europe/Paris", "owner_id": "o1", "expected_value": 10.0, "cost": 2.0,
        "autonomy_mode": "autonomous", "approval_status": "not_needed", "reason_codes": ["recent_reply", "mql"],
    } | others  # fmt: skip


def mailed(contact_id: str, **others: object) -> Row:
    return decision(contact_id, "mail", "email") | others


NO_SEND = {
    "pending": {"approval_status": "pending", "autonomy_mode": "assisted"},
    "rejected": {"approval_status": "rejected", "autonomy_mode": "assisted"},
    "shadowed": {"approval_status": "shadow", "autonomy_mode": "shadow"},
    "untouched": {"arm": "business_as_usual"},
    "held_out": {"arm": "holdout", "action_id": None, "channel": None},
}
SENT = ["model", "explored", "approved"]
SHARING = ["sharing", "sharing_too"]  # one address
WITHDRAWN = ["opted_out", "expired", "without_consent", "objected", "wrong_basis"]
ADS = {
    "john": person(
        "john", email="John_Smith@gmail.com", phone_e164="+16505551212", first_name="Valéry", last_name="O'Brien-Smith",
        country_code="us", postal_code="94-110 X", city="San José", state="C.A.", account_id="acme",
    ),
    "jane": person("jane", email="Jane.Doe@gmail.com", phone_e164=None, first_name="Dr. Jane", last_name="Doe Jr.",
                   country_code="US", postal_code="94110"),
    "plain_jane": person("plain_jane", email="janedoe@gmail.com", phone_e164="+16505551212", first_name="Jane"),
    "nameless": person("nameless", first_name="Jo", country_code="US"),
}  # fmt: skip
FACTS: dict[str, list[Row]] = {
    "core.accounts": [{"account_id": "acme", "name": "Acme", "salesforce_account_id": "001"}],
    "core.contacts": [
        *(person(contact) for contact in (*SENT, *NO_SEND, *WITHDRAWN) if contact != "objected"),
        person("objected", has_objected=True),
        *(person(contact, email="office@example.com") for contact in SHARING),
        person("called", first_name="Jane", last_name="Doe", account_id="acme"),
        person("lead_called"),
        *ADS.values(),
    ],
    "core.consent": [
        {"contact_id": contact, "channel": channel, "basis": "express", "is_contactable": True, "source": "form"}
        for contact in (*SENT, *SHARING, *NO_SEND, "opted_out", "objected", "called", "lead_called", *ADS)
        for channel in ("email", "phone", "ads")
    ]
    + [
        {"contact_id": "expired", "channel": "email", "basis": "express", "is_contactable": False},
        {"contact_id": "wrong_basis", "channel": "email", "basis": "implied_inquiry", "is_contactable": True},
    ],
    "core.suppressions": [
        {
            "contact_id": "opted_out",
            "channel": "email",
            "reason": "unsubscribed",
            "suppressed_at": "2026-06-15 05:00:00",
        },
        {"contact_id": "opted_out", "channel": "sms", "reason": "unsubscribed"},
    ],
    "consent__suppression": [
        {"email": "Stranger@Example.com", "channel": "all", "reason": "legal", "occurred_at": "2026-01-01"},
        {"email": "model@example.com", "channel": "push", "reason": "legal", "occurred_at": "2026-01-01"},
    ],
    "consent__subscription_status": [
        {"email": "stranger2@example.com", "channel": "email", "status": "unsubscribed", "occurred_at": "2026-01-01"}
    ],
    "rejected_rows": [
        {"source": "consent", "object": "subscription_status", "raw_text": "stranger3@example.com,never"}
    ],
    "identity.contact_id_map": [
        {"source": "salesforce", "object": "contact", "source_id": "003", "contact_id": "called"},
        {"source": "salesforce", "object": "lead", "source_id": "00Q", "contact_id": "called"},
        {"source": "salesforce", "object": "lead", "source_id": "00R", "contact_id": "lead_called"},
        {"source": "hubspot", "object": "contact", "source_id": "7", "contact_id": "model"},
    ],
    "identity.emails": [{"email_normalised": "model.old@example.com", "contact_id": "model"}],
    "decisioning.arms": [
        {"unit_id": "model", "arm": "model", "assigned_on": NIGHT},
        {"unit_id": "held_out", "arm": "holdout", "assigned_on": NIGHT},
        {"unit_id": "sharing", "arm": "random_control", "assigned_on": NIGHT},
        {"unit_id": "sharing_too", "arm": "business_as_usual", "assigned_on": NIGHT},
        {"unit_id": "acme", "arm": "business_as_usual", "assigned_on": NIGHT},
    ],
    "decisioning.contact_scores": [
        {"contact_id": "model", "goal_id": "reply", "propensity": 0.123456},
        {"contact_id": "model", "goal_id": "meeting", "propensity": 0.00001},
        {"contact_id": "objected", "goal_id": "reply", "propensity": 0.5},
    ],
    "decisioning.next_best_action": [
        mailed("model"),
        mailed("explored", arm="random_control"),
        mailed("approved", autonomy_mode="assisted", approval_status="approved"),
        *(mailed(contact, **others) for contact, others in NO_SEND.items()),
        *(mailed(contact) for contact in WITHDRAWN),
        *(mailed(contact) for contact in reversed(SHARING)),
        decision("called", "call", "call", account_id="acme"),
        decision("lead_called", "call", "call", reason_codes=[]),
        *(decision(contact, "show_ads", "ads") for contact in ADS),
    ],
}
FACTS["decisioning.decision_log"] = FACTS["decisioning.next_best_action"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("activation")
    build_known_facts(home, NIGHT, FACTS)
    execute(
        home,
        "create table decisioning.hot_events as select * from (values"
        f" ('called', timestamp '{NIGHT} 04:00', true), ('called', timestamp '{NIGHT} 11:00', true),"
        f" ('lead_called', timestamp '{NIGHT} 11:00', false)) as t(contact_id, due_at, is_urgent)",
        "create table decisioning.action_owners as select 'called' as contact_id, 'call' as action_id,"
        " 'o1' as owner_id, 'account owner' as reason",
    )
    dbt_build(home, f"{STAGING} lifecycle activation")
    return home


def column(home: Path, sql: str) -> set[object]:
    return {value for (value,) in query(home, sql).rows()}


def test_only_released_decisions_are_sent_and_no_withdrawn_contact(home: Path) -> None:
    assert column(home, "select contact_id from activation.email_sends") == {*SENT, "sharing"}


def test_a_send_carries_its_address_time_and_consent(home: Path) -> None:
    row = query(home, "select * from activation.email_sends where contact_id = 'model'").row(0, named=True)
    assert row["email"] == "model@example.com"
    assert row["send_at"].isoformat() == f"{NIGHT}T07:00:00"
    assert (row["consent_basis"], row["consent_source"]) == ("express", "form")


def test_a_task_says_whom_why_and_when(home: Path) -> None:
    row = query(home, "select * from activation.crm_tasks where contact_id = 'called'").row(0, named=True)
    assert row["subject"] == "Discovery call: Jane Doe (Acme)"
    assert row["why"] == "recent reply; mql"
    assert (row["salesforce_who_id"], row["salesforce_account_id"]) == ("003", "001")
    assert str(row["due_on"]) == NIGHT
    assert (str(row["due_at"]), row["priority"], row["owner_reason"]) == (f"{NIGHT} 07:00:00", "high", "account owner")


def test_a_task_for_a_lead_without_name_or_reasons(home: Path) -> None:
    row = query(home, "select * from activation.crm_tasks where contact_id = 'lead_called'").row(0, named=True)
    assert (row["subject"], row["why"]) == ("Discovery call: lead_called@example.com", None)
    assert row["salesforce_who_id"] == "00R"
    assert (row["due_at"], row["priority"], row["owner_reason"]) == (None, "normal", None)


@pytest.mark.parametrize(
    ("platform", "contact", "field", "value"),
    [
        ("meta", "john", "email_sha256", JOHN_SMITH),
        ("linkedin", "john", "email_sha256", JOHN_SMITH),
        ("meta", "john", "phone_sha256", META_PHONE),
        ("meta", "john", "first_name_sha256", VALERY),
        ("google", "john", "phone_sha256", E164_PHONE),
        ("tiktok", "john", "phone_sha256", E164_PHONE),
        ("tiktok", "plain_jane", "email_sha256", JANE_DOE),
        ("google", "jane", "email_sha256", JANE_DOE),  # Gmail's dots drop out
        ("linkedin", "john", "phone_sha256", None),
        ("linkedin", "john", "company", "Acme"),
        ("google", "jane", "postal_code", "94110"),
        ("google", "jane", "country_code", "US"),
        ("google", "nameless", "first_name_sha256", None),  # all four parts of an address or none
        ("google", "nameless", "country_code", None),
        ("meta", "john", "company", None),
        ("meta", "john", "ad_user_data", "granted"),
    ],
)
def test_published_hashes(home: Path, platform: str, contact: str, field: str, value: str | None) -> None:
    sql = (
        f"select {field} from activation.ad_audience_members where platform = '{platform}' and contact_id = '{contact}'"
    )
    assert query(home, sql).rows() == [(value,)]


@pytest.mark.parametrize(
    ("platform", "contact", "field", "normalised"),
    [
        ("google", "jane", "first_name_sha256", "jane"),
        ("google", "jane", "last_name_sha256", "doe"),
        ("meta", "jane", "email_sha256", "jane.doe@gmail.com"),
        ("meta", "john", "last_name_sha256", "obriensmith"),
        ("meta", "john", "country_sha256", "us"),
        ("meta", "john", "postal_code_sha256", "94110x"),
        ("meta", "john", "city_sha256", "sanjosé"),
        ("meta", "john", "state_sha256", "ca"),
    ],
)
def test_normalisation_before_hashing(home: Path, platform: str, contact: str, field: str, normalised: str) -> None:
    sql = f"select {field} = sha256('{normalised}') from activation.ad_audience_members"
    assert query(home, f"{sql} where platform = '{platform}' and contact_id = '{contact}'").rows() == [(True,)]


def test_an_address_is_in_each_platforms_audience_once(home: Path) -> None:
    """To Google the addresses of jane and plain_jane are one."""
    assert column(home, "select member_key from activation.ad_audience_members") == {
        f"nurture_{platform}:{platform}:{contact}"
        for platform in ("google", "meta", "linkedin", "tiktok")
        for contact in ADS
        if (platform, contact) != ("google", "plain_jane")
    }


def test_suppressions_are_rows_also_for_strangers(home: Path) -> None:
    sql = "select suppression_key, email, reason from activation.suppressions"
    assert set(query(home, sql).rows()) == {
        ("contact:opted_out:email", "opted_out@example.com", "unsubscribed"),
        ("contact:opted_out:sms", "opted_out@example.com", "unsubscribed"),
        ("email:stranger@example.com:all", "stranger@example.com", "legal"),
        ("email:stranger2@example.com:email", "stranger2@example.com", "unsubscribed"),
        ("email:stranger3@example.com:all", "stranger3@example.com", "unreadable_consent_row"),
    }


def test_scores_are_rounded_json_and_leave_out_who_objected(home: Path) -> None:
    rows = {row["contact_id"]: row for row in query(home, "select * from activation.contact_scores").to_dicts()}
    assert "objected" not in rows
    assert rows["model"]["propensities"] == '{"meeting": 0.0, "reply": 0.1235}'
    assert json.loads(rows["called"]["propensities"]) == {}
    assert (rows["model"]["arm"], rows["model"]["is_managed_by_nightjar"]) == ("model", True)
    assert (rows["called"]["arm"], rows["called"]["is_managed_by_nightjar"]) == ("business_as_usual", False)
    assert (rows["model"]["next_action_id"], rows["held_out"]["next_action_id"]) == ("mail", None)
    assert rows["model"]["hubspot_contact_id"] == "7"


def test_old_rules_keep_off_whoever_is_not_left_to_them(home: Path) -> None:
    assert column(home, "select exclusion_key from activation.automation_exclusions") == {
        "email:model@example.com", "email:model.old@example.com", "hubspot_contact:7", "email:held_out@example.com",
        "email:office@example.com",
    }  # fmt: skip


def test_the_first_night_adds_everything(home: Path) -> None:
    changes = "select table_name, row_key from activation.changes where op = 'added'"
    rows = "select table_name, row_key from activation.row_fingerprints"
    assert sorted(query(home, changes).rows()) == sorted(query(home, rows).rows())
    assert query(home, "select count(*) from activation.changes where op <> 'added'").row(0) == (0,)


OF_A_CONTACT = ("core.contacts", "core.consent", "decisioning.next_best_action")


@pytest.fixture(scope="module")
def next_build(home: Path) -> Path:
    """The same night again after it was published, and after some things changed."""
    execute(
        home,
        "insert into raw.published_rows select table_name, row_key, row_fingerprint from activation.row_fingerprints",
        "insert into core.suppressions values ('explored', 'email', 'unsubscribed', timestamp '2026-06-15 06:00:00')",
        "update core.contacts set last_name = 'Roe' where contact_id = 'called'",
        *(f"delete from {table} where contact_id = 'lead_called'" for table in OF_A_CONTACT),
        "update identity.contact_id_map set contact_id = 'called' where contact_id = 'lead_called'",
        "insert into identity.contact_merges values ('lead_called', 'called', timestamp '2026-06-15', 'joined')",
    )
    dbt_build(home, "activation")
    return home


def test_who_opts_out_after_the_decision_is_not_sent(next_build: Path) -> None:
    assert column(next_build, "select contact_id from activation.email_sends") == {"model", "approved", "sharing"}


def test_changes_are_exactly_the_difference(next_build: Path) -> None:
    assert set(query(next_build, "select table_name, row_key, op from activation.changes").rows()) == {
        ("email_sends", "d_explored", "removed"),
        ("suppressions", "contact:explored:email", "added"),
        ("crm_tasks", "d_called", "changed"),
        ("crm_tasks", "d_lead_called", "removed"),
        ("contact_scores", "lead_called", "removed"),
    }


def test_a_key_that_was_merged_leaves_every_table(next_build: Path) -> None:
    for table in ("contact_scores", "crm_tasks", "email_sends", "ad_audience_members", "suppressions"):
        assert query(next_build, f"select * from activation.{table} where contact_id = 'lead_called'").is_empty()
