"""Who is one person and who isn't, and that a person stays the same contact from night to night."""

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.dbt import identity_rows as people
from tests.dbt.warehouse import build_raw, dbt_build, query

FIRST, SECOND = "2026-03-02", "2026-03-03"
LEDGER = {
    "ledger_contact_keys": "select * from identity.contact_keys_new",
    "ledger_account_keys": "select * from identity.account_keys_new",
    "ledger_merges": "select * from identity.merges_new",
}


def rows_of(night: int) -> people.Rows:
    fixed = (people.joining(), people.not_joining(), people.companies(), people.devices())
    date = FIRST if night == 1 else SECOND
    return people.combined(*fixed, people.changing(night), {"night": [{"run_date": date}]})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("first")
    build_raw(home, rows_of(1))
    dbt_build(home, "staging identity core")
    return home


@pytest.fixture(scope="module")
def ledger(first: Path) -> dict[str, pl.DataFrame]:
    return {table: query(first, sql) for table, sql in LEDGER.items()}


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, first: Path, ledger: dict[str, pl.DataFrame]) -> Path:
    """The next night, in a new warehouse: all that is left of the first night is its ledger."""
    home = tmp_path_factory.mktemp("second")
    decision = {
        "decision_id": "d1", "run_date": FIRST, "contact_id": contacts_of(first)["salesforce|lead|00Qjoin"],
        "action_id": "email_case_study", "channel": "email", "approval_status": "not_needed",
        "autonomy_mode": "autonomous",
    }  # fmt: skip
    build_raw(home, {**rows_of(2), **ledger, "ledger_decisions": [decision]})
    dbt_build(home, "+touches +contact_id_map +contact_keys_new +account_keys_new")
    return home


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory, ledger: dict[str, pl.DataFrame]) -> Path:
    home = tmp_path_factory.mktemp("shuffled")
    order = random.Random(3)
    rows = {table: order.sample(list(more), len(more)) for table, more in rows_of(2).items()}
    old = {table: frame.sample(fraction=1, shuffle=True, seed=3) for table, frame in ledger.items()}
    build_raw(home, {**rows, **old})
    dbt_build(home, "+contact_id_map +contact_keys_new +account_keys_new")
    return home


def contacts_of(home: Path) -> dict[str, str]:
    rows = query(home, "select source || '|' || object || '|' || source_id, contact_id from identity.contact_id_map")
    return dict(rows.iter_rows())


def accounts_of(home: Path) -> dict[str, str | None]:
    rows = query(home, "select source || '|' || object || '|' || source_id, account_id from identity.contact_id_map")
    return dict(rows.iter_rows())


@pytest.mark.parametrize(("left", "right", "rule"), people.JOINED)
def test_one_person_is_one_contact(first: Path, left: str, right: str, rule: str) -> None:
    assert contacts_of(first)[left] == contacts_of(first)[right]
    source, kind, source_id = right.split("|")
    found = query(
        first,
        "select match_rule from identity.contact_id_map "
        f"where source = '{source}' and object = '{kind}' and source_id = '{source_id}'",
    )
    assert found["match_rule"].to_list() == [rule]


@pytest.mark.parametrize(("left", "right"), people.NOT_JOINED)
def test_different_people_are_different_contacts(first: Path, left: str, right: str) -> None:
    assert contacts_of(first)[left] != contacts_of(first)[right]


def test_nothing_else_is_joined(first: Path) -> None:
    joined = {frozenset(pair[:2]) for pair in people.JOINED}
    joined |= {
        frozenset((f"salesforce|contact|003{name}", f"hubspot|contact|{vid}"))
        for name, vid in [("split", 401), ("anchor", 402)]
    }
    groups: dict[str, set[str]] = {}
    for record, contact_id in contacts_of(first).items():
        if not record.startswith("segment|anonymous"):
            groups.setdefault(contact_id, set()).add(record)
    assert {frozenset(group) for group in groups.values() if len(group) > 1} == joined


def test_an_address_of_two_people_belongs_to_nobody(first: Path) -> None:
    emails = query(first, "select email_normalised from identity.emails")["email_normalised"]
    assert not set(emails) & {"duo@nu.example", "studio@mu.example", "info@lambda.example"}
    assert {"anna@alpha.example", "bea.second@beta.example", "third@beta.example"} <= set(emails)
    assert emails.is_unique().all()


def test_role_mailboxes_are_marked(first: Path) -> None:
    marked = query(first, "select distinct email from core.contacts where is_role_mailbox")
    assert marked["email"].to_list() == ["info@lambda.example"]


def test_a_device_belongs_to_its_only_person(first: Path) -> None:
    found = {row[0]: row[1:] for row in query(first, "select * from identity.web_identities").iter_rows()}
    of = contacts_of(first)
    assert found["dev_shared"] == (None, True)
    assert found["dev_first"] == (of["segment|user|u10"], False)
    assert found["dev_own"] == (of["salesforce|contact|003web"], False)
    assert found["dev_mail_only"] == (of["segment|anonymous|dev_mail_only"], False)
    assert "dev_nobody" not in found
    assert "segment|anonymous|dev_shared" not in of


def test_visits_count_for_the_person_on_the_device(first: Path) -> None:
    visits = query(
        first, "select contact_id, activity from core.activities where source = 'segment' and detail like '/%'"
    )
    assert visits.rows() == [(contacts_of(first)["segment|user|u10"], "pricing_view")]


@pytest.mark.parametrize("record", ["hubspot|contact|101", "salesforce|lead|00Qdomain", "salesforce|lead|00Qsub",
                                    "salesforce|lead|00Qname", "hubspot|contact|301"])  # fmt: skip
def test_people_of_one_company_share_the_account(first: Path, record: str) -> None:
    accounts = accounts_of(first)
    assert accounts[record] == accounts["salesforce|contact|003email"] is not None


def test_an_account_without_website_has_the_domain_of_its_people(first: Path) -> None:
    accounts = accounts_of(first)
    assert accounts["salesforce|lead|00Qcolleague"] == accounts["salesforce|contact|003zeta"]


@pytest.mark.parametrize("record", ["00Qfree", "00Qedu"])
def test_free_mail_and_universities_make_no_account(first: Path, record: str) -> None:
    assert accounts_of(first)[f"salesforce|lead|{record}"] is None


def test_the_golden_account_comes_from_salesforce(first: Path) -> None:
    account_id = accounts_of(first)["salesforce|contact|003email"]
    found = query(first, f"select * from core.accounts where account_id = '{account_id}'").to_dicts()[0]
    assert (found["name"], found["domain"]) == ("Alpha GmbH", "alpha.example")
    assert (found["salesforce_account_id"], found["hubspot_company_id"]) == ("001alpha", "900")


def test_every_record_gets_its_key_into_the_ledger_once(first: Path, ledger: dict[str, pl.DataFrame]) -> None:
    keys = ledger["ledger_contact_keys"]
    assert keys.select("source", "object", "source_id").is_unique().all()
    assert keys.filter("is_anchor")["contact_id"].is_unique().all()
    assert (
        keys["contact_id"].n_unique() == query(first, "select * from core.contacts").height == keys["is_anchor"].sum()
    )
    assert ledger["ledger_account_keys"]["account_id"].str.starts_with("a_").all()


def test_records_keep_their_contact_over_the_nights(first: Path, second: Path) -> None:
    before, after = contacts_of(first), contacts_of(second)
    changed = {record for record, contact_id in before.items() if after.get(record, contact_id) != contact_id}
    moved = {
        "hubspot|contact|401",
        "salesforce|contact|003join",
        "salesforce|lead|00Qjoin",
        "salesforce|contact|003winner",
    }
    assert changed <= moved
    assert accounts_of(first).items() <= {**accounts_of(first), **accounts_of(second)}.items()


def test_a_merge_is_recorded_and_followed(first: Path, second: Path) -> None:
    before, after = contacts_of(first), contacts_of(second)
    pair = {before["salesforce|contact|003join"], before["salesforce|lead|00Qjoin"]}
    survivor = after["salesforce|contact|003join"]
    assert after["salesforce|lead|00Qjoin"] == survivor == min(pair)
    merges = dict(query(second, "select old_contact_id, contact_id from identity.contact_merges").iter_rows())
    assert merges[(pair - {survivor}).pop()] == survivor
    assert query(second, "select contact_id from core.touches where decision_id = 'd1'")["contact_id"].to_list() == [
        survivor
    ]


def test_a_split_leaves_the_key_with_the_anchor(first: Path, second: Path) -> None:
    before, after = contacts_of(first), contacts_of(second)
    assert after["salesforce|contact|003split"] == before["salesforce|contact|003split"]
    assert after["hubspot|contact|401"] not in set(before.values())


def test_a_contact_outlives_its_best_record(first: Path, second: Path) -> None:
    assert contacts_of(second)["hubspot|contact|402"] == contacts_of(first)["salesforce|contact|003anchor"]


def test_a_record_merged_in_the_crm_takes_its_key_along(first: Path, second: Path) -> None:
    before, after = contacts_of(first), contacts_of(second)
    pair = {before["salesforce|contact|003loser"], before["salesforce|contact|003winner"]}
    assert "salesforce|contact|003loser" not in after
    assert after["salesforce|contact|003winner"] == after["hubspot|contact|403"] == min(pair)


def test_a_deleted_person_is_gone(first: Path, second: Path) -> None:
    gone = contacts_of(first)["salesforce|contact|003gone"]
    assert gone not in set(contacts_of(second).values())
    assert query(second, f"select * from core.contacts where contact_id = '{gone}'").is_empty()


def test_only_what_changed_goes_to_the_ledger(second: Path) -> None:
    changed = query(second, "select source_id from identity.contact_keys_new")["source_id"]
    expected = {"003join", "00Qjoin", "401", "402", "403", "003anchor", "003winner", "003loser"}
    assert set(changed) <= expected
    assert {"401", "402", "403"} <= set(changed)
    assert query(second, "select * from identity.account_keys_new").is_empty()


@pytest.mark.parametrize("read", [contacts_of, accounts_of])
def test_the_order_of_rows_changes_nothing(second: Path, shuffled: Path, read: Callable[[Path], dict]) -> None:
    assert read(second) == read(shuffled)


@pytest.mark.parametrize("table", ["contact_keys_new", "account_keys_new", "merges_new"])
def test_what_goes_to_the_ledger_is_the_same_in_any_order(second: Path, shuffled: Path, table: str) -> None:
    assert query(second, f"from identity.{table}").equals(query(shuffled, f"from identity.{table}"))
