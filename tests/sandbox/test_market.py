import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.ingestion.catalogue import Catalogue, load_catalogue
from dagster_project.ingestion.ingest import ingest
from dagster_project.ingestion.report import IngestionReport
from sandbox.market import create_market
from sandbox.truth import Truth, TruthError
from sandbox.writing import FORMS
from tests.sandbox.conftest import NIGHT
from tests.sandbox.exported import digests, read_object

PLANNED = {("salesforce__opportunity", "close_date")}  # an open opportunity is planned to close in the future


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def loaded(made: Path, catalogue: Catalogue) -> Iterator[tuple[duckdb.DuckDBPyConnection, IngestionReport]]:
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("create schema raw")
    report = ingest(connection, made, catalogue, datetime(2026, 3, 2), 0.05, lambda line: None)  # noqa: DTZ001
    yield connection, report
    connection.close()


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    create_market(tmp_path / "here", 700, NIGHT, 3)
    command = [sys.executable, "-m", "sandbox", "--out", str(tmp_path / "there"), "--contacts", "700"]
    command += ["--date", str(NIGHT), "--seed", "3"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "99"})
    assert digests(tmp_path / "here") == digests(tmp_path / "there")
    create_market(tmp_path / "other", 700, NIGHT, 4)
    assert digests(tmp_path / "here") != digests(tmp_path / "other")


def test_a_market_made_again_replaces_the_old_one(tmp_path: Path) -> None:
    create_market(tmp_path / "exports", 300, date(2026, 1, 5), 1)
    create_market(tmp_path / "exports", 200, NIGHT, 2)
    assert all(path.name.startswith(str(NIGHT)) for path in (tmp_path / "exports").rglob("*") if path.is_file())


def test_other_peoples_files_are_never_removed(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(TruthError, match="choose an empty folder"):
        create_market(tmp_path, 10, NIGHT, 1)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_every_row_is_read_and_no_column_is_unknown(
    loaded: tuple[duckdb.DuckDBPyConnection, IngestionReport], catalogue: Catalogue
) -> None:
    _, report = loaded
    found = {each.label: each for each in report.objects}
    assert [label for label, each in found.items() if each.rows_rejected or each.new_columns or each.stopped] == []
    empty = {label for label, each in found.items() if not each.rows_added}
    assert empty & set(FORMS) == {"delivery/result"}  # nothing has been decided yet
    assert all(each.rows_added == each.rows_read for each in report.objects)  # every key is unique


def test_nothing_has_happened_at_or_after_the_first_night(
    loaded: tuple[duckdb.DuckDBPyConnection, IngestionReport],
) -> None:
    connection, _ = loaded
    columns = connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'raw' "
        "and data_type in ('TIMESTAMP', 'DATE') and not starts_with(column_name, '_') and contains(table_name, '__')"
    ).fetchall()
    assert len(columns) > 60
    for table, column in columns:
        latest = connection.execute(f"select max(cast({column} as date)) from raw.{table}").fetchall()[0][0]
        assert latest is None or latest < NIGHT or (table, column) in PLANNED, (table, column, latest)


def test_truth_is_beside_the_exports_and_never_in_them(made: Path) -> None:
    truth = Truth.load(made)
    assert made not in truth.folder.parents
    names = {column for path in made.rglob("*.parquet") for column in pl.read_parquet_schema(path)}
    assert not {name for name in names if "persona" in name or "score" in name or name == "person_id"}


def test_the_market_has_as_many_people_as_asked_and_more_records(made: Path) -> None:
    people, records = Truth.load(made).people(), Truth.load(made).records()
    assert len(people) == 3000
    assert people["person_id"].is_unique().all()
    assert people["email"].is_unique().all()
    assert len(records) > 1.5 * len(people)
    shared = records.filter(pl.col("object") != "anonymous").group_by("source", "object", "source_id").len()
    assert shared["len"].max() == 1


def test_who_is_who_is_known_for_every_exported_record(made: Path) -> None:
    records = Truth.load(made).records()
    for name, column in (
        ("salesforce/contact", "id"), ("salesforce/lead", "id"), ("hubspot/contact", "id"),
        ("segment/identifies", "user_id"), ("segment/pages", "anonymous_id"),
    ):  # fmt: skip
        ids = read_object(made, name)[column].drop_nulls().cast(pl.String).unique()
        assert ids.is_in(records["source_id"].implode()).all(), name


def test_records_are_messy(made: Path) -> None:
    contacts = read_object(made, "salesforce/contact")
    emails = contacts["email"]
    assert (emails != emails.str.strip_chars().str.to_lowercase()).mean() > 0.02
    assert emails.str.contains("^(?i)(info|office|contact|sales|hello)@").sum() > 5
    assert contacts.filter(is_deleted="true")["id"].len() > 5
    leads = read_object(made, "salesforce/lead")
    assert 0.1 < leads["is_converted"].eq("true").mean() < 0.6
    assert leads.filter(is_converted="true")["converted_contact_id"].is_in(contacts["id"].implode()).all()
    assert len(read_object(made, "hubspot/contact_merge_audit")) > 5
    pages = read_object(made, "segment/pages")
    assert 0.3 < pages["user_id"].is_null().mean() < 0.95
    assert contacts["phone"].drop_nulls().value_counts()["count"].max() > 3  # switchboards


def test_base_rates_are_those_of_a_b2b_company(made: Path) -> None:
    weeks, people = 180 / 7, 3000
    replies = read_object(made, "salesforce/task").filter(type="Email")
    meetings, deals = read_object(made, "salesforce/event"), read_object(made, "salesforce/opportunity")
    assert 0.008 < len(replies) / people / weeks < 0.022
    assert 0.004 < len(meetings) / people / weeks < 0.012
    assert 0.0015 < len(deals) / people / 6 < 0.006
    closed = deals.filter(is_closed="true")
    assert 0.1 < closed["is_won"].eq("true").mean() < 0.45


def test_old_rules_hit_people_by_what_they_did(made: Path) -> None:
    fires = read_object(made, "automation/rule_fire")
    forms = read_object(made, "hubspot/form_submission")
    after_form = fires.filter(rule_id="R-001")["email"].unique()
    assert len(after_form) > 20
    assert after_form.is_in(forms["email"].implode()).all()


def test_blocks_are_written_in_parts_and_events_scale(tmp_path: Path) -> None:
    create_market(tmp_path / "some", 500, NIGHT, 5, events_per_contact=5)
    create_market(tmp_path / "many", 500, NIGHT, 5, events_per_contact=60)
    few, many = (len(read_object(tmp_path / name, "segment/pages")) for name in ("some", "many"))
    assert many > 6 * few
