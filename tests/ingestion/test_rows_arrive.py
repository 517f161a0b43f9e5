# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
from datetime import datetime

import pyarrow as pa
import pytest

from tests.ingestion.conftest import LOADED_AT, Landing, contacts


def test_a_row_arrives_typed_with_where_it_comes_from(landing: Landing) -> None:
    landing.write(
        "salesforce/contact/a.csv", contacts("1,a@x.com,Ann,2026-01-02T03:04:05.000+0000,2026-02-01T00:00:00Z")
    )
    report = landing.report("salesforce/contact")
    assert (report.rows_read, report.rows_added, report.rows_changed, report.rows_rejected) == (1, 1, 0, 0)
    assert report.files == ("salesforce/contact/a.csv",)
    assert landing.rows(
        "select id, email, first_name, last_name, created_date, _extra, _is_deleted, _modified_at, _file, _line,"
        " _loaded_at, _key from raw.salesforce__contact"
    ) == [
        (
            "1", "a@x.com", "Ann", None, datetime(2026, 1, 2, 3, 4, 5), None, False, datetime(2026, 2, 1),
            "salesforce/contact/a.csv", 2, LOADED_AT, "1",
        )
    ]  # fmt: skip


def test_every_object_has_its_table_also_without_exports(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts())
    landing.ingest()
    for each in landing.catalogue.objects:
        assert landing.rows(f"select * from {each.table}") == []
    kinds = dict(landing.rows("select column_name, column_type from (describe raw.billing__subscription)"))
    assert (kinds["mrr_cents"], kinds["started_at"], kinds["_is_deleted"]) == ("BIGINT", "TIMESTAMP", "BOOLEAN")


def test_all_formats_give_the_same_rows(landing: Landing) -> None:
    header, values = ["id", "email", "is_active", "time_zone_sid_key"], ["1", "a@x.com", "true", None]
    line = ",".join(value or "" for value in values)
    landing.write("salesforce/user/a.csv", f"{','.join(header)}\n{line}\n")
    landing.write("salesforce/user/b.csv.gz", f"{';'.join(header)}\n2;a@x.com;yes;\n")
    landing.write_json("salesforce/user/c.jsonl", [{"Id": 3, "Email": "a@x.com", "IsActive": True}])
    landing.write("salesforce/user/d.jsonl.gz", '{"id": "4", "email": "a@x.com", "is_active": 1}\n')
    landing.write_parquet("salesforce/user/e.parquet", {"Id": [5], "Email": ["a@x.com"], "IsActive": [True]})
    landing.write_parquet("salesforce/user/f.parquet", {"Id": ["6"], "Email": ["a@x.com"], "IsActive": [1.0]})
    landing.ingest()
    assert landing.rejects() == []
    assert landing.rows("select id, email, is_active, _line from raw.salesforce__user order by id") == [
        (str(number), "a@x.com", True, 1 if number > 2 else 2) for number in range(1, 7)
    ]


def test_typed_and_nested_parquet_values_arrive(landing: Landing) -> None:
    moment = datetime(2026, 1, 31, 10, 0, 0, 500)
    landing.write_parquet(
        "segment/tracks/a.parquet",
        {
            "id": ["1", "2", "3"],
            "anonymous_id": ["a", "a", "a"],
            "event": pa.array(["Sign Up", "Sign Up", "Sign Up"]).dictionary_encode(),
            "timestamp": pa.array([moment] * 3, pa.timestamp("ns", tz="Europe/Berlin")),
            "received_at": pa.array([1769853600000, None, 1769853600000], pa.int64()),
            "properties": [{"plan": "pro", "tags": ["x"]}, None, {"plan": None, "tags": []}],
            "score": [1.5, float("nan"), None],
        },
    )
    landing.ingest()
    assert landing.rejects() == []
    assert landing.rows(
        "select id, timestamp, received_at, properties, _extra from raw.segment__tracks order by id"
    ) == [
        ("1", moment, datetime(2026, 1, 31, 10), '{"plan":"pro","tags":["x"]}', '{"score":"1.5"}'),
        ("2", moment, None, None, None),
        ("3", moment, datetime(2026, 1, 31, 10), '{"plan":null,"tags":[]}', None),
    ]


@pytest.mark.parametrize("flag", ["IsDeleted", "_fivetran_deleted", "is_deleted", "property_isDeleted"])
def test_deleted_rows_are_marked(landing: Landing, flag: str) -> None:
    landing.write("hubspot/company/a.csv", f"id,property_name,{flag}\n1,A,true\n2,B,false\n3,C,\n")
    report = landing.report("hubspot/company")
    assert report.new_columns == ()
    assert landing.rows("select id, _is_deleted, _extra from raw.hubspot__company order by id") == [
        ("1", True, None), ("2", False, None), ("3", False, None),
    ]  # fmt: skip


def test_other_names_of_a_column_are_known(landing: Landing) -> None:
    landing.write("hubspot/contact/a.csv", "Record ID,First Name,Email,Last Modified Date\n7,Ann,a@x.com,2026-01-01\n")
    landing.ingest()
    assert landing.rows(
        "select id, property_firstname, property_email, _modified_at, _key from raw.hubspot__contact"
    ) == [("7", "Ann", "a@x.com", datetime(2026, 1, 1), "7")]


def test_unknown_columns_are_kept_and_told_once(landing: Landing) -> None:
    landing.write("salesforce/user/a.csv", 'Id,Shoe Size,Motto\n1,43,"say ""hi"", ok"\n2,,\n')
    report = landing.report("salesforce/user")
    assert report.new_columns == ("shoe_size", "motto")
    assert "email" in report.missing_columns
    assert landing.rows("select id, _extra from raw.salesforce__user order by id") == [
        ("1", '{"shoe_size":"43","motto":"say \\"hi\\", ok"}'), ("2", None),
    ]  # fmt: skip
    landing.write("salesforce/user/b.csv", "Id,Shoe Size\n3,44\n")
    assert landing.report("salesforce/user").new_columns == ()
    assert landing.rows("select * from raw.new_columns order by column_name") == [
        ("salesforce", "user", "motto", "salesforce/user/a.csv"),
        ("salesforce", "user", "shoe_size", "salesforce/user/a.csv"),
    ]


def test_what_is_new_is_logged(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"))
    landing.write("salesforce/contacts/a.csv", contacts())
    landing.ingest()
    told = "\n".join(landing.told)
    assert "salesforce/contacts/: unknown, its 1 file not read" in told
    assert "salesforce/contact: 1 row read from 1 file; 1 added; 0 changed; 0 rejected; without: account_id" in told
