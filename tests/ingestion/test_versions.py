# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
import os
from datetime import date, datetime

import pytest

from tests.ingestion.conftest import Landing, contacts, epoch


def test_the_same_bytes_again_change_nothing(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"), epoch("2026-01-01"))
    landing.ingest()
    before = landing.rows("select * from raw.salesforce__contact")
    files = landing.rows("select * from raw.files")
    os.utime(landing.exports / "salesforce/contact/a.csv", (0, 0))
    landing.write("salesforce/contact/copy.csv", contacts("1,a@x.com,,,2026-01-01"))
    for _ in range(2):
        report = landing.report("salesforce/contact")
        assert (report.rows_read, report.files) == (0, ())
    assert landing.rows("select * from raw.salesforce__contact") == before
    assert landing.rows("select * from raw.files") == files


def test_a_path_with_known_size_and_time_is_not_hashed_again(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"))
    landing.ingest()

    def fail(_: object) -> str:
        raise AssertionError

    monkeypatch.setattr("dagster_project.ingestion.ingest._content_hash", fail)
    assert landing.report("salesforce/contact").files == ()


def test_the_same_bytes_may_be_files_of_two_objects(landing: Landing) -> None:
    for name in ("pages", "tracks"):
        landing.write(f"segment/{name}/a.csv", "id,anonymous_id,timestamp,event\n1,a,2026-01-01,x\n")
    landing.ingest()
    assert landing.rows("select count(*) from raw.segment__pages") == [(1,)]
    assert landing.rows("select count(*) from raw.segment__tracks") == [(1,)]


def test_a_later_version_wins_by_its_own_time_whenever_it_comes(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,new@x.com,,,2026-03-01"), epoch("2026-01-01"))
    landing.ingest()
    landing.write("salesforce/contact/b.csv", contacts("1,old@x.com,,,2026-02-01"), epoch("2026-06-01"))
    report = landing.report("salesforce/contact")
    assert (report.rows_read, report.rows_added, report.rows_changed) == (1, 0, 0)
    assert landing.emails() == [("1", "new@x.com")]
    landing.write("salesforce/contact/c.csv", contacts("1,newest@x.com,,,2026-04-01", "2,b@x.com,,,2026-01-01"))
    report = landing.report("salesforce/contact")
    assert (report.rows_added, report.rows_changed) == (1, 1)
    assert landing.emails() == [("1", "newest@x.com"), ("2", "b@x.com")]


def test_without_a_time_of_its_own_the_files_time_orders_versions(landing: Landing) -> None:
    header = "platform,campaign_id,date,cost_cents\n"
    landing.write("ads/spend/b.csv", f"{header}google,1,2026-01-01,200\n", epoch("2026-01-02"))
    landing.ingest()
    landing.write("ads/spend/a.csv", f"{header}google,1,2026-01-01,300\n", epoch("2026-01-03"))
    landing.ingest()
    landing.write("ads/spend/c.csv", f"{header}google,1,2026-01-01,100\n", epoch("2026-01-01"))
    landing.ingest()
    assert landing.rows("select date, cost_cents, _key from raw.ads__spend") == [
        (date(2026, 1, 1), 300, "google|1|2026-01-01")
    ]


def test_within_a_file_the_last_line_wins(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01", "1,b@x.com,,,2026-01-01"))
    report = landing.report("salesforce/contact")
    assert (report.rows_read, report.rows_added) == (2, 1)
    assert landing.emails() == [("1", "b@x.com")]


def test_a_changed_file_is_a_new_file(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"), epoch("2026-01-01"))
    landing.ingest()
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,Ann,,2026-01-01"), epoch("2026-01-02"))
    assert landing.report("salesforce/contact").rows_changed == 1
    assert landing.rows("select first_name from raw.salesforce__contact") == [("Ann",)]
    assert landing.rows("select count(*) from raw.files") == [(2,)]


def test_keys_of_several_columns_never_look_alike(landing: Landing) -> None:
    landing.write(
        "ads/spend/a.csv",
        "platform,campaign_id,date,cost_cents\ng|1,2,2026-01-01,1\ng,1|2,2026-01-01,1\ng\\,|1,2026-01-01,1\n"
        "g\\|,1,2026-01-01,1\n",
    )
    assert landing.report("ads/spend").rows_added == 4


def test_rows_without_a_key_are_known_by_their_content(landing: Landing) -> None:
    header = "email,channel,reason,occurred_at"
    landing.write("consent/suppression/a.csv", f"{header}\na@x.com,email,bounce,2026-01-01\n")
    landing.write(
        "consent/suppression/b.csv",
        "occurred_at,reason,channel,email,_fivetran_synced,note\n"
        "2026-01-01T00:00:00Z,bounce,email,a@x.com,2026-05-05,x\n2026-01-02,bounce,email,a@x.com,2026-05-05,\n",
    )
    report = landing.report("consent/suppression")
    assert (report.rows_read, report.rows_added) == (3, 2)


def test_the_connectors_time_orders_versions_where_nothing_else_does(landing: Landing) -> None:
    header = "id,name,_fivetran_synced\n"
    landing.write("hubspot/email_campaign/a.csv", f"{header}1,new,2026-02-01\n", epoch("2026-01-01"))
    landing.write("hubspot/email_campaign/b.csv", f"{header}1,old,2026-01-01\n", epoch("2026-03-01"))
    landing.ingest()
    assert landing.rows("select name, _modified_at, _extra from raw.hubspot__email_campaign") == [
        ("new", datetime(2026, 2, 1), None)
    ]


def test_a_catalogue_with_another_column_reads_the_object_again(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", "id,email,shoe_size\n1,a@x.com,43\n")
    landing.ingest()
    contact = landing.catalogue.find("salesforce", "contact")
    assert contact is not None
    contact.columns["shoe_size"] = "integer"  # type: ignore[index]
    report = landing.report("salesforce/contact")
    assert report.rows_added == 1
    assert landing.rows("select shoe_size, _extra from raw.salesforce__contact") == [(43, None)]
    assert landing.rows("select count(*) from raw.files") == [(1,)]


def test_a_full_dump_with_little_news_is_little_news(landing: Landing) -> None:
    header = "id,email_campaign_id,recipient,created,type,_fivetran_synced\n"
    first = f"{header}1,c,a@x.com,2026-01-01,OPEN,2026-01-02\n2,c,b@x.com,2026-01-01,OPEN,2026-01-02\n"
    landing.write("hubspot/email_event/1.csv", first, epoch("2026-01-02"))
    landing.ingest()
    second = first.replace("2026-01-02", "2026-01-03").replace("b@x.com", "new@x.com")
    landing.write("hubspot/email_event/2.csv", f"{second}3,c,c@x.com,2026-01-01,OPEN,2026-01-03\n", epoch("2026-01-03"))
    report = landing.ingest(loaded_at=datetime(2026, 11, 2, 2)).of("hubspot/email_event")
    assert (report.rows_added, report.rows_changed) == (1, 1)
    assert landing.rows(
        "select id, _loaded_at, _loaded_on, _file, _modified_at from raw.hubspot__email_event order by id"
    ) == [
        ("1", datetime(2026, 11, 1, 2), date(2026, 11, 1), "hubspot/email_event/2.csv", datetime(2026, 1, 3)),
        ("2", datetime(2026, 11, 2, 2), date(2026, 11, 2), "hubspot/email_event/2.csv", datetime(2026, 1, 3)),
        ("3", datetime(2026, 11, 2, 2), date(2026, 11, 2), "hubspot/email_event/2.csv", datetime(2026, 1, 3)),
    ]


def test_a_warehouse_made_anew_knows_when_each_row_was_seen_first(landing: Landing) -> None:
    landing.write("salesforce/contact/1.csv", contacts("1,a@x.com,,,2026-01-01", "2,b@x.com,,,2026-01-01"))
    landing.ingest()
    landing.write("salesforce/contact/2.csv", contacts("1,a@x.com,,,2026-01-01", "2,c@x.com,,,2026-01-02"))
    landing.ingest(loaded_at=datetime(2026, 11, 2, 2))
    seen = "select id, _loaded_on from raw.salesforce__contact order by id"
    before = landing.rows(seen)
    files = landing.rows("select source || '/' || object, file_hash, first_seen_on from raw.files")
    landing.connection.execute("drop schema raw cascade")
    landing.ingest(
        loaded_at=datetime(2026, 12, 1), first_seen={(label, file_hash): night for label, file_hash, night in files}
    )
    assert landing.rows(seen) == before == [("1", date(2026, 11, 1)), ("2", date(2026, 11, 2))]
