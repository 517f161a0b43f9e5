import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.ingestion.catalogue import load_catalogue
from dagster_project.ingestion.discovery import ExportsError
from dagster_project.ingestion.report import IngestionStoppedError, raise_if_stopped
from tests.ingestion.conftest import Landing, contacts, epoch

ROOT = Path(__file__).resolve().parent.parent.parent


BROKEN = {
    "a.csv": (b"", "it is empty"),
    "b.csv": (b"email,name\na@x.com,x\n", "it lacks the required column id"),
    "c.csv": (b"name\nx\n", "it lacks the required column id"),
    "d.csv.gz": (gzip.compress(b"id,email\n" + os.urandom(9999).hex().encode())[:-4000], "ended before"),
    "e.csv.gz": (b"id,email\n1,a@x.com\n", "Not a gzipped file"),
    "f.parquet": (b"PAR1 not really", "arquet"),
    "g.csv": (b"id,email,E-Mail,e mail\n1,a,b,c\n", "'E-Mail' and 'e mail' are both e_mail"),
    "h.jsonl.gz": (gzip.compress(b'{"id": "1", "email": "a"}\n' * 9999)[:-30], "ended before"),
    "i.jsonl": (b'{"email": "a"}\n', "it lacks the required column id"),
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
        assert landing.emails() == []
        assert landing.rows("select id from raw.salesforce__user") == [("1",)]
        assert landing.rows("select object from raw.files") == [("user",)]
    (landing.exports / f"salesforce/contact/{name}").unlink()
    landing.write("salesforce/contact/repaired.csv", contacts("2,b@x.com,,,2026-01-01"))
    raise_if_stopped(landing.ingest(), 0.05)
    assert landing.emails() == [("1", "a@x.com"), ("2", "b@x.com")]


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
        assert len(landing.emails()) == 18
        assert len(landing.rejects()) == 2
    raise_if_stopped(landing.ingest(reject_limit=0.1), 0.1)
    raise_if_stopped(landing.ingest(), 0.05)


def test_a_repaired_file_takes_the_place_of_the_bad_one(landing: Landing) -> None:
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,soon,2026-01-01"))
    with pytest.raises(IngestionStoppedError):
        raise_if_stopped(landing.ingest(), 0.05)
    landing.write("salesforce/contact/a.csv", contacts("1,a@x.com,,2026-01-01,2026-01-01"))
    raise_if_stopped(landing.ingest(), 0.05)
    assert landing.emails() == [("1", "a@x.com")]
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
from tests.ingestion.conftest import contacts, LOADED_AT

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
        assert landing.emails() == []
        assert landing.rejects() == []
        assert landing.rows("select object from raw.files") == [("account",)]
        landing.ingest(reject_limit=0.5)
        assert landing.emails() == [("1", "a@x.com")]
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


def test_missing_exports_are_an_error(landing: Landing) -> None:
    with pytest.raises(ExportsError):
        landing.ingest()
