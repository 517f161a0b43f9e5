"""What is published is complete, unaltered and the newest, whatever dies on the way."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.publishing import ManifestInfo, PublishError, publish, read_manifest, verify_published

INFO = ManifestInfo(run_id="run", policy_version="p1", model_versions=("m1",), code_version="0.1.0")
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


class PowerCutError(BaseException):
    """Nothing in the code under test may catch it, as nothing catches a power cut."""


def warehouse(rows: int = 3, mark: str = "a") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2})
    connection.sql("create schema activation")
    connection.sql(
        f"""create table activation.email_sends as
        select md5(range::varchar) as decision_id, 'c' || range as contact_id, '{mark}' as mark
        from range({rows}) order by random()"""
    )
    connection.sql(
        "create table activation.changes as select 'email_sends' as table_name, decision_id as row_key, 'added' as op "
        "from activation.email_sends"
    )
    return connection


def mark_of(folder: Path) -> str:
    verify_published(folder)
    return pl.read_parquet(folder / "email_sends.parquet")["mark"][0]


def leftovers(home: Path) -> list[str]:
    return [path.name for path in (home / "published").iterdir() if path.name.startswith(".")]


def test_a_set_has_every_table_sorted_by_key_with_its_manifest(tmp_path: Path) -> None:
    folder = publish(warehouse(1000), tmp_path, FIRST, INFO)
    assert folder == tmp_path / "published" / "2026-03-01"
    assert {path.name for path in folder.iterdir()} == {"email_sends.parquet", "changes.parquet", "manifest.json"}
    sends = pl.read_parquet(folder / "email_sends.parquet")
    assert sends["decision_id"].is_sorted() and sends.height == 1000
    manifest = verify_published(tmp_path / "published" / "latest")
    assert manifest.run_date == "2026-03-01" and manifest.policy_version == "p1" and manifest.model_versions == ("m1",)
    table = {table.name: table for table in manifest.tables}["email_sends"]
    assert table.rows == 1000 and table.key == ("decision_id",) and ("mark", "VARCHAR") in table.columns
    assert read_manifest(folder) == manifest and not leftovers(tmp_path)


def test_bytes_do_not_depend_on_row_order_or_threads(tmp_path: Path) -> None:
    hashes = set()
    for threads, home in ((1, "one"), (2, "two")):
        connection = warehouse(300_000)
        connection.sql(f"set threads = {threads}")
        publish(connection, tmp_path / home, FIRST, INFO)
        hashes.add(tuple(verify_published(tmp_path / home / "published" / "latest").content().values()))
    assert len(hashes) == 1


def test_the_same_night_again_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    folder = publish(warehouse(), tmp_path, FIRST, INFO)
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in folder.iterdir()}
    again = warehouse()
    again.sql("delete from activation.changes")  # against what is published now, nothing changed
    publish(again, tmp_path, FIRST, ManifestInfo("another run", "p1", ("m1",), "0.1.0"))
    assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in folder.iterdir()} == before


def test_the_same_night_with_other_content_replaces_the_folder(tmp_path: Path) -> None:
    publish(warehouse(mark="a"), tmp_path, FIRST, INFO)
    first = read_manifest(tmp_path / "published" / "latest")
    publish(warehouse(mark="b"), tmp_path, FIRST, INFO)
    assert mark_of(tmp_path / "published" / "latest") == "b" and not leftovers(tmp_path)
    assert read_manifest(tmp_path / "published" / "latest").published_at > first.published_at


def test_latest_never_moves_backwards(tmp_path: Path) -> None:
    publish(warehouse(mark="second"), tmp_path, SECOND, INFO)
    publish(warehouse(mark="first"), tmp_path, FIRST, INFO)
    publish(warehouse(mark="first again"), tmp_path, FIRST, INFO)
    assert mark_of(tmp_path / "published" / "latest") == "second"
    assert mark_of(tmp_path / "published" / "2026-03-01") == "first again"


def test_no_activation_table_publishes_nothing(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.sql("create schema activation")
    with pytest.raises(PublishError, match="no table"):
        publish(connection, tmp_path, FIRST, INFO)
    assert not (tmp_path / "published" / "latest").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "changes.parquet").unlink(), "changes.parquet is missing"),
        (lambda folder: (folder / "email_sends.parquet").write_bytes(b"x"), "email_sends.parquet was altered"),
        (lambda folder: (folder / "stray.parquet").write_bytes(b"x"), "stray.parquet isn't in the manifest"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json can't be read"),
        (lambda folder: (folder / "manifest.json").write_text('{"tables": 1}'), "manifest.json can't be read"),
    ],
)
def test_a_damaged_set_is_recognised_and_the_night_run_again_mends_it(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    folder = publish(warehouse(), tmp_path, FIRST, INFO)
    damage(folder)
    with pytest.raises(PublishError, match=message):
        verify_published(folder)
    publish(warehouse(), tmp_path, FIRST, INFO)
    assert verify_published(folder).run_date == "2026-03-01" and not leftovers(tmp_path)


def cut_power_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Every change of the file system counts as a step; the given one never happens."""
    done = 0
    for name in ("mkdir", "rename", "replace", "symlink", "link", "fsync", "unlink", "rmdir"):
        original = getattr(os, name)

        def counted(*args: object, _original: Callable = original, **kwargs: object) -> object:
            nonlocal done
            done += 1
            if done == step:
                raise PowerCutError
            return _original(*args, **kwargs)

        monkeypatch.setattr(os, name, counted)


@pytest.mark.parametrize(
    ("night", "old", "permitted"),
    [(SECOND, "a", {"a", "b"}), (FIRST, "a", {"a", "b"})],
    ids=["a new night", "the same night with other content"],
)
def test_a_power_cut_at_any_step_leaves_a_complete_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, night: date, old: str, permitted: set[str]
) -> None:
    publish(warehouse(mark=old), tmp_path / "start", FIRST, INFO)
    for step in range(1, 200):
        home = tmp_path / str(step)
        shutil.copytree(tmp_path / "start", home, symlinks=True)
        with monkeypatch.context() as patch:
            cut_power_at(patch, step)
            try:
                publish(warehouse(mark="b"), home, night, INFO)
                break
            except PowerCutError:
                pass
        assert mark_of(home / "published" / "latest") in permitted
        publish(warehouse(mark="c"), home, night, INFO)
        assert mark_of(home / "published" / "latest") == "c" and not leftovers(home)
    assert 10 < step < 199


def test_a_killed_process_leaves_a_complete_set(tmp_path: Path) -> None:
    publish(warehouse(mark="a"), tmp_path, FIRST, INFO)
    program = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from tests.dagster_project import test_publishing as t
        from dagster_project import publishing
        publishing._move_latest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        publishing.publish(t.warehouse(mark="b"), t.Path({str(tmp_path)!r}), t.FIRST, t.INFO)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert mark_of(tmp_path / "published" / "latest") == "a"
    publish(warehouse(mark="b"), tmp_path, FIRST, INFO)
    assert mark_of(tmp_path / "published" / "latest") == "b" and not leftovers(tmp_path)
