"""Which action is allowed for whom: each gate alone, and all of them in their order."""

from pathlib import Path

import polars as pl
import pytest

from policy.conditions import condition_id, condition_sql
from tests.dbt.known_facts import ACTION, ACTIONS, STAGING, build_known_facts
from tests.dbt.warehouse import dbt_build, query

NIGHT = "2026-06-15"
GATES = [
    "eligibility", "applicability", "suitability", "consent", "suppression", "frequency_cap", "cool_down",
    "quiet_hours",
]  # fmt: skip
CHANNELS = ("email", "phone", "ads")

Row = dict[str, object]

TO_SOME = ACTION | {"action_id": "mail_to_some", "name": "E-mail to some", "channel": "email", "cool_down_days": 0}
AFTER = ACTION | {"action_id": "mail_after", "name": "E-mail after a reply", "channel": "email", "cool_down_days": 0}
# A condition over each relation that conditions may ask, by (section, name, field).
CONDITIONS = {
    ("actions", "mail_to_some", "who"): "country_code = 'FR' and (title is null or title <> 'Intern')",
    ("actions", "mail_to_some", "suits"): "count_touches_7d < 3",
    ("tests", "stages", "who"): "contact_stage = 'customer' and account_stage is null",
    ("tests", "account", "who"): "count_employees >= 50 and account_stage = 'target'",
    ("tests", "role", "who"): "buying_role = 'champion' and buying_group_stage is null",
    ("tests", "trait", "who"): "trait_plan = 'pro' and trait_seats > 5",
    ("tests", "unknown", "who"): "not trait_plan = 'pro'",
}

FIT = {"account": 60.0, "trait": 20.0, "stages": 20.0, "role": -5.0}


def condition_rows() -> list[Row]:
    traits = (("plan", "category"), ("seats", "number"))
    return [
        {"condition_id": condition_id(*key), "section": key[0], "name": key[1], "field": key[2],
         "expression": expression, "condition_sql": condition_sql(expression, traits)}
        for key, expression in CONDITIONS.items()
    ]  # fmt: skip


def person(contact_id: str, **others: object) -> Row:
    return {
        "contact_id": contact_id, "email": f"{contact_id}@example.com", "phone_e164": f"+33 {contact_id}",
        "country_code": "FR", "owner_id": "o_active", "created_at": "2026-01-01", "is_role_mailbox": False,
        "has_objected": False,
    } | others  # fmt: skip


def touch(contact_id: str, occurred_at: str, channel: str = "email", **others: object) -> Row:
    return {
        "touch_id": f"{contact_id}{occurred_at}{channel}", "contact_id": contact_id, "occurred_at": occurred_at,
        "channel": channel, "direction": "outbound", "source": "automation",
    } | others  # fmt: skip


def consent(contact_id: str, **others: object) -> list[Row]:
    return [
        {"contact_id": contact_id, "channel": channel, "basis": "express", "is_contactable": True} | others
        for channel in CHANNELS
    ]


def fails_from(first: str) -> dict[str, list[Row]]:
    """A contact for whom the e-mail fails the gate and every later one, and passes those before."""
    failing = set(GATES[GATES.index(first) :])
    who = f"first_{first}"
    flaws: Row = {}
    if "applicability" in failing:
        flaws["email"] = None
    if "suitability" in failing:
        flaws["is_role_mailbox"] = True
    if "quiet_hours" in failing:
        flaws["country_code"] = None
    sale = {"outcome_id": who, "contact_id": who, "outcome": "purchase", "occurred_at": "2026-06-01"}
    suppression = {"contact_id": who, "channel": "email", "reason": "unsubscribed"}
    capped = [touch(who, "2026-06-13 12:00:00"), touch(who, "2026-06-14 12:00:00")]
    return {
        "core.contacts": [person(who, **flaws)],
        "core.outcomes": [sale] if "eligibility" in failing else [],
        "core.consent": [] if "consent" in failing else consent(who),
        "core.suppressions": [suppression] if "suppression" in failing else [],
        "core.touches": (capped if "frequency_cap" in failing else [])
        + ([touch(who, "2026-06-05 12:00:00", action_id="mail")] if "cool_down" in failing else []),
    }


def single_cases() -> dict[str, list[Row]]:
    consented = [
        "fine", "objector", "complained", "bounced", "lead_without_owner", "owner_left", "owner_of_account", "wide_cap",
        "long_ago", "answered", "unknown_zone", "capped_by_call", "bounced_phone_only", "intern", "pro", "basic",
        "replied", "replied_now", "replied_then", "was_called",
    ]  # fmt: skip
    return {
        "core.contacts": [
            person("fine"),
            person("objector", has_objected=True),
            person("complained"),
            person("bounced"),
            person("bounced_phone_only"),
            person("lead_without_owner", owner_id=None),
            person("owner_left", owner_id="o_left"),
            person("owner_of_account", owner_id=None, account_id="a1"),
            person("wide_cap"),
            person("long_ago"),
            person("answered"),
            person("unknown_zone", country_code=None),
            person("capped_by_call"),
            person("legitimate"),
            person("expired"),
            person("no_consent"),
            *(person(who) for who in ("replied", "replied_now", "replied_then", "was_called")),
            person("intern", title="Intern"),
            person("pro", account_id="a1", traits='{"plan": "pro", "seats": "12"}'),
            person("basic", traits='{"plan": "basic", "seats": "many"}'),
        ],
        "policy_actions": [*ACTIONS, TO_SOME, AFTER],
        "policy_action_openings": [
            {
                "action_id": "mail_after",
                "place": 1,
                "opened_by": "outcome",
                "event": "reply",
                "after_days": 3,
                "within_days": 13,
            },
            {
                "action_id": "mail_after",
                "place": 2,
                "opened_by": "action",
                "event": "call",
                "after_days": 0,
                "within_days": 30,
            },
        ],
        "core.outcomes": [
            {"outcome_id": f"{who}_{on}", "contact_id": who, "outcome": "reply", "occurred_at": f"2026-06-{on}"}
            for who, on in (("replied", "09"), ("replied", "14"), ("replied_now", "14"), ("replied_then", "01"))
        ],
        "policy_conditions": condition_rows(),
        "policy_ideal_customer": [
            {"name": name, "points": points, "condition_id": f"tests:{name}:who"} for name, points in FIT.items()
        ],
        "policy_traits": [{"trait": "plan", "type": "category"}, {"trait": "seats", "type": "number"}],
        "core.buying_group_members": [
            {
                "buying_group_id": group,
                "account_id": "a1",
                "offering_id": group,
                "contact_id": "pro",
                "role": role,
                "role_weight": weight,
                "engagement_points": 0,
            }
            for group, role, weight in (("g1", "user", 1), ("g2", "champion", 3))
        ],
        "core.buying_groups": [
            {"buying_group_id": group, "account_id": "a1", "offering_id": group} for group in ("g1", "g2")
        ],
        "core.accounts": [
            {"account_id": "a1", "owner_id": "o_active", "created_at": "2026-01-01", "count_employees": 120}
        ],
        "core.owners": [{"owner_id": "o_active", "is_active": True}, {"owner_id": "o_left", "is_active": False}],
        "core.consent": [row for contact in consented for row in consent(contact)]
        + consent("legitimate", basis="legitimate_interest")
        + consent("expired", basis="express", is_contactable=False),
        "core.suppressions": [
            {"contact_id": "complained", "channel": "email", "reason": "complaint"},
            {"contact_id": "bounced", "channel": "email", "reason": "bounce"},
            {"contact_id": "bounced_phone_only", "channel": "phone", "reason": "bounce"},
        ],
        "core.touches": [
            touch("wide_cap", "2026-06-10 08:00:00"),
            touch("wide_cap", "2026-06-11 08:00:00", "ads", source="nightjar"),
            touch("wide_cap", "2026-06-12 08:00:00", "call", source="salesforce"),
            touch("long_ago", "2026-06-07 23:00:00"),
            touch("long_ago", "2026-06-06 08:00:00"),
            touch("long_ago", "2026-05-31 08:00:00", action_id="mail"),
            *(touch("answered", f"2026-06-1{day} 08:00:00", direction="inbound") for day in range(4)),
            touch("was_called", "2026-05-20 08:00:00", "call", action_id="call"),
            touch("capped_by_call", "2026-06-14 08:00:00", "call", source="salesforce"),
        ],
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = [single_cases(), *(fails_from(gate) for gate in GATES)]
    rows = {table: [row for case in cases for row in case.get(table, [])] for table in single_cases() | cases[-1]}
    home = tmp_path_factory.mktemp("decisioning")
    build_known_facts(home, NIGHT, rows)
    dbt_build(home, f"{STAGING} lifecycle features decisioning")
    return home


@pytest.fixture(scope="module")
def gates(home: Path) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """(contact, action) → gate and detail."""
    rows = query(home, "select contact_id, action_id, gate, detail from decisioning.eligible_actions").rows()
    return {(contact, action): (gate, detail) for contact, action, gate, detail in rows}


@pytest.mark.parametrize("gate", GATES)
def test_first_failing_gate_is_recorded(gates: dict, gate: str) -> None:
    assert gates[(f"first_{gate}", "mail")][0] == gate


def test_pairs_are_all_contacts_and_active_actions(home: Path, gates: dict) -> None:
    contacts = set(query(home, "select contact_id from core.contacts")["contact_id"])
    active = {action["action_id"] for action in [*ACTIONS, TO_SOME, AFTER] if action["is_active"]}
    assert set(gates) == {(contact, action) for contact in contacts for action in active}


@pytest.mark.parametrize(
    ("contact", "action", "gate", "detail"),
    [
        ("fine", "mail", None, None),
        ("fine", "call", None, None),
        ("fine", "show_ads", None, None),
        ("first_eligibility", "mail", "eligibility", "the contact is in stage customer; the action is not for it"),
        ("first_applicability", "mail_any_stage", "applicability", "no e-mail address"),
        ("objector", "show_ads", "suitability", "objected to direct marketing"),
        ("complained", "mail", "suitability", "complained about a message"),
        ("complained", "call", None, None),
        ("bounced", "mail", "suitability", "the address bounced"),
        ("bounced_phone_only", "mail", None, None),
        ("lead_without_owner", "call", "applicability", "no active owner of the contact or its account"),
        ("lead_without_owner", "mail", None, None),
        ("owner_left", "call", "applicability", "owner o_left is no longer active"),
        ("owner_of_account", "call", None, None),
        ("legitimate", "mail", None, None),
        ("legitimate", "call", "consent", "consent on the basis legitimate_interest; the channel does not accept it"),
        ("expired", "mail", "consent", "consent (express) does not hold"),
        ("no_consent", "mail", "consent", "no consent on record"),
        ("first_suppression", "mail", "suppression", "suppressed: unsubscribed"),
        ("first_frequency_cap", "mail", "frequency_cap", "2 e-mails in the last 7 days; the cap is 2"),
        ("wide_cap", "mail", "frequency_cap", "3 touches over all channels in the last 7 days; the cap is 3"),
        ("wide_cap", "show_ads", "frequency_cap", "3 touches over all channels in the last 7 days; the cap is 3"),
        ("capped_by_call", "call", "frequency_cap", "1 call in the last 14 days; the cap is 1"),
        ("capped_by_call", "mail", None, None),
        ("first_cool_down", "mail", "cool_down", "last done on 2026-06-05; the cool-down is 14 days"),
        ("first_cool_down", "mail_any_stage", "quiet_hours", "time zone unknown, and no hour is allowed in all zones"),
        ("long_ago", "mail", None, None),
        ("answered", "mail", None, None),
        ("unknown_zone", "mail", "quiet_hours", "time zone unknown, and no hour is allowed in all zones"),
        ("unknown_zone", "show_ads", None, None),
        ("fine", "mail_to_some", None, None),
        ("fine", "mail_after", "sequence", "opens after reply or call, which was not lately"),
        ("replied", "mail_after", None, None),
        ("replied_now", "mail_after", "sequence", "opens on 2026-06-17, after reply or call"),
        ("replied_then", "mail_after", "sequence", "opens after reply or call, which was not lately"),
        ("was_called", "mail_after", None, None),
        (
            "intern",
            "mail_to_some",
            "eligibility",
            "who: country_code = 'FR' and (title is null or title <> 'Intern') does not hold",
        ),
        ("wide_cap", "mail_to_some", "suitability", "suits: count_touches_7d < 3 does not hold"),
    ],
)
def test_each_gate(gates: dict, contact: str, action: str, gate: str | None, detail: str | None) -> None:
    assert gates[(contact, action)] == (gate, detail)


def test_the_first_possible_night_is_told_where_it_is_known(home: Path) -> None:
    rows = query(home, "select contact_id, action_id, possible_from from decisioning.eligible_actions").rows()
    until = {(who, action): str(day) for who, action, day in rows if day is not None}
    assert until["replied_now", "mail_after"] == "2026-06-17"
    assert until["first_cool_down", "mail"] == "2026-06-20", "14 days after the 5th are over"
    assert until["wide_cap", "mail"] == "2026-06-18", "the first of three touches has left the window of 7 days"
    assert ("first_suppression", "mail") not in until, "nothing but a day must stand against it"
    assert ("fine", "mail_after") not in until


def test_conditions_are_matched_over_all_that_they_may_ask(home: Path) -> None:
    """What isn't known matches neither a condition nor its opposite."""
    rows = query(home, "select condition_id, contact_id from decisioning.condition_matches order by 1, 2").rows()
    of = {name: [contact for found, contact in rows if found == f"tests:{name}:who"] for _, name, _ in CONDITIONS}
    assert of["stages"] == ["first_eligibility"]
    assert of["account"] == ["owner_of_account", "pro"]
    assert of["role"] == of["trait"] == ["pro"]
    assert of["unknown"] == ["basic"]


def test_an_account_fits_by_what_holds_for_any_of_its_people(home: Path) -> None:
    people = dict(query(home, "select contact_id, account_id from core.contacts where account_id is not null").rows())
    met: dict[str, set[str]] = {account: set() for account in people.values()}
    for contact, found in query(home, "select contact_id, condition_id from decisioning.condition_matches").rows():
        if contact in people and found.split(":")[1] in FIT:
            met[people[contact]].add(found.split(":")[1])
    expected = {
        account: (
            max(0, round(sum(FIT[name] for name in names))),
            ", ".join(sorted(names, key=lambda name: -FIT[name])),
        )
        for account, names in met.items()
    }
    rows = query(home, "select account_id, account_fit, reasons from decisioning.account_fit").rows()
    assert {account: (fit, reasons) for account, fit, reasons in rows} == expected
    assert max(fit for _, fit, _ in rows) == 75


def test_send_windows_are_per_zone_and_channel(home: Path) -> None:
    windows = query(home, "select * from decisioning.send_windows where zone_key = 'place:FR' order by channel")
    columns = windows.select("channel", pl.col("send_at").dt.to_string("iso:strict"), "recipient_time_zone")
    assert columns.rows() == [
        ("ads", "2026-06-15T06:00:00.000000", "Europe/Paris"),
        ("call", "2026-06-15T08:00:00.000000", "Europe/Paris"),
        ("email", "2026-06-15T07:00:00.000000", "Europe/Paris"),
    ]


def test_who_objected_has_no_features(home: Path) -> None:
    contacts = set(query(home, "select contact_id from features.contact_features")["contact_id"])
    assert "fine" in contacts
    assert "objector" not in contacts


def test_unknown_zone_has_a_row_without_times(home: Path) -> None:
    sql = "select channel, send_at is null, earliest_send_at is null from decisioning.send_windows"
    rows = query(home, f"{sql} where zone_key = 'unknown' and channel in ('ads', 'email') order by 1").rows()
    assert rows == [("ads", False, False), ("email", True, True)]
