"""Whole nights on a small simulated market, as a user runs them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.night_run import NightResult, run_night
from dagster_project.publishing import verify_published
from dagster_project.settings import DEFAULT_POLICY_DIR, Settings
from dagster_project.simulating import read_outcome, simulate_night
from models.simulation import compare_nights
from sandbox.answers import answer_night
from sandbox.market import create_market

FIRST = date(2026, 3, 2)
SECOND = FIRST + timedelta(days=1)
CONTACTS = 400
NIGHTJAR = Path(sys.executable).parent / "nightjar"


def run(folder: Path, night: date) -> NightResult:
    return run_night(Settings(home=folder / "home", exports=folder / "exports", run_date=night))


def query(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def digest(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market, two nights run and the first answered."""
    folder = tmp_path_factory.mktemp("market")
    create_market(folder / "exports", CONTACTS, FIRST, seed=11)
    first = run(folder, FIRST)
    assert first.success, first.failures
    answer_night(folder / "exports", folder / "home", FIRST)
    second = run(folder, SECOND)
    assert second.success, second.failures
    return folder


def test_every_contact_has_one_decision_a_night(two_nights: Path) -> None:
    assert query(
        two_nights,
        """select count(*) - count(distinct contact_id), count(*) - (select count(*) from core.contacts)
           from decisioning.next_best_action""",
    ) == [(0, 0)]
    assert query(two_nights, "select run_date, count(*) > 0 from decisioning.decision_log group by 1 order by 1") == [
        (FIRST, True),
        (SECOND, True),
    ]


def test_outcomes_of_the_first_night_come_back(two_nights: Path) -> None:
    touched = query(two_nights, "select count(*) from core.touches where decision_id is not null")[0][0]
    assert touched > 0


def test_published_set_is_complete(two_nights: Path) -> None:
    latest = two_nights / "home" / "published" / "latest"
    verify_published(latest)
    assert latest.resolve().name == SECOND.isoformat()


def test_no_one_is_sent_anything_without_consent_or_from_a_quiet_arm(two_nights: Path) -> None:
    published = two_nights / "home" / "published" / SECOND.isoformat()
    sends = pl.read_parquet(published / "email_sends.parquet")
    assert len(sends) > 0
    quiet = query(
        two_nights,
        "select count(*) from decisioning.next_best_action "
        "where arm in ('holdout', 'business_as_usual') and action_id is not null",
    )
    assert quiet == [(0,)]
    suppressed = pl.read_parquet(published / "suppressions.parquet").filter(pl.col("channel") == "email")
    assert sends.join(suppressed, on="contact_id").is_empty()


def test_the_same_night_again_changes_nothing(two_nights: Path) -> None:
    home = two_nights / "home"
    before = digest(home / "published" / SECOND.isoformat())
    ledger = {path: path.read_bytes() for path in (home / "ledger").rglob("*.parquet")}
    result = run(two_nights, SECOND)
    assert result.success, result.failures
    assert query(two_nights, "select count(*) from activation.changes") == [(0,)]
    assert digest(home / "published" / SECOND.isoformat()) == before
    assert {path: path.read_bytes() for path in (home / "ledger").rglob("*.parquet")} == ledger


def test_a_lost_warehouse_is_rebuilt_from_exports_and_ledger(two_nights: Path, tmp_path: Path) -> None:
    shutil.copytree(two_nights, tmp_path, dirs_exist_ok=True, symlinks=True)
    keys = "select source, object, source_id, contact_id, account_id from identity.contact_id_map order by all"
    decisions = "select * exclude (model_version) from decisioning.next_best_action order by contact_id"
    before = query(tmp_path, keys), query(tmp_path, decisions)
    (tmp_path / "home" / "warehouse.duckdb").unlink()
    result = run(tmp_path, SECOND)
    assert result.success, result.failures
    assert (query(tmp_path, keys), query(tmp_path, decisions)) == before


def test_a_killed_night_is_made_good_by_the_next_run(two_nights: Path, tmp_path: Path) -> None:
    """Killed at several points: the published set stays complete, and the rerun ends as an untouched night does."""
    shutil.copytree(two_nights, tmp_path, dirs_exist_ok=True, symlinks=True)
    third = SECOND + timedelta(days=1)
    answer_night(tmp_path / "exports", tmp_path / "home", SECOND)
    untouched = tmp_path / "untouched"
    shutil.copytree(tmp_path / "exports", untouched / "exports")
    shutil.copytree(tmp_path / "home", untouched / "home", symlinks=True)
    command = [NIGHTJAR, "run", "--exports", tmp_path / "exports", "--home", tmp_path / "home", "--date", str(third)]
    for seconds in (9, 17):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        verify_published((tmp_path / "home" / "published" / "latest").resolve())
    for folder in (tmp_path, untouched):
        result = run(folder, third)
        assert result.success, result.failures
    contents = "select * from decisioning.next_best_action order by contact_id"
    assert query(tmp_path, contents) == query(untouched, contents)
    tables = [f"{name}.parquet" for name in ("email_sends", "crm_tasks", "contact_scores", "changes")]
    published = "home/published/" + str(third)
    for table in tables:
        assert pl.read_parquet(tmp_path / published / table).equals(pl.read_parquet(untouched / published / table))


def test_another_policy_is_simulated_and_the_home_stays_as_it_is(two_nights: Path, tmp_path: Path) -> None:
    home = two_nights / "home"
    policy = tmp_path / "policy"
    shutil.copytree(DEFAULT_POLICY_DIR, policy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    channels = policy / "channels.yml"
    channels.write_text(channels.read_text().replace("daily_volume: 20_000", "daily_volume: 5"))
    watched = [home / "warehouse.duckdb", home / "mlflow.db", *sorted((home / "ledger").rglob("*.parquet"))]
    before = [path.read_bytes() for path in watched]
    now = read_outcome(home)
    (tmp_path / "copy").mkdir()
    then = simulate_night(home, policy, tmp_path / "copy")
    assert [path.read_bytes() for path in watched] == before
    assert sorted((home / "ledger").rglob("*.parquet")) == watched[2:]
    found = compare_nights(now, then)
    mails = found.channels.row(by_predicate=pl.col("channel") == "email", named=True)
    assert mails["decisions_then"] == 5 < mails["decisions_now"]
    assert found.changes["contacts"].sum() == now.decisions.height
    assert found.prices.filter(limit_id="daily_volume:email")["shadow_price_then_cents"].item() > 0
