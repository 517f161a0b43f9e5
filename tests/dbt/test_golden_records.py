"""Which value of a field survives in the golden record, by the rules of the seed, and which record it came from."""

import csv
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from dagster_project.settings import DBT_PROJECT_DIR
from tests.dbt.identity_rows import Row, Rows, combined, contact, hubspot, lead
from tests.dbt.warehouse import build_raw, dbt_build, query

FIELDS = ["email", "phone_e164", "first_name", "last_name", "title", "country_code", "state", "city", "postal_code",
          "time_zone", "owner_id", "lead_source"]  # fmt: skip
RANDOM_PEOPLE = 80
People = dict[str, dict[str, Any]]  # source id of any record → golden record
Lineage = dict[tuple[str, str], dict[str, Any]]  # source id of any record, field → where the value comes from
ORDER = ["salesforce.contact", "hubspot.contact", "salesforce.lead"]


def mailed(number: int, email: str, event: str, **columns: object) -> Row:
    return {"id": f"e{number}", "type": event, "created": "2026-01-05", "recipient": email, **columns}


def call(number: int, who: str, disposition: str) -> Row:
    return {"id": f"00T{number}", "who_id": who, "type": "Call", "call_disposition": disposition,
            "is_closed": True, "status": "Completed", "completed_date_time": "2026-01-06"}  # fmt: skip


def fixed_rows() -> Rows:
    return {
        "salesforce__user": [{"id": "005on", "name": "On", "is_active": True}, {"id": "005gone", "is_active": False}],
        "salesforce__account": [{"id": "001", "name": "Owned AG", "website": "owned.example", "owner_id": "005on"}],
        "salesforce__contact": [
            contact("003bounced", "old@bounced.example", "Bo Bounce"),
            contact("003engaged", "main@engaged.example", "En Gaged"),
            contact("003role", "ro@role.example", "Ro Role"),
            contact("003phone", "p@phone.example", "Pho Ne", phone="+49 30 901820"),
            contact("003wrong", "w@phone.example", "Wro Ng", phone="+49 30 901821"),
            contact("003initial", "i@initial.example", "I. Nitial"),
            contact("003address", "a@address.example", "Ad Dress", mailing_country_code="AT"),
            contact("003town", "t@address.example", "To Own", mailing_country_code="AT", mailing_city="Wien"),
            contact("003owned", "o@owned.example", "Ow Ned", account_id="001", owner_id="005gone"),
        ],
        "hubspot__contact": [
            hubspot("1", "old@bounced.example", property_email_1="new@bounced.example"),
            hubspot("2", "main@engaged.example", property_email_1="second@engaged.example"),
            hubspot("3", "info@role.example", property_email_1="ro@role.example"),
            hubspot("4", "p@phone.example", property_phone="+49 30 901899"),
            hubspot("5", "w@phone.example", property_phone="+49 30 901898"),
            hubspot("6", "i@initial.example", "Ingrid Nitial"),
        ],
        "salesforce__lead": [
            lead("00Qabroad", "a@address.example", "Ad Dress", country_code="FR", city="Lyon", postal_code="69001"),
            lead("00Qtown", "t@address.example", "To Own", country="Austria", city="Graz", postal_code="8010"),
        ],
        "hubspot__email_event": [
            mailed(1, "old@bounced.example", "BOUNCE"),
            mailed(2, "second@engaged.example", "CLICK"),
            mailed(3, "main@engaged.example", "CLICK", filtered_event=True),
            mailed(4, "info@role.example", "OPEN"),
        ],
        "salesforce__task": [
            call(1, "003phone", "Not connected"),
            call(2, "003wrong", "Wrong Number"),
            call(3, "003initial", "Connected"),
        ],
    }


def random_records() -> list[Row]:
    """Records of people whose address joins them; two thirds of the values are missing, and dates often tie."""
    draw = Random(11)
    values = {
        "first_name": ["Ann", "A.", "Anna"],
        "last_name": ["Berg", "Berger"],
        "title": ["CTO", "Head of IT", "CIO"],
        "country_code": ["AT", "DE"],
        "city": ["Graz", "Wien"],
        "postal_code": ["8010", "1010"],
    }
    return [
        {
            "person": person,
            "kind": draw.choice(ORDER),
            "id": f"{person:03}{number}",
            "changed": f"2026-01-0{draw.randint(1, 5)}",
            **{field: draw.choice([*some, None, None]) for field, some in values.items()},
        }
        for person in range(RANDOM_PEOPLE)
        for number in range(draw.randint(1, 5))
    ]


def random_rows() -> Rows:
    rows: Rows = {"salesforce__contact": [], "hubspot__contact": [], "salesforce__lead": []}
    for record in random_records():
        email = f"p{record['person']}@random.example"
        address = {"city": record["city"], "postal_code": record["postal_code"]}
        name = {"first_name": record["first_name"], "last_name": record["last_name"]}
        common = {"id": f"r{record['id']}", "_modified_at": record["changed"]}
        if record["kind"] == "hubspot.contact":
            theirs = {"email": email, "firstname": name["first_name"], "lastname": name["last_name"],
                      "zip": address["postal_code"], "city": address["city"], "country": record["country_code"],
                      "jobtitle": record["title"]}  # fmt: skip
            rows["hubspot__contact"].append({**common, **{f"property_{key}": value for key, value in theirs.items()}})
            continue
        prefix = "mailing_" if record["kind"] == "salesforce.contact" else ""
        located = {prefix + key: value for key, value in (address | {"country_code": record["country_code"]}).items()}
        rows[record["kind"].replace(".", "__")].append(
            {**common, **name, "email": email, "title": record["title"], **located}
        )
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("golden")
    build_raw(home, combined({"night": [{"run_date": "2026-03-02"}]}, fixed_rows(), random_rows()))
    dbt_build(home, "+contact_field_sources survivorship_rules_can_be_asked")
    return home


def by_record(home: Path, table: str) -> list[dict[str, Any]]:
    """Rows of a table by contact, once for each record of the contact (`of_record` is its source id)."""
    sql = f"from {table} inner join identity.int_contact_records as records using (contact_id)"
    return query(home, f"select records.source_id as of_record, {table.split('.')[1]}.* {sql}").to_dicts()


@pytest.fixture(scope="module")
def people(home: Path) -> People:
    return {row["of_record"]: row for row in by_record(home, "core.contacts")}


@pytest.fixture(scope="module")
def lineage(home: Path) -> Lineage:
    return {(row["of_record"], row["field"]): row for row in by_record(home, "core.contact_field_sources")}


@pytest.mark.parametrize(
    "expected",
    [
        ("003bounced", "email", "new@bounced.example", "1", "verified"),
        ("003engaged", "email", "second@engaged.example", "2", "verified"),
        ("003role", "email", "ro@role.example", "003role", "personal"),
        ("003phone", "phone_e164", "+4930901820", "003phone", "source_order"),
        ("003wrong", "phone_e164", "+4930901898", "5", "verified"),
        ("003initial", "first_name", "Ingrid", "6", "complete"),
        ("003initial", "last_name", "Nitial", "003initial", "only_value"),
        ("003address", "country_code", "AT", "003address", "source_order"),
        ("003town", "city", "Graz", "00Qtown", "complete"),
        ("003town", "postal_code", "8010", "00Qtown", "only_value"),
        ("003owned", "owner_id", "005on", "", "account_owner"),
    ],
)
def test_the_rule_that_decides_is_named(people: People, lineage: Lineage, expected: tuple[str, ...]) -> None:
    record, field, value, giver, rule = expected
    found = lineage[(record, field)]
    assert (people[record][field], found["value"], found["rule"]) == (value, value, rule)
    assert found["source_id"] == (giver or people[record]["account_id"])


def test_no_address_is_put_together_from_two_countries(people: People) -> None:
    found = people["003address"]
    assert (found["country_code"], found["city"], found["postal_code"]) == ("AT", None, None)


def test_the_lineage_says_exactly_what_the_golden_record_holds(home: Path) -> None:
    golden = query(home, f"select contact_id, {', '.join(FIELDS)} from core.contacts")
    expected = golden.unpivot(index="contact_id", variable_name="field", value_name="value").drop_nulls("value")
    found = query(home, "select contact_id, field, value from core.contact_field_sources")
    order = ["contact_id", "field", "value"]
    assert found.sort(order).equals(expected.select(order).sort(order))


def best(records: list[Row], field: str, is_complete: bool = False) -> Row | None:
    """Slow and plain: the rules in the seed's order, one after the other."""

    def merit(record: Row) -> tuple[object, ...]:
        complete = len((record["first_name"] or "").strip(".")) > 1 if field == "first_name" else sum(
            record[part] is not None for part in ("city", "postal_code")
        )  # fmt: skip
        order = -ORDER.index(record["kind"])
        key = record["kind"].replace(".", "|") + f"|r{record['id']}"
        return (complete if is_complete else 0, order, record["changed"], key)

    return max(records, key=merit) if records else None


def test_random_people_have_the_values_that_the_plain_rules_choose(people: People) -> None:
    records = random_records()
    for person in range(RANDOM_PEOPLE):
        theirs = [record for record in records if record["person"] == person]
        found = people[f"r{theirs[0]['id']}"]
        for field in ("first_name", "last_name", "title", "country_code"):
            giver = best([record for record in theirs if record[field]], field, field == "first_name")
            assert found[field] == (giver and giver[field]), (field, theirs)
        at_home = [
            record for record in theirs
            if (record["city"] or record["postal_code"]) and record["country_code"] in (None, found["country_code"])
        ]  # fmt: skip
        giver = best(at_home, "address", is_complete=True)
        assert (found["city"], found["postal_code"]) == ((giver and giver["city"]), (giver and giver["postal_code"]))


def test_a_wrong_rule_is_named(home: Path) -> None:
    seed = DBT_PROJECT_DIR / "seeds" / "survivorship_rules.csv"
    fields = {row["field"] for row in csv.DictReader(seed.open())}
    assert fields == {*FIELDS, "address"} - {"state", "city", "postal_code"}
    compiled = next((home / "target" / "compiled").rglob("survivorship_rules_can_be_asked.sql")).read_text()
    wrong = pl.read_csv(seed).with_columns(
        rule=pl.when(pl.col("rule") == "personal").then(pl.lit("persnal")).otherwise("rule")
    )
    wrong.write_csv(home / "wrong.csv")
    sql = compiled.replace('"warehouse"."raw"."survivorship_rules"', f"read_csv('{home / 'wrong.csv'}')")
    assert sql != compiled
    (problem,) = query(home, sql).to_dicts()
    assert (problem["field"], problem["rule"], problem["problem"]) == (
        "email",
        "persnal",
        "no such rule for this field",
    )
