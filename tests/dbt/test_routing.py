"""Routing from the policy's tables and the CRM's: who is there tonight, what is a territory, who acts."""

from pathlib import Path

import pytest

from models.routing_words import NO_OWNER
from tests.dbt.known_facts import build_known_facts, execute, replace_known_facts
from tests.dbt.warehouse import dbt_build, query

NIGHT = "2026-06-15"  # a Monday

Row = dict[str, object]


def contact(contact_id: str, **others: object) -> Row:
    return {"contact_id": contact_id, "country_code": "FR", "created_at": "2026-01-01", "has_objected": False} | others


def owner(owner_id: str, name: str, **others: object) -> Row:
    return {"owner_id": owner_id, "name": name, "email": f"{owner_id}@us.example", "is_active": True} | others


def task(number: int, **others: object) -> Row:
    return {"id": f"t{number}", "owner_id": "o3", "status": "Open", "is_closed": False, "activity_date": NIGHT} | others


def did(contact_id: str, activity: str, occurred_at: str, detail: str | None = None) -> Row:
    return {"contact_id": contact_id, "activity": activity, "occurred_at": occurred_at, "detail": detail}


ROWS: dict[str, list[Row]] = {
    "core.owners": [
        owner("o1", "Jane Roe"), owner("o2", "Leo Left", is_active=False), owner("o3", "Ada Few"),
        owner("o4", "Tia Tue"), owner("o5", "Ben Back"), owner("o6", "Plain Owner"), owner("O6", "Other Case"),
    ],
    "core.accounts": [
        {"account_id": "a1", "owner_id": "o1", "country_code": "FR", "industry": "Software"},
        {"account_id": "a2", "country_code": "DE", "industry": "Software "},
        {"account_id": "a3", "country_code": "DE", "industry": "Retail"},
        {"account_id": "a4", "country_code": "FR"},
    ],
    "core.contacts": [
        contact("owned", account_id="a1", owner_id="o6"), contact("german_software", account_id="a2"),
        contact("german_retail", account_id="a3"), contact("worked_before", account_id="a4", state=" California"),
        contact("californian", country_code="US", state="california"), contact("texan", country_code="US", state="TX"),
    ],
    "policy_reps": [
        {"rep": "o1@us.example", "place": 1}, {"rep": "o3", "place": 2, "daily_capacity": 3}, {"rep": "o4", "place": 3},
        {"rep": "o5", "place": 4}, {"rep": "nobody@us.example", "place": 5}, {"rep": "o3@us.example", "place": 6},
    ],
    "policy_rep_absences": [
        {"rep": "o1@us.example", "away_from": "2026-06-15", "away_until": "2026-06-16"},
        {"rep": "o1@us.example", "away_from": "2026-06-10", "away_until": "2026-06-19"},
        {"rep": "o5", "away_from": "2026-06-01", "away_until": "2026-06-14"},
        {"rep": "o5", "away_from": "2026-06-16"},
    ],
    "policy_rep_working_days": [{"rep": "o4", "weekday": "tuesday"}, {"rep": "o5", "weekday": "monday"}],
    "policy_rep_territories": [{"rep": "o3", "territory": "german_software"}, {"rep": "o5", "territory": "rest"}],
    "policy_territories": [
        {"territory": "german_software", "name": "Software DACH", "place": 1},
        {"territory": "rest", "name": "Rest", "place": 2}, {"territory": "hot", "name": "Hot", "place": 3},
    ],
    "policy_territory_parts": [
        {"territory": "german_software", "part": "country", "value": "de"},
        {"territory": "german_software", "part": "country", "value": "at"},
        {"territory": "german_software", "part": "industry", "value": "software"},
        {"territory": "rest", "part": "state", "value": "california"},
        {"territory": "hot", "part": "condition", "value": "routing:Hot:territories.who"},
        {"territory": "hot", "part": "country", "value": "us"},
    ],
    "policy_teams": [{"team": "sdr", "name": "Sales development", "place": 1}],
    "policy_team_reps": [{"team": "sdr", "rep": rep} for rep in ("o1@us.example", "o3", "o4", "o5")],
    "salesforce__task": [
        task(1), task(2, is_closed=None, status="In Progress"), task(3, is_closed=True, status="Completed"),
        task(4, activity_date="2026-06-14"), task(5, owner_id="o6"),
        task(6, created_date=f"{NIGHT} 07:00:00"),
    ],
    "ledger_decisions": [
        {"decision_id": f"d{number}", "run_date": day, "account_id": "a4", "action_id": action, "owner_id": owner_id,
         "approval_status": status, "autonomy_mode": "supervised"}
        for number, (day, action, owner_id, status) in enumerate([
            ("2026-06-01", "call", "o5", "approved"), ("2026-06-02", "mail", "o3", "not_needed"),
            ("2026-06-03", "call", "o3", "rejected"), (NIGHT, "call", "o3", "approved"),
        ])
    ],
    "policy_speed_to_lead": [
        {"rule": "Contact form", "activity": "form_submission", "hours": 4, "urgent_days": 7},
        {"rule": "Pricing", "activity": "pricing_view", "hours": 24, "urgent_days": 2,
         "condition_id": "routing:Hot:territories.who"},
        {"rule": "Never", "activity": "webinar", "hours": 1, "urgent_days": 1},
    ],
    "policy_speed_to_lead_details": [
        {"rule": "Contact form", "detail": "contact"}, {"rule": "Contact form", "detail": "demo"},
    ],
    "core.activities": [
        did("owned", "form_submission", "2026-06-10 08:00", "Contact us"),
        did("owned", "form_submission", "2026-06-10 09:00", "Demo"),
        did("owned", "call", "2026-06-10 07:00"), did("owned", "call", "2026-06-10 11:00"),
        did("owned", "seller_email", "2026-06-10 13:00"),
        did("german_retail", "form_submission", "2026-06-10 08:00", "Newsletter"),
        did("german_software", "form_submission", "2026-06-11 08:00", "contact"),
        did("german_software", "call", "2026-06-11"),
        did("californian", "form_submission", "2026-06-14 20:00", "contact"),
        did("texan", "pricing_view", "2026-06-12 20:00"), did("texan", "pricing_view", "2026-06-14 20:00"),
        did("californian", "pricing_view", "2026-06-14 20:00"),
        did("texan", "form_submission", "2026-05-01 20:00", "contact"),
    ],
    "policy_limits": [{"rep_daily_capacity": 8}],
}  # fmt: skip


MATCHES = [
    {"contact_id": contact_id, "condition_id": "routing:Hot:territories.who"} for contact_id in ("texan", "owned")
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("routing")
    build_known_facts(home, NIGHT, ROWS)
    execute(home, "create table decisioning.condition_matches (contact_id varchar, condition_id varchar)")
    replace_known_facts(home, NIGHT, {"decisioning.condition_matches": MATCHES})
    models = "fqn:stg_salesforce__tasks fqn:reps fqn:int_routed_contacts fqn:action_owners fqn:hot_events"
    dbt_build(home, f"{models} fqn:speed_to_lead", with_seeds=False)
    return home


def test_reps_are_as_policy_and_crm_say(home: Path) -> None:
    reps = query(home, "select owner_id, absence, capacity from decisioning.reps order by owner_id").rows()
    assert reps == [
        ("O6", None, 8),
        ("nobody@us.example", "is not among the users of the CRM", 0),
        ("o1", "is away until 2026-06-19", 0),
        ("o2", "is no longer active", 0),
        ("o3", None, 1),
        ("o3@us.example", "is listed twice in the policy", 0),
        ("o4", "does not work on a monday", 0),
        ("o5", None, 8),
        ("o6", None, 7),
    ]


def test_a_territory_is_where_all_its_parts_hold(home: Path) -> None:
    found = query(home, "select contact_id, territories from decisioning.int_routed_contacts").rows()
    assert dict(found) == {
        "owned": "", "german_software": "german_software", "german_retail": "", "worked_before": "rest",
        "californian": "rest", "texan": "hot",
    }  # fmt: skip


def test_who_acts_and_why(home: Path) -> None:
    rows = query(home, "select contact_id, owner_id, reason, detail from decisioning.action_owners").rows()
    assert {contact: tuple(told) for contact, *told in rows} == {
        "owned": ("o6", "contact owner", None),
        "german_software": ("o3", "territory Software DACH, least load", None),
        "german_retail": (None, None, f"{NO_OWNER} and everybody who covers DE is away"),
        "worked_before": ("o5", "worked on the account before", None),
        "californian": ("o5", "territory Rest, least load", None),
        "texan": (None, None, f"{NO_OWNER} and everybody who covers US is away"),
    }  # fmt: skip


def test_what_should_be_answered_soon_is_due_and_its_answer_found(home: Path) -> None:
    columns = "rule, contact_id, due_at::varchar, answered_at::varchar, is_urgent"
    rows = query(home, f"select {columns} from decisioning.hot_events order by all").rows()
    assert rows == [
        ("Contact form", "californian", "2026-06-15 00:00:00", None, True),
        ("Contact form", "german_software", "2026-06-11 12:00:00", "2026-06-11 23:59:00", False),
        ("Contact form", "owned", "2026-06-10 12:00:00", "2026-06-10 11:00:00", False),
        ("Pricing", "texan", "2026-06-13 20:00:00", None, False),
        ("Pricing", "texan", "2026-06-15 20:00:00", None, True),
    ]


def test_speed_to_lead_is_measured(home: Path) -> None:
    rows = query(home, "select * exclude hours from measurement.speed_to_lead order by rule").rows()
    assert rows == [
        ("Contact form", 3, 2, 2, 1, 0.5, pytest.approx((3 + 15 + 59 / 60) / 2)),
        ("Never", 0, 0, 0, 0, None, None),
        ("Pricing", 2, 0, 1, 0, 0.0, None),
    ]
