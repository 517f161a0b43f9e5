"""Stage raw as Dagster runs it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dagster_project.defs import ingestion
from dagster_project.defs.ingestion import previous_run_date
from dagster_project.ingestion.ledger_schema import LEDGER_COLUMNS
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import DEFAULT_POLICY_DIR

NIGHT = date(2026, 11, 3)


class Stage:
    """A home with exports, on which assets of the stage are run."""

    def __init__(self, folder: Path) -> None:
        self.home, self.exports = folder / "home", folder / "exports"
        self.warehouse = Warehouse(home=str(self.home))
        self.ledger = Ledger(home=str(self.home))
        self.write("salesforce/contact/a.csv", "id,email,created_date\n1,a@x.com,2026-01-01\n")

    def write(self, file: str, text: str) -> None:
        path = self.exports / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
        night = Night(
            home=str(self.home), exports=str(self.exports), policy=str(DEFAULT_POLICY_DIR), run_date=NIGHT.isoformat()
        )
        resources = {"night": night, "warehouse": self.warehouse, "ledger": self.ledger}
        return dg.materialize(list(assets), resources=resources, raise_on_error=False)

    def rows(self, sql: str) -> Sequence[tuple]:
        return self.warehouse.query(sql).rows()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def failure(result: dg.ExecuteInProcessResult) -> str:
    data = result.get_step_failure_events()[0].step_failure_data
    assert data.user_failure_data is not None
    return data.user_failure_data.description or ""


def test_exports_become_assets_with_counts_and_checks(stage: Stage) -> None:
    result = stage.run(ingestion.raw_exports)
    assert result.success
    events = {event.asset_key.to_user_string(): event for event in result.get_asset_materialization_events()}
    assert {"raw/salesforce__contact", "raw/segment__pages", "raw/files", "raw/rejected_rows"} <= set(events)
    metadata = events["raw/salesforce__contact"].materialization.metadata
    assert metadata["rows_read"].value == 1
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_the_night_stops_at_a_file_that_cannot_be_read_and_keeps_the_rest(stage: Stage) -> None:
    stage.write("segment/pages/broken.csv", "")
    result = stage.run(ingestion.raw_exports)
    assert not result.success
    assert "segment/pages/broken.csv: it is empty" in failure(result)
    assert stage.rows("select id from raw.salesforce__contact") == [("1",)]


def test_the_night_stops_at_too_many_bad_rows(stage: Stage) -> None:
    stage.write("salesforce/contact/b.csv", "id,email,created_date\n2,b@x.com,soon\n")
    result = stage.run(ingestion.raw_exports)
    assert not result.success
    assert "salesforce/contact: 1 of 2 rows (50.0%)" in failure(result)
    untrue = {(check.check_name, check.severity) for check in result.get_asset_check_evaluations() if not check.passed}
    assert untrue == {("rejected_share_is_within_limit", dg.AssetCheckSeverity.WARN)}


def test_repeated_keys_block(stage: Stage) -> None:
    assert stage.run(ingestion.raw_exports).success
    with stage.warehouse.connect() as connection:
        connection.execute("insert into raw.salesforce__contact select * from raw.salesforce__contact")
    result = stage.run(ingestion.raw_exports)
    assert not result.success
    untrue = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
    assert untrue == {"keys_are_unique"}


def test_the_policy_becomes_tables(stage: Stage) -> None:
    assert stage.run(ingestion.policy_tables).success
    assert stage.rows("select reject_limit from raw.policy_limits") == [(0.05,)]
    assert len(stage.rows("select action_id from raw.policy_actions")) > 1


def test_ledger_tables_are_typed_before_there_is_a_ledger(stage: Stage) -> None:
    assert stage.run(ingestion.ledger_views).success
    for kind, columns in LEDGER_COLUMNS.items():
        found = dict(stage.rows(f"select column_name, lower(column_type) from (describe raw.ledger_{kind})"))
        assert found == columns
        assert stage.rows(f"select * from raw.ledger_{kind}") == []


def test_ledger_views_show_earlier_nights_only_whichever_columns_their_files_have(stage: Stage) -> None:
    def arms(unit: str, night: date, **more: object) -> None:
        frame = pl.DataFrame({"unit_id": [unit], "arm": [None], "assigned_on": [night], **more})
        stage.ledger.append("arms", night, frame)

    assert stage.run(ingestion.ledger_views).success
    arms("a", date(2026, 11, 1))
    arms("b", date(2026, 11, 2), salt=["x"])
    arms("c", NIGHT)
    for _ in range(2):
        assert stage.run(ingestion.ledger_views).success
        assert stage.rows("select unit_id, arm, salt from raw.ledger_arms order by unit_id") == [
            ("a", None, None), ("b", None, "x"),
        ]  # fmt: skip
    for path in stage.ledger.files("arms"):
        path.unlink()
    assert stage.run(ingestion.ledger_views).success
    assert stage.rows("select * from raw.ledger_arms") == []


def test_a_ledger_of_an_earlier_version_lacks_what_it_did_not_know(stage: Stage) -> None:
    stage.ledger.append("arms", date(2026, 11, 1), pl.DataFrame({"unit_id": ["a"], "arm": ["model"]}))
    assert stage.run(ingestion.ledger_views).success
    assert stage.rows("select unit_id, arm, assigned_on from raw.ledger_arms") == [("a", "model", None)]


def test_the_night_knows_its_date_and_the_published_night_before(stage: Stage) -> None:
    assert stage.run(ingestion.night_row).success
    run_date, previous, version, seed = stage.rows("select * from raw.night")[0]
    assert (run_date, previous, len(version), seed) == (NIGHT, None, 12, 20261103)
    published = stage.home / "published"
    for name in ("2026-10-30", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", ".2026-11-02.tmp-1"):
        (published / name).mkdir(parents=True)
        if name != "2026-11-02":
            (published / name / "manifest.json").touch()
    assert previous_run_date(published, NIGHT) == date(2026, 11, 1)


def test_published_rows_are_those_of_the_last_set(stage: Stage) -> None:
    assert stage.run(ingestion.published_rows).success
    assert stage.rows("select table_name, row_key, row_fingerprint from raw.published_rows") == []
    folder = stage.home / "published" / "2026-11-02"
    folder.mkdir(parents=True)
    row = {"table_name": ["email_sends"], "row_key": ["1"], "row_fingerprint": ["f"]}
    pl.DataFrame(row).write_parquet(folder / "row_fingerprints.parquet")
    (folder.parent / "latest").symlink_to(folder.name)
    assert stage.run(ingestion.published_rows).success
    assert stage.rows("select * from raw.published_rows") == [("email_sends", "1", "f")]
