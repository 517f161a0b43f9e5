# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
import gzip
import os
import signal
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.ingestion.catalogue import load_catalogue
from dagster_project.ingestion.discovery import ExportsError
from dagster_project.ingestion.report import IngestionStoppedError, raise_if_stopped
from tests.ingestion.conftest import LOADED_AT, Landing, epoch

ROOT = Path(__file__).resolve().parent.parent.parent
CONTACTS = "Id,Email,FirstName,CreatedDate,SystemModstamp\n"


def contacts(*rows: str) -> str:
    return CONTACTS + "".join(f"{row}\n" for row in rows)


def emails(landing: Landing) -> list[tuple]:
    return landing.rows("select id, email from raw.salesforce__contact order by id")


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


def test_bad_json_lines_are_rejected_and_blank_ones_passed_over(landing: Landing) -> None:
    good = (
        b'{"id": "%d", "anonymousId": "a", "event": "x", "timestamp": "2026-01-01T00:00:00Z", "a/b~c\\"d": {"e": 1}}\n'
    )
    lines = [good % 1, b"\n", b'{"id": "2",\n', b"[1]\n", b'{"id": "caf\xe9"}\n', b"null\n", good % 7]
    landing.write("segment/tracks/a.jsonl", b"".join(lines))
    assert landing.report("segment/tracks").rows_read == 6
    file = "segment/tracks/a.jsonl"
    assert landing.rejects() == [
        (file, 3, None, "isn't valid JSON"),
        (file, 4, None, "isn't a JSON object"),
        (file, 5, None, "isn't UTF-8 (byte 0xE9)"),
        (file, 6, None, "isn't a JSON object"),
    ]
    assert landing.rows("select raw_text from raw.rejected_rows where line in (3, 5) order by line") == [
        ('{"id": "2",',), ('{"id": "caf\\xe9"}',),
    ]  # fmt: skip
    assert landing.rows("select id, _line, _extra from raw.segment__tracks order by id") == [
        ("1", 1, '{"a_b_c_d":"{\\"e\\":1}"}'),
        ("7", 7, '{"a_b_c_d":"{\\"e\\":1}"}'),
    ]


def test_rows_that_cannot_be_typed_go_to_quarantine_with_column_and_reason(landing: Landing) -> None:
    landing.write(
        "billing/subscription/a.csv",
        "id,customer_id,status,mrr_cents,started_at\n"
        "1,c1,active,1000,2026-01-01\n"
        "2,c1,active,12.50,2026-01-01\n"
        '3,c1,active,"1,000",2026-01-01\n'
        "4,c1,active,1000,2026-02-31\n"
        ",c1,active,1000,2026-01-01\n"
        "  ,c1,active,1000,2026-01-01\n"
        "7,c1,active,1000,0026-01-01\n"
        "8,c1,active, 1000 ,\n",
    )
    report = landing.report("billing/subscription")
    assert (report.rows_read, report.rows_added, report.rows_rejected) == (8, 2, 6)
    assert [row[1:] for row in landing.rejects()] == [
        (3, "mrr_cents", "'12.50' is not an integer"),
        (4, "mrr_cents", "'1,000' is not an integer"),
        (5, "started_at", "'2026-02-31' is not a timestamp"),
        (6, "id", "is missing"),
        (7, "id", "is missing"),
        (8, "started_at", "'0026-01-01' is not a timestamp"),
    ]
    raw_text, rejected_at = landing.rows("select raw_text, rejected_at from raw.rejected_rows where line = 5")[0]
    assert raw_text == '{"id":"4","customer_id":"c1","status":"active","mrr_cents":"1000","started_at":"2026-02-31"}'
    assert rejected_at == LOADED_AT
    assert landing.rows("select id, mrr_cents, started_at from raw.billing__subscription order by id") == [
        ("1", 1000, datetime(2026, 1, 1)), ("8", 1000, None),
    ]  # fmt: skip


def test_rows_that_break_the_catalogues_rules_go_to_quarantine(landing: Landing) -> None:
    landing.write(
        "consent/subscription_status/a.csv",
        "email,phone,channel,status,occurred_at\n"
        "a@x.com,,email,Subscribed,2026-01-01\n"
        ",,email,subscribed,2026-01-01\n"
        ",+123,sms,unsubscribed,2026-01-01\n"
        "a@x.com,,email,maybe,2026-01-01\n"
        "a@x.com,,,subscribed,2026-01-01\n"
        "a@x.com,,email,subscribed,\n",
    )
    landing.ingest()
    assert [row[1:] for row in landing.rejects()] == [
        (3, "email or phone", "is missing"),
        (5, "status", "'maybe' is not one of subscribed, unsubscribed"),
        (6, "channel", "is missing"),
        (7, "occurred_at", "is missing"),
    ]
    assert landing.rows("select email, status from raw.consent__subscription_status order by _line") == [
        ("a@x.com", "subscribed"), (None, "unsubscribed"),
    ]  # fmt: skip


def test_the_rest_of_a_broken_csv_file_loads(landing: Landing) -> None:
    rows = [f"{number},{number}@x.com,N,2026-01-01,2026-01-01" for number in range(200)]
    rows[50], rows[100], rows[150] = "too,few", '100,"open,N,2026-01-01,2026-01-01', "150,x@x.com,N,soon,2026-01-01"
    landing.write("salesforce/contact/a.csv", contacts(*rows))
    report = landing.ingest()
    raise_if_stopped(report, 0.05)
    assert len(emails(landing)) == 197
    assert [(line, column) for _, line, column, _ in landing.rejects()] == [
        (52, None), (102, None), (152, "created_date"),
    ]  # fmt: skip


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
    assert emails(landing) == [("1", "new@x.com")]
    landing.write("salesforce/contact/c.csv", contacts("1,newest@x.com,,,2026-04-01", "2,b@x.com,,,2026-01-01"))
    report = landing.report("salesforce/contact")
    assert (report.rows_added, report.rows_changed) == (1, 1)
    assert emails(landing) == [("1", "newest@x.com"), ("2", "b@x.com")]


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
    assert emails(landing) == [("1", "b@x.com")]


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


@pytest.mark.parametrize("flag", ["IsDeleted", "_fivetran_deleted", "is_deleted", "property_isDeleted"])
def test_deleted_rows_are_marked(landing: Landing, flag: str) -> None:
    landing.write("hubspot/company/a.csv", f"id,property_name,{flag}\n1,A,true\n2,B,false\n3,C,\n")
    report = landing.report("hubspot/company")
    assert report.new_columns == ()
    assert landing.rows("select id, _is_deleted, _extra from raw.hubspot__company order by id") == [
        ("1", True, None), ("2", False, None), ("3", False, None),
    ]  # fmt: skip


def test_a_deletion_that_cannot_be_read_is_not_taken_for_none(landing: Landing) -> None:
    landing.write("hubspot/company/a.csv", "id,is_deleted\n1,perhaps\n")
    landing.ingest()
    assert landing.rejects() == [("hubspot/company/a.csv", 2, "is_deleted", "'perhaps' is not a boolean")]


def test_the_connectors_time_orders_versions_where_nothing_else_does(landing: Landing) -> None:
    header = "id,name,_fivetran_synced\n"
    landing.write("hubspot/email_campaign/a.csv", f"{header}1,new,2026-02-01\n", epoch("2026-01-01"))
    landing.write("hubspot/email_campaign/b.csv", f"{header}1,old,2026-01-01\n", epoch("2026-03-01"))
    landing.ingest()
    assert landing.rows("select name, _modified_at, _extra from raw.hubspot__email_campaign") == [
        ("new", datetime(2026, 2, 1), None)
    ]


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


BROKEN = {
    "a.csv": (b"", "it is empty"),
    "b.csv": (b"id,name\n1,x\n", "it lacks the required column email"),
    "c.csv": (b"name\nx\n", "it lacks the required columns id, email"),
    "d.csv.gz": (gzip.compress(b"id,email\n" + os.urandom(9999).hex().encode())[:-4000], "ended before"),
    "e.csv.gz": (b"id,email\n1,a@x.com\n", "Not a gzipped file"),
    "f.parquet": (b"PAR1 not really", "arquet"),
    "g.csv": (b"id,email,E-Mail,e mail\n1,a,b,c\n", "'E-Mail' and 'e mail' are both e_mail"),
    "h.jsonl.gz": (gzip.compress(b'{"id": "1", "email": "a"}\n' * 9999)[:-30], "ended before"),
    "i.jsonl": (b'{"id": "1"}\n', "it lacks the required column email"),
    "j.parquet": (b"", "arquet"),
    "k.csv": ("id,email\n1,a".encode("utf-16")[:-1], "utf-16"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_stops_its_object_until_it_is_repaired(landing: Landing, name: str) -> None:
    content, reason = BROKEN[name]
    landing.write(f"salesforce/contact/{name}", content)
    landing.write("salesforce/contact/good.csv", contacts("1,a@x.com,,,2026-01-01"))
    landing.write("salesforce/user/a.csv", "id\n1\n")
    for _ in range(2):
        report = landing.ingest()
        with pytest.raises(IngestionStoppedError) as stopped:
            raise_if_stopped(report, 0.05)
        assert f"salesforce/contact/{name}: " in str(stopped.value)
        assert reason in str(stopped.value)
        assert emails(landing) == []
        assert landing.rows("select id from raw.salesforce__user") == [("1",)]
        assert landing.rows("select object from raw.files") == [("user",)]
    (landing.exports / f"salesforce/contact/{name}").unlink()
    landing.write("salesforce/contact/repaired.csv", contacts("2,b@x.com,,,2026-01-01"))
    raise_if_stopped(landing.ingest(), 0.05)
    assert emails(landing) == [("1", "a@x.com"), ("2", "b@x.com")]


def test_all_files_that_cannot_be_read_are_told_at_once(landing: Landing) -> None:
    for name, (content, _) in BROKEN.items():
        landing.write(f"salesforce/contact/{name}", content)
    landing.write("segment/pages/a.csv", b"")
    with pytest.raises(IngestionStoppedError) as stopped:
        raise_if_stopped(landing.ingest(), 0.05)
    for name in BROKEN:
        assert f"salesforce/contact/{name}: " in str(stopped.value) or name == "j.parquet", "the same bytes as a.csv"
    assert "segment/pages/a.csv: it is empty" in str(stopped.value)
    assert "Repair, replace or remove" in str(stopped.value)


def test_a_header_alone_is_fine(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", "id,email")
    landing.write("salesforce/contact/b.csv", "id,email\n")
    landing.write("salesforce/contact/c.jsonl", b"")
    landing.write_parquet(
        "salesforce/contact/d.parquet", {"id": pa.array([], pa.string()), "email": pa.array([], pa.int64())}
    )
    report = landing.ingest()
    raise_if_stopped(report, 0.05)
    assert landing.rows("select count(*) from raw.files where count_rows = 0") == [(4,)]


def test_too_many_bad_rows_stop_the_night_until_they_are_repaired(landing: Landing) -> None:
    bad = [f"{number},{number}@x.com,,soon,2026-01-01" for number in range(2)]
    good = [f"{number},{number}@x.com,,,2026-01-01" for number in range(2, 20)]
    landing.write("salesforce/contact/a.csv", contacts(*bad, *good), epoch("2026-01-01"))
    landing.write("salesforce/user/a.csv", "id\n1\n")
    for _ in range(2):
        report = landing.ingest()
        with pytest.raises(IngestionStoppedError) as stopped:
            raise_if_stopped(report, 0.05)
        assert "salesforce/contact: 2 of 20 rows (10.0%)" in str(stopped.value)
        assert "salesforce/contact/a.csv:2: created_date: 'soon' is not a timestamp" in str(stopped.value)
        assert len(emails(landing)) == 18
        assert len(landing.rejects()) == 2
    raise_if_stopped(landing.ingest(reject_limit=0.1), 0.1)
    raise_if_stopped(landing.ingest(), 0.05)


def test_a_repaired_file_takes_the_place_of_the_bad_one(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,soon,2026-01-01"))
    with pytest.raises(IngestionStoppedError):
        raise_if_stopped(landing.ingest(), 0.05)
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,2026-01-01,2026-01-01"))
    raise_if_stopped(landing.ingest(), 0.05)
    assert emails(landing) == [("1", "a@x.com")]
    assert landing.rejects() == []


def test_exactly_the_limit_is_within_it(landing: Landing) -> None:
    rows = [f"{number},{number}@x.com,,,2026-01-01" for number in range(19)]
    landing.write("salesforce/contact/a.csv", contacts(*rows, "20,x@x.com,,soon,2026-01-01"))
    raise_if_stopped(landing.ingest(0.05), 0.05)


KILLED = """
import os, signal, sys
from pathlib import Path
import duckdb
from dagster_project.ingestion import ingest
from dagster_project.ingestion.catalogue import load_catalogue
from tests.ingestion.conftest import LOADED_AT

original = getattr(ingest, sys.argv[1])

def killed(connection, raw_object, *rest):
    if raw_object.name == "contact":
        os.kill(os.getpid(), signal.SIGKILL)
    return original(connection, raw_object, *rest)

setattr(ingest, sys.argv[1], killed)
connection = duckdb.connect(sys.argv[2])
ingest.ingest(connection, Path(sys.argv[3]), load_catalogue(), LOADED_AT, 0.5, print)
"""


@pytest.mark.parametrize("step", ["stage_file", "quarantine_batch", "record_verdict"])
def test_a_kill_leaves_whole_objects_and_the_same_night_again_completes(tmp_path: Path, step: str) -> None:
    exports, warehouse = tmp_path / "exports", tmp_path / "warehouse.duckdb"
    with duckdb.connect() as connection:
        landing = Landing(exports, connection, load_catalogue())
        landing.write("salesforce/account/a.csv", "id,name\n1,A\n")
        landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01", "2,a@x.com,,soon,2026-01-01"))
    run = subprocess.run([sys.executable, "-c", KILLED, step, warehouse, exports], check=False, cwd=ROOT)
    assert run.returncode == -signal.SIGKILL
    with duckdb.connect(str(warehouse)) as connection:
        landing = Landing(exports, connection, load_catalogue())
        assert landing.rows("select count(*) from raw.salesforce__account") == [(1,)]
        assert emails(landing) == []
        assert landing.rejects() == []
        assert landing.rows("select object from raw.files") == [("account",)]
        landing.ingest(reject_limit=0.5)
        assert emails(landing) == [("1", "a@x.com")]
        assert len(landing.rejects()) == 1
        assert landing.rows("select object from raw.files order by object") == [("account",), ("contact",)]


def test_a_file_that_changes_while_it_is_read_stops_its_object(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"))

    def hash_and_append(_: object) -> str:
        with path.open("a") as file:
            file.write("2,b@x.com,,,2026-01-01\n")
        return "hash"

    monkeypatch.setattr("dagster_project.ingestion.ingest._content_hash", hash_and_append)
    assert "it changed while it was read" in landing.report("salesforce/contact").stopped[0]


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


def test_what_is_new_is_logged(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,,2026-01-01"))
    landing.write("salesforce/contacts/a.csv", contacts())
    landing.ingest()
    told = "\n".join(landing.told)
    assert "salesforce/contacts/: unknown, its 1 file not read" in told
    assert "salesforce/contact: 1 rows read from 1 file; 1 added; 0 changed; 0 rejected; without: account_id" in told


def test_missing_exports_are_an_error(landing: Landing) -> None:
    with pytest.raises(ExportsError):
        landing.ingest()
