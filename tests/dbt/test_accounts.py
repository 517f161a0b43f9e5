"""Which company records are one account, what stands above it, and to which account each person belongs."""

import itertools
import random
from pathlib import Path

import pytest

from tests.dbt.company_rows import SALESFORCE, labelled, leads, people
from tests.dbt.identity_rows import combined
from tests.dbt.warehouse import build_raw, dbt_build, query

FIRST, SECOND = "2026-03-02", "2026-03-03"
MODELS = (
    "+account_id_map +account_matches +accounts +contact_id_map +contact_keys_new +account_keys_new +merges_new"
    " account_seeds_are_understood"
)
LEDGER = {
    "ledger_contact_keys": "select * from identity.contact_keys_new",
    "ledger_account_keys": "select * from identity.account_keys_new",
    "ledger_merges": "select * from identity.merges_new",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("first")
    build_raw(home, combined(labelled()[0], leads(), people(), {"night": [{"run_date": FIRST}]}))
    dbt_build(home, MODELS)
    return home


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, first: Path) -> Path:
    """The next night, rows in another order, with a company more that has the name of two."""
    home = tmp_path_factory.mktemp("second")
    newcomer = {"id": "001new", "name": "Brightwater Fisheries", "website": "brightwater-two.example"}
    rows = combined(labelled()[0], leads(), people(), {"salesforce__account": [newcomer]})
    shuffled = {table: random.Random(7).sample(more, len(more)) for table, more in rows.items()}
    ledger = {table: query(first, sql) for table, sql in LEDGER.items()}
    build_raw(home, {**shuffled, **ledger, "night": [{"run_date": SECOND}]})
    dbt_build(home, MODELS)
    return home


def accounts_of(home: Path) -> dict[str, str]:
    return dict(query(home, "select kind || '|' || identifier, account_id from identity.account_id_map").iter_rows())


def matches_of(home: Path, lead: str) -> list[tuple[str, str, str | None]]:
    """Name of the account, rule and tie-break of each candidate of a lead, best first."""
    return query(
        home,
        f"""
        select accounts.name, matches.match_rule, matches.tie_break
        from identity.account_matches as matches
        inner join identity.contact_id_map as map using (contact_id)
        inner join core.accounts as accounts on matches.account_id = accounts.account_id
        where map.object in ('lead', 'contact') and map.source_id = '{lead}'
        order by matches.rank
        """,
    ).rows()


def account_of(home: Path, record: str) -> str | None:
    sql = f"select account_id from identity.contact_id_map where source_id = '{record}'"
    return query(home, sql)["account_id"][0]


def test_labelled_companies(first: Path) -> None:
    found, truth = accounts_of(first), labelled()[1]
    pairs = list(itertools.combinations(sorted(truth), 2))
    joined = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    true = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    assert not joined - true
    assert not true - joined


def test_each_company_names_the_rule_that_joined_it(first: Path) -> None:
    rules = query(first, "select match_rule, match_score, identifier from identity.account_id_map")
    assert rules["match_score"].is_between(0, 1, closed="right").all()
    of = {name: rule for rule, _, name in rules.iter_rows()}
    assert of["mueller-maschinenbau.de"] == "website_domain"
    named = query(first, "select node, name from identity.int_crm_companies")
    node = dict(named.select("name", "node").iter_rows())
    assert of[node["Siemens Healtineers"].split("|")[1]] == "near_company_name"
    assert of[node["Yandex LLC"].split("|")[1]] in ("company_name", "website_domain")
    assert of[node["Interspar GmbH"].split("|")[1]] == "single_record"


def test_a_subsidiary_is_its_own_account_below_its_parent(first: Path) -> None:
    rows = query(
        first,
        "select a.name, p.name as parent, u.name as top, a.domain from core.accounts as a"
        " left join core.accounts as p on a.parent_account_id = p.account_id"
        " left join core.accounts as u on a.ultimate_parent_account_id = u.account_id"
        " where a.name like 'Bosch%' or a.name like 'Orbital%' or a.name like 'Ring%' order by a.name",
    ).rows()
    assert (
        rows
        == [
            ("Bosch GmbH", None, "Bosch GmbH", "bosch.example"),
            ("Bosch Rexroth AG", "Bosch GmbH", "Bosch GmbH", "bosch.example"),
            ("Orbital Europe BV", "Orbital Holding", "Orbital Holding", "orbital.example"),
            ("Orbital Holding", None, "Orbital Holding", "orbital.example"),
            ("Ring One", None, "Ring One", None),  # the three are each other's parents: the circle is opened
            ("Ring Three", "Ring One", "Ring One", None),
            ("Ring Two", "Ring Three", "Ring One", None),
        ]
        or {row[2] for row in rows[4:]} <= {"Ring One", "Ring Two", "Ring Three"}
    )
    cut = query(first, "select cut_reason from identity.int_account_joins where is_cut")["cut_reason"]
    assert cut.str.starts_with("above_and_below").any()


def test_a_name_that_goes_on_only_suggests_a_parent(first: Path) -> None:
    row = query(
        first,
        "select a.parent_account_id, p.name, a.suggested_parent_rule from core.accounts as a"
        " inner join core.accounts as p on a.suggested_parent_account_id = p.account_id where a.name = 'Apple Bank'",
    ).rows()
    assert row == [(None, "Apple Inc.", "name")]


@pytest.mark.parametrize(("lead", "name", "rule"), [
    ("00Qcrm", "Bosch GmbH", "converted_account"),
    ("00Qmail", "Acme International, Inc.", "email_domain"),
    ("00Qbelow", "Acme International, Inc.", "parent_domain"),
    ("00Qsite", "Acme International, Inc.", "website_domain"),
    ("00Qname", "Toyota Motor Corporation", "company_name"),
    ("00Qtypo", "Siemens Healthineers AG", "near_company_name"),
    ("00Qbosch", "Bosch GmbH", "email_domain"),
    ("00Qcountry", "Phoenix GmbH", "company_name"),
    ("00Qalias", "Nordsee Handel", "domain_alias"),
])  # fmt: skip
def test_a_lead_finds_its_account(first: Path, lead: str, name: str, rule: str) -> None:
    best = matches_of(first, lead)[0]
    found = query(first, f"select name from core.accounts where account_id = '{account_of(first, lead)}'")["name"][0]
    truth = {"Toyota Motor Corporation": {"トヨタ自動車株式会社", "Toyota Motor Corporation"}}.get(name, {name})
    assert (found in truth, best[0] == found, best[1]) == (True, True, rule)


@pytest.mark.parametrize(("lead", "name", "tie_break"), [
    ("00Qtiecontacts", "Tiecon Ltd", "count_contacts"),
    ("00Qtieleads", "Tielead Ltd", "count_leads"),
    ("00Qtieopen", "Tieopen Ltd", "count_open_opportunities"),
    ("00Qtieold", "Tieold Ltd", "oldest"),
])  # fmt: skip
def test_of_several_as_good_the_best_known_is_chosen(first: Path, lead: str, name: str, tie_break: str) -> None:
    found = query(
        first,
        "select m.is_chosen, m.tie_break, a.domain from identity.account_matches as m"
        " inner join core.accounts as a on m.account_id = a.account_id"
        f" inner join identity.contact_id_map as map on m.contact_id = map.contact_id where map.source_id = '{lead}'"
        " order by m.rank",
    ).rows()
    assert len(found) == 2
    assert found[0] == (True, tie_break, f"{name.split(maxsplit=1)[0].lower()}-b.example")
    assert found[1][0] is False


@pytest.mark.parametrize("lead", ["00Qfree", "00Qnothing", "00Quni", "00Qpage"])
def test_who_names_no_company_has_no_account(first: Path, lead: str) -> None:
    assert account_of(first, lead) is None
    assert matches_of(first, lead) == []


def test_every_contact_has_one_best_account_at_most(first: Path) -> None:
    chosen = query(first, "select * from identity.account_matches where is_chosen")
    assert chosen["contact_id"].is_unique().all()
    assert (chosen["rank"] == 1).all()
    account = query(
        first, "select contact_id, account_id from identity.int_contact_accounts where account_id is not null"
    )
    assert chosen.select("contact_id", "account_id").sort("contact_id").equals(account.sort("contact_id"))


def test_accounts_keep_their_keys(first: Path, second: Path) -> None:
    before, after = accounts_of(first), accounts_of(second)
    assert {record: after[record] for record in before} == before
    assert set(after) - set(before) == {f"{SALESFORCE}|001new", "domain|brightwater-two.example"}
    assert after[f"{SALESFORCE}|001new"] not in set(before.values())
    changed = query(second, "select identifier from identity.account_keys_new")["identifier"]
    assert set(changed) == {"001new", "brightwater-two.example"}


def test_a_name_that_becomes_ambiguous_separates_nobody(second: Path) -> None:
    names = query(
        second,
        "select map.account_id from identity.account_id_map as map inner join identity.int_crm_companies as c"
        " on map.kind = c.kind and map.identifier = c.identifier"
        " where c.name = 'Brightwater Fisheries' and c.identifier <> '001new'",
    )
    assert names["account_id"].n_unique() == 1


def test_a_customer_belongs_to_the_company_of_its_contact(first: Path) -> None:
    accounts = accounts_of(first)
    assert accounts["billing_customer|cus_acme"] == accounts["domain|acme.com"]
