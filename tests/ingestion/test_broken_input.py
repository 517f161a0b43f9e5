# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
from datetime import datetime

from dagster_project.ingestion.report import raise_if_stopped
from tests.ingestion.conftest import LOADED_AT, Landing, contacts


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
    assert len(landing.emails()) == 197
    assert [(line, column) for _, line, column, _ in landing.rejects()] == [
        (52, None), (102, None), (152, "created_date"),
    ]  # fmt: skip


def test_a_deletion_that_cannot_be_read_is_not_taken_for_none(landing: Landing) -> None:
    landing.write("hubspot/company/a.csv", "id,is_deleted\n1,perhaps\n")
    landing.ingest()
    assert landing.rejects() == [("hubspot/company/a.csv", 2, "is_deleted", "'perhaps' is not a boolean")]
