"""Who worked where and when; whoever moved belongs to the new company, and isn't mailed about the old one's deal."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.dbt.identity_rows import Row, Rows, contact, hubspot, lead
from tests.dbt.warehouse import build_raw, dbt_build, query

FIRST, SECOND = "2026-03-02", "2026-03-03"
LEDGER = {
    "ledger_contact_keys": "select * from identity.contact_keys_new",
    "ledger_account_keys": "select * from identity.account_keys_new",
    "ledger_company_claims": "select * from identity.company_claims_new",
}
PHONE, MOBILE, DESK = "+49 30 901820", "+491701234567", "+49 30 771100"
OLD, NEW = {"account_id": "001old"}, {"account_id": "001new"}


def dated(day: str, **columns: object) -> dict[str, Any]:
    return {"created_date": day, "_modified_at": day, **columns}


def mailed(number: int, event: str, email: str, day: str) -> Row:
    return {"id": f"e{number}", "type": event, "created": day, "recipient": email}


def rows(night: int) -> Rows:
    moved = dated("2026-03-02 15:00:00", **NEW) if night == 2 else dated("2024-01-01", **OLD)
    readdressed = "rea.dressed@new.example" if night == 2 else "rea.dressed@old.example"
    return {
        "night": [{"run_date": FIRST if night == 1 else SECOND}],
        "salesforce__account": [
            {"id": "001old", "name": "Old AG", "website": "old.example"},
            {"id": "001new", "name": "New GmbH", "website": "new.example"},
        ],
        "salesforce__contact": [
            contact("003stays", "stays@old.example", "Sta Ys", **dated("2024-01-01", **OLD)),
            contact("003lead", "le.ad@old.example", "Le Ad", title="Clerk", phone=PHONE, **dated("2024-01-01", **OLD)),
            contact("003first", "fi.rst@old.example", "Fi Rst", **dated("2024-01-01", **OLD)),
            contact("003bounce", "bo.unce@old.example", "Bo Unce", mobile_phone=MOBILE, **dated("2025-06-01", **OLD)),
            contact("003reads", "re.ads@old.example", "Re Ads", **dated("2023-01-01", **OLD)),
            contact("003link", "li.nk@old.example", "Li Nk", **{**moved, "created_date": "2024-01-01"}),
            contact("003address", readdressed, "Rea Dressed", **dated("2024-01-01", **OLD)),
            contact("003agency", "ag.ency@new.example", "Ag Ency", **dated("2024-01-01", **OLD)),
            contact("003site", "si.te@old.example", "Si Te", phone=DESK, **dated("2024-01-01", **OLD)),
            contact("003buyer", "bu.yer@old.example", "Bu Yer", **dated("2024-01-01", **OLD)),
        ],
        "salesforce__lead": [
            lead("00Qsite", None, "Si Te", website="new.example", phone=DESK, **dated("2025-05-05")),
            lead("00Qlead", "le.ad@new.example", "Le Ad", title="CEO", phone=PHONE, **dated("2025-05-05")),
            lead("00Qsame", "stays@old.example", "Sta Ys", company="New GmbH", **dated("2025-05-05")),
        ],
        "hubspot__contact": [
            hubspot("1", "fi.rst@new.example", property_email_1="fi.rst@old.example", property_createdate="2023-01-01"),
            hubspot("2", "bo.unce@new.example", "Bo Unce", property_phone=MOBILE, property_createdate="2024-01-01"),
            hubspot("3", "re.ads@gmail.com", property_email_1="re.ads@old.example", property_createdate="2024-01-01",
                    property_hs_additional_emails="re.ads@new.example"),
            hubspot("4", "bu.yer@new.example", property_email_1="bu.yer@old.example", property_createdate="2025-01-01"),
        ],
        "hubspot__email_event": [
            mailed(1, "BOUNCE", "bo.unce@old.example", "2025-08-01"),
            mailed(2, "CLICK", "re.ads@new.example", "2025-09-09"),
        ],
        "policy_lifecycle": [
            {"mql_points": 50, "engagement_window_days": 30, "lapsed_after_days": 180, "at_risk_after_days": 60}
        ],
        "policy_limits": [{"contact_cap_count": 9, "contact_cap_days": 7}],
        "policy_actions": [
            {"action_id": "deal_call", "channel": "call", "cost_cents": 1, "needs_owner": False, "is_active": True},
        ],
        "policy_action_stages": [{"action_id": "deal_call", "stage": "sqo"}],
        "policy_channels": [{"channel": "call", "consent_channel": "phone", "is_addressed_by": "phone"}],
        "salesforce__opportunity": [
            {"id": "006old", "account_id": "001old", "stage_name": "Negotiation", "created_date": "2026-01-01"},
        ],
        "salesforce__opportunity_contact_role": [
            {"id": "00Kold", "opportunity_id": "006old", "contact_id": "003buyer", "role": "Decision Maker"},
            {"id": "00Kstays", "opportunity_id": "006old", "contact_id": "003stays", "role": "Decision Maker"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("first")
    build_raw(home, rows(1))
    dbt_build(home, "+account_memberships +company_claims_new +contact_keys_new +account_keys_new +accounts")
    return home


@pytest.fixture(scope="module")
def ledger(first: Path) -> dict[str, pl.DataFrame]:
    return {table: query(first, sql) for table, sql in LEDGER.items()}


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, ledger: dict[str, pl.DataFrame]) -> Path:
    """The next night, in a new warehouse: all that is left of the first night is its ledger."""
    home = tmp_path_factory.mktemp("second")
    build_raw(home, {**rows(2), **ledger})
    dbt_build(home, "+contact_field_sources +buying_group_members +company_claims_new +outcomes +eligible_actions")
    return home


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory, second: Path, ledger: dict[str, pl.DataFrame]) -> Path:
    """A night on which nothing changed; rows and ledger in another order."""
    home = tmp_path_factory.mktemp("third")
    claims = pl.concat([ledger["ledger_company_claims"], query(second, LEDGER["ledger_company_claims"])])
    same = {table: list(reversed(more)) for table, more in rows(2).items()}
    night = {"night": [{"run_date": "2026-03-04"}]}
    build_raw(home, {**same, **ledger, **night, "ledger_company_claims": claims.reverse()})
    dbt_build(home, "+account_memberships +company_claims_new")
    return home


def memberships(home: Path, record: str) -> list[tuple[str, str | None, str | None, str]]:
    """Company by its name, first and last day, evidence, oldest first."""
    sql = f"""
        select accounts.name, strftime(valid_from, '%Y-%m-%d'), strftime(valid_until, '%Y-%m-%d'), evidence
        from core.account_memberships as memberships
        inner join core.accounts as accounts using (account_id)
        inner join identity.int_contact_records as records using (contact_id)
        where records.source_id = '{record}'
        order by valid_from nulls first
    """
    return query(home, sql).rows()


def golden(home: Path, record: str) -> dict[str, Any]:
    sql = "select contacts.* from core.contacts as contacts inner join identity.int_contact_records as r"
    (found,) = query(home, f"{sql} using (contact_id) where r.source_id = '{record}'").to_dicts()
    return found


@pytest.mark.parametrize(
    ("record", "moved_on", "evidence"),
    [
        ("003lead", "2025-05-05", "email_domain"),
        ("003first", "2024-01-01", "first_address"),
        ("003bounce", "2025-08-01", "bounce"),
        ("003reads", "2025-09-09", "mail_engagement"),
        ("003link", "2026-03-02", "salesforce_account"),
        ("003address", "2026-03-03", "email_domain"),
        ("003buyer", "2025-01-01", "first_address"),
        ("003site", "2025-05-05", "website_domain"),
    ],
)
def test_whoever_moved_has_a_period_at_each_company(second: Path, record: str, moved_on: str, evidence: str) -> None:
    former, present = memberships(second, record)[-2:]
    assert (former[0], former[2]) == ("Old AG", moved_on)
    assert present == ("New GmbH", moved_on, None, evidence)


@pytest.mark.parametrize("record", ["003stays", "003agency"])
def test_what_one_address_is_called_elsewhere_is_no_move(second: Path, record: str) -> None:
    assert [row[:3] for row in memberships(second, record)] == [("Old AG", None, None)]


def test_before_the_change_there_was_one_company(first: Path) -> None:
    assert [row[:3] for row in memberships(first, "003link")] == [("Old AG", None, None)]


def test_a_claim_goes_to_the_ledger_once(first: Path, second: Path) -> None:
    assert query(first, "select count(*) from identity.company_claims_new").item() == 17
    changed = query(second, "select source_id from identity.company_claims_new order by all")
    assert changed["source_id"].to_list() == ["003address", "003link"]


def test_a_night_without_change_leaves_all_periods(second: Path, third: Path) -> None:
    periods = "select * from core.account_memberships order by all"
    assert query(third, periods).equals(query(second, periods))
    assert query(third, "select * from identity.company_claims_new").is_empty()


def test_the_contact_belongs_to_the_current_company_everywhere(second: Path) -> None:
    wrong = """
        select contacts.contact_id
        from core.contacts as contacts
        left join core.account_memberships as memberships
            on contacts.contact_id = memberships.contact_id and memberships.is_current
        where contacts.account_id is distinct from memberships.account_id
    """
    assert query(second, wrong).is_empty()
    current = query(second, "select contact_id from core.account_memberships where is_current")
    assert current["contact_id"].is_unique().all()


def test_whoever_left_has_no_part_in_the_old_companys_deal(second: Path) -> None:
    members = query(
        second,
        """
        select distinct records.source_id
        from core.buying_group_members as members
        inner join core.accounts as accounts on members.account_id = accounts.account_id and accounts.name = 'Old AG'
        inner join identity.int_contact_records as records using (contact_id)
        """,
    )
    assert set(members["source_id"]) == {"003stays", "00Qsame", "003agency"}


def test_whoever_left_has_no_part_in_what_the_old_company_did_since(second: Path) -> None:
    outcomes = query(
        second,
        """
        select records.source_id
        from core.outcomes as outcomes
        inner join identity.int_contact_records as records using (contact_id)
        where outcomes.outcome = 'opportunity_created' and records.object = 'contact' and records.source = 'salesforce'
        """,
    )
    assert outcomes["source_id"].to_list() == ["003stays"]


@pytest.mark.parametrize(("record", "is_meant"), [("003stays", True), ("003buyer", False)])
def test_an_action_for_the_deal_is_not_meant_for_whoever_left(second: Path, record: str, is_meant: bool) -> None:
    sql = f"""
        select actions.gate
        from decisioning.eligible_actions as actions
        inner join identity.int_contact_records as records using (contact_id)
        where records.source_id = '{record}'
    """
    assert (query(second, sql).item() != "eligibility") == is_meant


@pytest.mark.parametrize(
    ("record", "email"),
    [
        ("003site", None),
        ("003lead", "le.ad@new.example"),
        ("003buyer", "bu.yer@new.example"),
        ("003reads", "re.ads@new.example"),
    ],
)
def test_whoever_moved_is_written_to_at_the_new_company(second: Path, record: str, email: str | None) -> None:
    assert golden(second, record)["email"] == email


def test_the_job_is_the_one_at_the_new_company(second: Path) -> None:
    assert golden(second, "003lead")["title"] == "CEO"
