"""A person is forgotten: nothing names them any more anywhere, others stay, and no export brings them back."""

import json
import os
import sqlite3
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.erasure.identifiers import KEY_FILE, Identifier, read_erased, record_erasure
from dagster_project.ingestion.catalogue import load_catalogue
from dagster_project.ingestion.ingest import ingest
from dagster_project.ingestion.keeping_out import hash_sql
from dagster_project.publishing import ManifestInfo, publish, verify_published
from dagster_project.resources.ledger import Ledger, LedgerError
from dagster_project.resources.registry import NewVersion, Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import TELEMETRY_OFF

ANN, BOB = "ann.lee@acme.example", "bob@acme.example"
NIGHT = date(2026, 3, 2)
PEOPLE = """Id,Email,Phone,LastName,CreatedDate
003A,{ann},+49 151 2345678,Lee,2026-01-01T00:00:00Z
003B,{bob},,Ray,{at}
broken,{ann},,,,,,
"""
FORM = {"form_id": "f", "email": ANN, "page_url": "https://x", "timestamp": "2026-02-01T00:00:00Z"}


def write_exports(exports: Path, ann: str = ANN, at: str = "2026-01-01T00:00:00Z") -> None:
    files = {
        "salesforce/contact/people.csv": PEOPLE.format(ann=ann, bob=BOB, at=at),
        "salesforce/task/tasks.csv": f"Id,WhoId,Subject\nT1,003A,Call\nT2,003B,Call with {ANN.upper()}\n",
        "hubspot/form_submission/forms.jsonl": json.dumps(FORM) + "\n" + json.dumps({**FORM, "timestamp": "never"}),
        "billing/subscription/all.csv": f"id,customer_id,email,status,mrr_cents\nS1,C1,{ANN},active,900\n",
        "automation/rule_fire/all.csv": f"rule_id,email,fired_at\nR1,{ANN},2026-02-01T00:00:00Z\n",
    }
    for name, text in files.items():
        path = exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def load(home: Path, exports: Path) -> None:
    erased = read_erased(Ledger(home=str(home)))
    with Warehouse(home=str(home)).connect() as connection:
        ingest(connection, exports, load_catalogue(), datetime(2026, 3, 2, 2), 1.0, lambda _: None, NIGHT, None, erased)  # noqa: DTZ001


@pytest.fixture
def home(tmp_path: Path) -> Path:
    os.environ |= TELEMETRY_OFF
    home, exports = tmp_path / "home", tmp_path / "exports"
    write_exports(exports)
    load(home, exports)
    warehouse = Warehouse(home=str(home))
    both = {"contact_id": ["cA", "cB"]}
    tables = {
        "core.int_identifiers": {
            "kind": ["email", "email", "salesforce", "salesforce", "device", "device"],
            "identifier": [ANN, BOB, "003A", "003B", "shared", "shared"],
            "contact_id": ["cA", "cB"] * 3,
        },
        "core.int_contact_addresses": {**both, "address_type": ["phone"] * 2, "address": ["+491512345678", "+4930"]},
        "identity.contact_merges": {"old_contact_id": ["cOld"], "contact_id": ["cA"]},
        "identity.int_contact_records": {**both, "record_key": ["salesforce|contact|003A", "salesforce|contact|003B"]},
        "features.contact_features": {**both, "traits": ["{}", "{}"]},
        "features.day_changes": {"unit_id": ["cOld", "cB"], "kind": ["reply", "reply"]},
        "activation.email_sends": {"decision_id": ["dA", "dB"], **both, "email": [ANN, BOB]},
        "activation.suppressions": {
            "suppression_key": ["contact:cA:email", "contact:cB:email"], **both, "email": [ANN, BOB],
            "phone_e164": [None, "+4930"], "channel": ["email"] * 2, "reason": ["bounce"] * 2,
            "suppressed_at": [datetime.fromisoformat("2026-01-01")] * 2,
        },
        "activation.row_fingerprints": {
            "table_name": ["email_sends", "suppressions"], "row_key": ["dA", f"email:{ANN}:all"],
            "row_fingerprint": ["1", "2"],
        },
    }  # fmt: skip
    for name, columns in tables.items():
        warehouse.replace_table(name, pl.DataFrame(columns))
    ledger = Ledger(home=str(home))
    ledger.append("decisions", NIGHT, pl.DataFrame({"decision_id": ["dA", "dB"], "contact_id": ["cA", "cB"]}))
    ledger.append("approvals", NIGHT, pl.DataFrame({"decision_id": ["dA", "dB"], "verdict": ["approved"] * 2}))
    keys = {"source": ["salesforce"] * 2, "object": ["contact"] * 2, "source_id": ["003A", "003B"]}
    ledger.append("contact_keys", NIGHT, pl.DataFrame({**keys, "contact_id": ["cOld", "cB"]}))
    ledger.append("contact_keys", NIGHT, pl.DataFrame({**keys, "contact_id": ["cA", "cB"]}))
    with warehouse.connect() as connection:
        publish(connection, home, NIGHT, ManifestInfo("run", "policy", (), "1"))
    (home / "reports").mkdir()
    (home / "reports" / "2026-03-02.html").write_text(f"<p>{ANN} and {BOB}</p>")
    (home / "dagster").mkdir()
    with sqlite3.connect(home / "dagster" / "index.db") as connection:
        connection.execute("create table event_logs (event TEXT)")
        connection.execute("insert into event_logs values (?)", (f"bad row of {ANN}",))
    return home


def forget(home: Path, email: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["forget", email, "--home", str(home), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def traces(home: Path, *words: str) -> list[str]:
    """Where a word still stands: rows of tables and of Parquet files, and the bytes of all other files."""
    found = []
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            text = str(connection.execute(f'select * from "{schema}"."{table}"').fetchall()).lower()
            found += [f"{schema}.{table}: {word}" for word in words if word.lower() in text]
    for path in (path for path in home.rglob("*") if path.is_file() and path.suffix not in (".duckdb", ".key")):
        text = str(pl.read_parquet(path).to_dicts()) if path.suffix == ".parquet" else str(path.read_bytes())
        found += [f"{path.relative_to(home)}: {word}" for word in words if word.lower() in text.lower()]
    return found


def test_nothing_names_the_person_any_more_and_others_stay(home: Path) -> None:
    assert traces(home, ANN)
    done = forget(home, f" {ANN.upper()} ")
    assert done["is_known"]
    assert [each for each in traces(home, ANN, "cA'", "cOld", "2345678", "003A") if "erasures" not in each] == []
    query = Warehouse(home=str(home)).query
    assert query("select email from raw.salesforce__contact")["email"].to_list() == [BOB]
    assert query("select id, subject from raw.salesforce__task").to_dicts() == [
        {"id": "T2", "subject": "Call with [erased]"}
    ]
    assert query("select id, email, mrr_cents from raw.billing__subscription").to_dicts() == [
        {"id": "S1", "email": None, "mrr_cents": 900}
    ]
    assert query("select contact_id from features.contact_features")["contact_id"].to_list() == ["cB"]
    assert Ledger(home=str(home)).read("contact_keys")["contact_id"].to_list() == ["cB"]
    assert Ledger(home=str(home)).read("approvals")["decision_id"].to_list() == ["dB"]


def test_published_sets_stay_whole_and_keep_the_person_suppressed(home: Path) -> None:
    forget(home, ANN)
    folder = home / "published" / "latest"
    manifest = verify_published(folder.resolve())
    sends = pl.read_parquet(folder / "email_sends.parquet")
    assert sends["email"].to_list() == [BOB]
    assert next(table.rows for table in manifest.tables if table.name == "email_sends") == 1
    suppressions = pl.read_parquet(folder / "suppressions.parquet").filter(pl.col("reason") == "erasure")
    erased = read_erased(Ledger(home=str(home)))
    assert suppressions["suppression_key"][0] == f"erased:{Identifier('email', ANN).hashed(erased.key)}:all"
    assert suppressions["email"].to_list() == [None]
    # the next night tells the platforms to remove what stands under this key
    assert pl.read_parquet(folder / "row_fingerprints.parquet")["row_key"].to_list() == ["dA"]


def test_no_export_brings_the_person_back(home: Path, tmp_path: Path) -> None:
    forget(home, ANN)
    again = tmp_path / "again"
    write_exports(again, ann="a.lee@private.example", at="2026-02-01T00:00:00Z")  # the record's id is known as well
    load(home, again)
    (home / "warehouse.duckdb").unlink()
    write_exports(again, ann=f"  {ANN.title()} ")
    load(home, again)
    query = Warehouse(home=str(home)).query
    assert query("select email from raw.salesforce__contact")["email"].to_list() == [BOB]
    assert query("select count(*) as n from raw.automation__rule_fire")["n"][0] == 0
    rejected = query("select reason, raw_text from raw.rejected_rows").to_dicts()
    assert rejected == [{"reason": "the row is of somebody who was forgotten", "raw_text": None}]


def test_models_that_may_have_learnt_from_the_person_are_retired(home: Path) -> None:
    registry = Registry(home=str(home))
    registry.log_and_register(NewVersion("nightjar-uplift", {"a.json": b"{}"}, tags={"trained_for": "2026-03-01"}))
    assert forget(home, "nobody@else.example")["models"] == []
    assert forget(home, ANN)["models"] == ["nightjar-uplift/1"]
    assert "forgotten" in registry.versions("nightjar-uplift")[0].tags["retired"]
    assert forget(home, ANN)["models"] == []


def test_who_is_unknown_is_kept_out_as_well(home: Path, tmp_path: Path) -> None:
    done = forget(home, "new@acme.example")
    assert not done["is_known"]
    again = tmp_path / "again"
    write_exports(again, ann="new@acme.example")
    load(home, again)
    assert "new@acme.example" not in str(Warehouse(home=str(home)).query("select * from raw.salesforce__contact"))


def test_wrong_use_is_told_and_erases_nothing(home: Path) -> None:
    result = CliRunner().invoke(app, ["forget", "no address", "--home", str(home)])
    assert result.exit_code == 2
    assert "isn't an e-mail address" in result.output
    assert not (home / KEY_FILE).exists()


def test_a_lost_key_stops_the_night(tmp_path: Path) -> None:
    ledger = Ledger(home=str(tmp_path))
    record_erasure(ledger, (Identifier("email", ANN),))
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(LedgerError, match=r"erasure\.key"):
        read_erased(ledger)


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier("email", " Ann.Lee@ACME.example"),
        Identifier("phone", "+49 (151) 234-5678"),
        Identifier("user", "u 1"),
    ],
)
def test_python_and_sql_hash_alike(identifier: Identifier) -> None:
    sql = f"select {hash_sql(identifier.kind, '$value')}"
    found = duckdb.execute(sql, {"key": "k", "value": identifier.value}).fetchall()[0][0]
    assert found == identifier.hashed("k")
