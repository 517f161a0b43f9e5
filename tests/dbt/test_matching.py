"""What many people share joins nobody, also not through a third record; a second night compares what changed."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.dbt import identity_rows as people
from tests.dbt.warehouse import build_raw, dbt_build, query

ROWS: people.Rows = {
    "night": [{"run_date": "2026-03-02"}],
    "salesforce__account": [{"id": "001co", "name": "Co", "website": "co.example", "phone": "+1 212 555 0100"}],
    "salesforce__contact": [
        people.contact("003nancy", "nancy.miller@co.example", "Nancy Miller", account_id="001co"),
        people.contact("003role", "info@co.example", "Lea Lang"),
        people.contact("003desk", "p.reed@one.example", "Pat Reed", phone="+12125550100"),
        people.contact("003chain", "tom@chain.example", "Tom Thorn", phone="+493055501"),
        people.contact("003born", None, "Greta Quillfeather", birthdate="1971-03-04", mailing_city="Trier"),
        people.contact("003test", "test@test.com", "Ida Imhof"),
    ],
    "salesforce__lead": [
        people.lead("00Qnancy", "nancy.miller@co.example", "Siobhan Baker"),
        people.lead("00Qrole", "info@co.example", "Lars Ludwig"),
        people.lead("00Qdesk", "reed@two.example", "P. Reed", phone="212 555 0100", country_code="US"),
        people.lead("00Qchain", "front@chain.example", "Tom Thorn", phone="+493055501"),
        people.lead("00Qother", "front@chain.example", "Uwe Ulm"),
        people.lead("00Qtest", "test@test.com"),
        *[
            people.lead(f"00Qagency{name}", "desk@agency.example", company=name)
            for name in ("Rho", "Tau", "Phi", "Chi")
        ],
    ],
    "hubspot__contact": [
        people.hubspot(
            "501", None, "Quilfeather Greta", property_date_of_birth="1971-03-04T00:00:00Z", property_city="Trier"
        )
    ],
    "segment__identifies": [people.identify("i1", user_id="u1", email="nancy.miller@co.example")],
}
NODES = "+int_contact_edges +match_profiles_known +match_pairs_known"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matching")
    build_raw(folder, ROWS)
    dbt_build(folder, NODES)
    return folder


def edges_of(home: Path) -> set[tuple[str, str, str]]:
    rows = query(home, "select left_record, right_record, match_rule from identity.int_contact_edges")
    return set(rows.iter_rows())


def test_only_what_is_one_persons_joins(home: Path) -> None:
    assert edges_of(home) == {
        ("salesforce|contact|003nancy", "segment|user|u1", "web_email"),
        ("salesforce|contact|003chain", "salesforce|lead|00Qchain", "phone"),
        ("hubspot|contact|501", "salesforce|contact|003born", "probable"),
    }


def test_a_probable_edge_says_what_agrees(home: Path) -> None:
    found = query(home, "select match_score, evidence from identity.int_contact_edges where match_rule = 'probable'")
    assert found["match_score"].item() > 0.85
    assert found["evidence"].item() == "first name swapped, last name swapped, birth date exact, place city"


def test_the_next_night_finds_the_same_and_compares_what_changed(home: Path) -> None:
    pairs = query(home, "from identity.int_probable_pairs")
    known = query(home, "from identity.match_profiles_known")
    assert known["record_key"].is_unique().all()
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("update raw.salesforce__contact set birthdate = '1941-09-30' where id = '003born'")
    dbt_build(home, "+match_profiles_known")
    assert query(home, "from identity.int_probable_pairs").height == len(pairs) - 1
    changed = query(home, "from identity.match_profiles_known").join(known, on="fingerprint", how="anti")
    assert changed["record_key"].to_list() == ["salesforce|contact|003born"]


def test_numbers_and_names_of_companies_are_what_a_full_build_gives(home: Path) -> None:
    """Once names and numbers changed, one came without a country, and left again."""
    tables = ("phones", "company_names")
    nights = [
        [
            "update raw.salesforce__lead set company = 'Chi GmbH' where company = 'Chi'",
            "update raw.salesforce__lead set country_code = 'CA' where id = '00Qdesk'",
            "update raw.salesforce__lead set phone = '030 55501' where id = '00Qchain'",
        ],
        ["update raw.salesforce__lead set phone = '030 55502' where id = '00Qchain'"],
    ]
    for changes in nights:
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            for change in changes:
                connection.execute(change)
        dbt_build(home, "+phones +company_names", with_seeds=False)
    by_night = [query(home, f"from identity.{table} order by all") for table in tables]
    dbt_build(home, "phones company_names", full_refresh=True, with_seeds=False)
    assert by_night[0].filter(phone="030 55502")["country_code"].to_list() == [None]
    assert by_night[1].filter(name="Chi GmbH")["company_key"].to_list() == ["chi"]
    for table, found in zip(tables, by_night, strict=True):
        assert found.equals(query(home, f"from identity.{table} order by all"))


def test_seeds_name_every_rule_of_an_edge(home: Path) -> None:
    rules = query(home, "select match_rule, kind, match_score from raw.match_rules")
    assert set(rules["kind"]) <= {"fact", "identifier", "model"}
    assert rules["match_rule"].is_unique().all()
    assert rules.filter(pl.col("kind") != "model")["match_score"].is_between(0, 1, closed="right").all()
