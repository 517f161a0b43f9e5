"""Whose a device was, and when: by login, address, form and mail click; nobody's while it is shared."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.dbt.identity_rows import Rows, contact, identify
from tests.dbt.warehouse import build_raw, dbt_build, query

SHARED_DAYS, CONTACTS_PER_DEVICE = 30, 3
START = datetime.fromisoformat("2025-01-01")
RANDOM_DEVICES = 150
PEOPLE = ["ann", "ben", "cay", "dee", "eva"]
Uses = dict[str, list[tuple[str, int]]]  # device → who was seen on it, on which day


def login(number: int, device: str, person: str, day: int) -> dict[str, object]:
    moment = str(START + timedelta(days=day))
    return identify(f"i{number}", user_id=person, anonymous_id=device, email=f"{person}@own.example", timestamp=moment)


def random_uses() -> Uses:
    draw = Random(7)
    return {
        f"dev{number}": [
            (draw.choice(PEOPLE[: draw.randint(1, 5)]), draw.choice([draw.randint(0, 40), draw.randint(0, 400)]))
            for _ in range(draw.randint(1, 7))
        ]
        for number in range(RANDOM_DEVICES)
    }


def rows() -> Rows:
    named = {
        "handed_on": [("ann", 0), ("ann", 10), ("ben", 20), ("ben", 30)],
        "in_turns": [("ann", 0), ("ben", 1), ("ann", 2), ("ben", 3)],
        "borrowed": [("ann", 0), ("ben", 150), ("ann", 300)],
        "fair": [(person, day) for day, person in enumerate(PEOPLE)],
    }
    logins = [(device, *use) for device, uses in (named | random_uses()).items() for use in uses]
    return {
        "night": [{"run_date": "2026-12-01"}],
        "salesforce__contact": [
            *(contact(f"003{person}", f"{person}@own.example") for person in PEOPLE),
            contact("003two", "two@shared.example", "Tom Two"),
            contact("003too", "two@shared.example", "Ute Unlike"),
        ],
        "hubspot__contact": [{"id": "1", "property_email": "ann@own.example"}],
        "segment__identifies": [
            *(login(number, *use) for number, use in enumerate(logins)),
            identify("mail", anonymous_id="address", email="ben@own.example"),
            identify("shared", anonymous_id="mailbox_of_two", email="two@shared.example"),
        ],
        "segment__pages": [
            {"id": "p1", "anonymous_id": "page", "user_id": "cay", "timestamp": "2026-01-01"},
            {"id": "p2", "anonymous_id": "click", "timestamp": "2026-01-01", "url": "https://a.b/?decision_id=d1&x=1"},
            {"id": "p3", "anonymous_id": "nobody", "timestamp": "2026-01-01", "url": "https://a.b/"},
        ],
        "segment__tracks": [{"id": "t1", "anonymous_id": "product", "user_id": "cay", "timestamp": "2026-01-01"}],
        "hubspot__form_submission": [
            {"contact_id": "1", "anonymous_id": "form", "timestamp": "2026-01-01"},
            {"email": "ben@own.example", "anonymous_id": "form_address", "timestamp": "2026-01-01"},
        ],
        "ledger_decisions": [{"decision_id": "d1", "contact_id": "c_ceased"}],
        "ledger_contact_keys": [
            {"source": "salesforce", "object": "contact", "source_id": f"003{person}", "contact_id": person,
             "is_anchor": True, "assigned_on": "2026-01-01"}
            for person in PEOPLE
        ],
        "ledger_merges": [{"entity": "contact", "old_id": "c_ceased", "new_id": "dee", "merged_at": "2026-02-01"}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("devices")
    build_raw(home, rows())
    dbt_build(home, "+device_periods +web_identities")
    return home


def periods_of(home: Path, device: str) -> list[tuple[str, float | None, float | None]]:
    """Contact, first and last day, by day; None is an open end."""
    found = query(home, f"select * from identity.device_periods where anonymous_id = '{device}' order by valid_from")
    return [
        (row["contact_id"], *((moment and (moment - START).days) for moment in (row["valid_from"], row["valid_until"])))
        for row in found.iter_rows(named=True)
    ]


@pytest.mark.parametrize(
    ("device", "contact_id"),
    {"page": "cay", "product": "cay", "address": "ben", "form": "ann", "form_address": "ben", "click": "dee"}.items(),
)
def test_each_way_of_being_known_gives_the_device_since_ever(home: Path, device: str, contact_id: str) -> None:
    assert periods_of(home, device) == [(contact_id, None, None)]


@pytest.mark.parametrize("device", ["nobody", "mailbox_of_two", "fair", "in_turns"])
def test_a_device_without_one_known_person_is_nobodys(home: Path, device: str) -> None:
    assert periods_of(home, device) == []


def test_a_device_that_was_handed_on_is_each_ones_in_turn(home: Path) -> None:
    assert sorted(periods_of(home, "handed_on")) == [("ann", None, 10), ("ben", 20, None)]


def test_a_borrowed_device_is_nobodys_around_that_time(home: Path) -> None:
    assert set(periods_of(home, "borrowed")) == {("ann", None, 120), ("ann", 180, None)}


def owner_at(uses: list[tuple[str, int]], moment: float) -> str | None:
    """Slow and plain: who has the device at a moment (days since the start)."""
    spans = {person: [day for seen, day in uses if seen == person] for person, _ in uses}
    times = {person: (min(days), max(days)) for person, days in spans.items()}
    if len(times) > CONTACTS_PER_DEVICE:
        return None
    first, last = min(a for a, _ in times.values()), max(b for _, b in times.values())
    for one, (a, b) in times.items():
        for other, (c, d) in times.items():
            if one < other and max(a, c) <= min(b, d):
                begin, end = max(a, c) - SHARED_DAYS, min(b, d) + SHARED_DAYS
                if begin < moment < end or (moment < begin and first >= begin) or (moment > end and last <= end):
                    return None
    here = [
        person for person, (a, b) in times.items()
        if a <= moment <= b or (moment < a == first) or (moment > b == last)
    ]  # fmt: skip
    return here[0] if len(here) == 1 else None


def test_random_devices_are_whose_the_plain_definition_says(home: Path) -> None:
    for device, uses in random_uses().items():
        periods = periods_of(home, device)
        for moment in (day + 0.5 for day in range(-60, 500)):
            owners = [who for who, a, b in periods if (a is None or a <= moment) and (b is None or moment <= b)]
            assert len(owners) <= 1
            assert (owners[0] if owners else None) == owner_at(uses, moment), (device, uses, moment)
