"""Contact policy: what each rule holds back, and until when, as counting by hand says."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dagster_project.night_rooms import read_rooms
from dagster_project.resources.warehouse import Warehouse
from tests.dbt.known_facts import ACTION, build_known_facts
from tests.dbt.warehouse import dbt_build, query

NIGHT = date(2026, 6, 15)
MIDNIGHT = datetime.combine(NIGHT, datetime.min.time())
MODELS = "contact_zones send_windows reachable_channels contact_pauses held_contacts held_actions"
Row = dict[str, object]

ACTIONS = [
    ACTION | {"action_id": "mail", "channel": "email", "cool_down_days": 0, "offer": "trial"},
    ACTION | {"action_id": "mail_again", "channel": "email", "cool_down_days": 3, "offer": "discount"},
    ACTION | {"action_id": "call", "channel": "call", "cool_down_days": 0},
    ACTION | {"action_id": "renewal", "channel": "email", "cool_down_days": 20, "is_priority": True},
]
RULES = [
    {"name": "ignored", "counts": "ignored", "per": "contact", "at_least": 3, "within_days": 30, "pause_days": 14},
    {"name": "mails", "counts": "touches", "per": "contact", "at_least": 3, "within_days": 12},
    {"name": "company", "counts": "touches", "per": "account", "at_least": 4, "within_days": 7},
    {"name": "group", "counts": "touches", "per": "buying_group", "at_least": 3, "within_days": 20, "pause_days": 5},
    {"name": "met", "counts": "meeting", "per": "account", "at_least": 1, "within_days": 1, "pause_days": 9},
    {"name": "left", "counts": "unsubscribe", "per": "contact", "at_least": 2, "within_days": 40, "pause_days": 25},
]
CHANNELS_OF = {"ignored": ("email",), "mails": ("email", "call")}
HELD_BY = {"ignored": ("mail", "mail_again"), "mails": ("mail",), "company": ("mail", "call"), "left": ("mail_again",)}
PEOPLE = [f"p{number:02}" for number in range(40)]
RESPONSES = ("email_click", "form_submission", "reply", "meeting")


def account_of(person: str) -> str | None:
    number = int(person[1:])
    return f"a{number // 4}" if number % 9 else None


def groups_of(person: str) -> list[str]:
    account, number = account_of(person), int(person[1:])
    return [f"g{of}_{account}" for of in range(2) if account and number % (of + 2)]


def events(seed: int) -> tuple[list[Row], list[Row]]:
    """Touches and outcomes at random moments of two months."""
    random = np.random.default_rng(seed)

    def moments(count: int) -> Iterator[tuple[str, datetime]]:
        for minutes in random.integers(0, 60 * 24 * 60, count):
            yield (
                str(random.choice(PEOPLE)),
                datetime.combine(NIGHT, datetime.min.time()) - timedelta(minutes=int(minutes)),
            )

    touches = [
        {"touch_id": f"t{n}", "contact_id": who, "occurred_at": at,
         "channel": str(random.choice(["email", "call", "ads"])),
         "direction": "outbound" if random.random() < 0.9 else "inbound", "account_id": account_of(who)}
        for n, (who, at) in enumerate(moments(400))
    ]  # fmt: skip
    kinds = ["meeting", "unsubscribe", "email_click", "site_visit"]
    outcomes = [
        {"outcome_id": f"o{n}", "contact_id": who if random.random() < 0.8 else None, "account_id": account_of(who),
         "outcome": str(random.choice(kinds)), "occurred_at": at}
        for n, (who, at) in enumerate(moments(160))
    ]  # fmt: skip
    return touches, [row for row in outcomes if row["contact_id"] or row["account_id"]]


@pytest.fixture(scope="module")
def market() -> tuple[list[Row], list[Row]]:
    return events(seed=5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, market: tuple[list[Row], list[Row]]) -> Path:
    home = tmp_path_factory.mktemp("contact_policy")
    touches, outcomes = market
    rows = {
        "core.contacts": [
            {"contact_id": who, "account_id": account_of(who), "email": f"{who}@x.com", "phone_e164": "+331",
             "country_code": "FR", "created_at": "2026-01-01"}
            for who in PEOPLE
        ],
        "core.buying_group_members": [
            {"buying_group_id": group, "account_id": account_of(who), "offering_id": group[:2], "contact_id": who}
            for who in PEOPLE for group in groups_of(who)
        ],
        "core.touches": touches,
        "core.outcomes": outcomes,
        "policy_actions": ACTIONS,
        "policy_limits": [{"contact_cap_count": 1_000, "contact_cap_days": 7, "training_window_days": 180}],
        "policy_contact_rules": [rule | {"place": place} for place, rule in enumerate(RULES, 1)],
        "policy_contact_rule_channels": [
            {"name": name, "channel": channel} for name, channels in CHANNELS_OF.items() for channel in channels
        ],
        "policy_contact_rule_actions": [
            {"name": name, "action_id": action} for name, actions in HELD_BY.items() for action in actions
        ],
    }  # fmt: skip
    build_known_facts(home, str(NIGHT), rows)
    dbt_build(home, " ".join(f"fqn:{model}" for model in MODELS.split()), with_seeds=False)
    return home


def counted(rule: Row, person: str, market: tuple[list[Row], list[Row]]) -> list[list[datetime]]:
    """What the rule counts for the person: a list for itself or its account, or one for each of its groups."""
    touches, outcomes = market
    touches = [
        each for each in touches
        if each["direction"] == "outbound" and each["channel"] in CHANNELS_OF.get(str(rule["name"]), (each["channel"],))
    ]  # fmt: skip
    if rule["counts"] == "touches":
        found = touches
    elif rule["counts"] == "ignored":
        found = [each for each in touches if is_ignored(each, outcomes)]
    else:
        found = [each for each in outcomes if each["outcome"] == rule["counts"]]
    if rule["per"] == "contact":
        return [[each["occurred_at"] for each in found if each["contact_id"] == person]]
    if rule["per"] == "account":
        account = account_of(person)
        return [[each["occurred_at"] for each in found if account and each["account_id"] == account]]
    return [
        [each["occurred_at"] for each in found if each["contact_id"] and group in groups_of(str(each["contact_id"]))]
        for group in groups_of(person)
    ]


def is_ignored(touch: Row, outcomes: list[Row]) -> bool:
    until = touch["occurred_at"] + timedelta(days=3)
    return until < datetime.combine(NIGHT, datetime.min.time()) and not any(
        each["contact_id"] == touch["contact_id"]
        and each["outcome"] in RESPONSES
        and touch["occurred_at"] <= each["occurred_at"] <= until
        for each in outcomes
    )


def waits_until(rule: Row, moments: list[datetime], night: date = NIGHT) -> date | None:
    """The first night on which the rule lets go, by trying one night after the other; None when it doesn't hold."""
    if not holds(rule, moments, night):
        return None
    return next(day for day in (night + timedelta(days=n) for n in range(200)) if not holds(rule, moments, day))


def holds(rule: Row, moments: list[datetime], night: date) -> bool:
    def count(start: datetime, end: datetime) -> int:
        return sum(start <= each <= end for each in moments)

    window, midnight = timedelta(days=rule["within_days"]), datetime.combine(night, datetime.min.time())
    if "pause_days" not in rule:
        return sum(midnight - window <= each for each in moments) >= rule["at_least"]
    reached = [each for each in moments if count(each - window, each) >= rule["at_least"]]
    return any(each.date() + timedelta(days=rule["pause_days"]) >= night for each in reached)


def test_rules_hold_whom_counting_by_hand_holds_and_as_long(home: Path, market: tuple[list[Row], list[Row]]) -> None:
    rows = query(home, "select contact_id, name, possible_from from decisioning.contact_pauses").rows()
    expected = {}
    for rule in RULES:
        for person in PEOPLE:
            waits = [until for moments in counted(rule, person, market) if (until := waits_until(rule, moments))]
            if waits:
                expected[person, rule["name"]] = max(waits)
    assert {(person, name): until for person, name, until in rows} == expected
    assert len(rows) == len(expected)
    assert {name for _, name in expected} == {rule["name"] for rule in RULES}, (
        "every rule holds somebody in this market"
    )


def test_what_a_cap_leaves_for_tonight_is_what_was_not_used(home: Path, market: tuple[list[Row], list[Row]]) -> None:
    rooms = read_rooms(Warehouse(home=str(home)))
    (rule,) = (rule for rule in RULES if rule["name"] == "company")
    expected = []
    for person in PEOPLE:
        people = sum(account_of(person) is not None and account_of(each) == account_of(person) for each in PEOPLE)
        (moments,) = counted(rule, person, market)
        left = rule["at_least"] - sum(each >= MIDNIGHT - timedelta(days=rule["within_days"]) for each in moments)
        if 0 < left < people:
            expected.append(("company", "", person, account_of(person), left))
    assert sorted(rooms.rooms.rows()) == sorted(expected)
    assert rooms.actions.rows() == [("company", "call"), ("company", "mail")]


def test_an_action_waits_for_the_last_of_what_holds_it(home: Path, market: tuple[list[Row], list[Row]]) -> None:
    """The caps of the channels (2 e-mails in 7 days, 1 call in 14) and the rules."""
    rows = query(home, "select contact_id, action_id, gate, detail, possible_from from decisioning.held_actions").rows()
    held = {(person, action): (gate, detail, until) for person, action, gate, detail, until in rows}
    caps = {"email": {"at_least": 2, "within_days": 7}, "call": {"at_least": 1, "within_days": 14}}
    for person in PEOPLE:
        for action in ACTIONS[:3]:
            rule = caps[str(action["channel"])]
            moments = [
                each["occurred_at"] for each in market[0]
                if each["contact_id"] == person and each["channel"] == action["channel"]
                and each["direction"] == "outbound"
            ]  # fmt: skip
            capped = waits_until(rule, moments)
            pauses = [
                until
                for other in RULES
                if action["action_id"] in HELD_BY.get(str(other["name"]), ())
                for moments in counted(other, person, market)
                if (until := waits_until(other, moments))
            ]
            found = held.get((person, action["action_id"]))
            assert (found[2] if found else None) == max([*pauses, *([capped] if capped else [])], default=None)
            assert not capped or found[0] == "frequency_cap"
    assert not any(action == "renewal" for _, action in held), "a priority action passes all of them"


def case(**rows: list[Row]) -> dict[str, list[Row]]:
    """Five people of one account and its buying group, a needed role each; all may be reached."""
    roles = {"buyer": "economic_buyer", "fan": "champion", "tester": "technical_evaluator", "boss": "executive_sponsor",
             "guest": "unknown"}  # fmt: skip
    people = [
        {"contact_id": who, "account_id": "a", "email": f"{who}@x.com", "country_code": "FR", "phone_e164": "+331",
         "created_at": "2026-01-01"}
        for who in [*roles, "twin"]
    ]  # fmt: skip
    people[-1] |= {"account_id": None, "email": "tester@x.com"}
    return {
        "core.contacts": people,
        "core.consent": [
            {"contact_id": who, "channel": "email", "basis": "express", "is_contactable": True}
            for who in [*roles, "twin"]
        ],
        "core.buying_group_members": [
            {"buying_group_id": "g", "account_id": "a", "offering_id": "default", "contact_id": who, "role": role}
            for who, role in roles.items()
        ],
        "policy_actions": ACTIONS,
        "policy_contact_policy": [{"offer_days": 10, "roles_first_days": 5}],
    } | {name.replace("__", "."): of for name, of in rows.items()}  # fmt: skip


def test_offers_roles_and_shared_addresses(tmp_path: Path) -> None:
    facts = case(
        core__touches=[
            {"touch_id": "1", "contact_id": "fan", "occurred_at": "2026-06-12 09:00", "channel": "email",
             "action_id": "mail", "direction": "outbound"},
            {"touch_id": "2", "contact_id": "boss", "occurred_at": "2026-06-01 09:00", "channel": "email",
             "action_id": "renewal", "direction": "outbound"},
        ],
        core__suppressions=[{"contact_id": "twin", "channel": "email", "reason": "legal"}],
    )  # fmt: skip
    build_known_facts(tmp_path, str(NIGHT), facts)
    dbt_build(tmp_path, " ".join(f"fqn:{model}" for model in MODELS.split()), with_seeds=False)
    rows = query(tmp_path, "select contact_id, action_id, gate, possible_from from decisioning.held_actions").rows()
    held = {(who, action): (gate, str(until)) for who, action, gate, until in rows}
    others = ("buyer", "tester", "boss", "guest")
    assert {held[who, "mail_again"] for who in others} == {("offer", "2026-06-23")}, "the account got another offer"
    assert not any((who, "mail") in held for who in others), "the same offer may go to others of the account"
    waiting = query(tmp_path, "select contact_id, gate, possible_from from decisioning.held_contacts").rows()
    assert waiting == [("fan", "roles_first", NIGHT + timedelta(days=3))], "others of the group come first"
    assert ("fan", "renewal") not in held
    assert held["boss", "renewal"] == ("cool_down", "2026-06-22"), "its own cool-down holds a priority action too"
    assert ("boss", "call") not in held
    sql = "select contact_id, suppression_detail from decisioning.reachable_channels where channel = 'email'"
    assert dict(query(tmp_path, sql).rows())["tester"] == "suppressed: another contact with the same address"
