"""drt carries a published set to HTTP endpoints once, reports refused rows and sends them again when asked."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from dagster_project.publishing import ManifestInfo, publish

PROJECT = Path(__file__).parents[2] / "reverse_etl"
DRT = Path(sys.executable).parent / "drt"


@dataclass
class Platform:
    """A platform that answers 422 for the external ids it refuses and remembers what it took."""

    url: str = ""
    refused: set[str] = field(default_factory=set)
    requests: list[tuple[str, str, str, dict]] = field(default_factory=list)

    def taken(self) -> list[str]:
        return [body["external_id"] for *_, body in self.requests if body["external_id"] not in self.refused]


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            platform.requests.append((self.command, self.path, self.headers["Idempotency-Key"], body))
            is_refused = body["external_id"] in platform.refused
            self.send_response(422 if is_refused else 200)
            self.end_headers()
            self.wfile.write(b'{"error": "unknown template"}' if is_refused else b"{}")

        do_PUT = do_POST

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield platform
    server.shutdown()
    server.server_close()


def publish_night(home: Path, night: date, count_sends: int) -> None:
    connection = duckdb.connect()
    connection.sql("create schema activation")
    connection.sql(
        f"""create table activation.email_sends as
        select '{night}-m' || i as decision_id, 'c' || i as contact_id, 'o"neil' || i || '@example.com' as email,
            'email_case_study' as action_id, 'results' as content_variant_id,
            '{{"subject": "question", "body": "results"}}' as content,
            cast('{night} 15:00:00' as timestamp) as send_at, cast(null as varchar) as recipient_time_zone,
            'express' as consent_basis, 'form' as consent_source, cast(null as date) as consent_valid_until
        from range({count_sends}) as t(i)"""
    )
    connection.sql(
        f"""create table activation.crm_tasks as
        select '{night}-t0' as decision_id, 'c9' as contact_id, 'a1' as account_id, '003' as salesforce_who_id,
            '001' as salesforce_account_id, '005' as owner_id, 'Call' as subject, date '{night}' as due_on,
            cast(null as timestamp) as due_at, 'normal' as priority,
            'opened a quote' as why, 'call_discovery' as action_id, cast(null as varchar) as content,
            'approved' as approval_status"""
    )
    publish(connection, home, night, ManifestInfo("run", "p1", (), "0.1.0"))


def drt(tmp_path: Path, platform: Platform, *arguments: str) -> tuple[int, str]:
    project = tmp_path / "reverse_etl"
    if not project.exists():
        shutil.copytree(PROJECT, project)
    environment = os.environ | {
        "HOME": str(project),
        "DO_NOT_TRACK": "1",
        "NIGHTJAR_HOME": str(tmp_path / "home"),
        "EMAIL_PLATFORM_URL": platform.url + "/mail",
        "CRM_URL": platform.url + "/crm",
        "EMAIL_PLATFORM_TOKEN": "secret",
        "CRM_TOKEN": "secret",
    }
    done = subprocess.run(
        [DRT, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_a_published_set_is_sent_once(tmp_path: Path, platform: Platform) -> None:
    publish_night(tmp_path / "home", date(2026, 3, 2), count_sends=3)
    code, output = drt(tmp_path, platform, "run")
    assert code == 0, output
    methods = {(method, path) for method, path, *_ in platform.requests}
    assert methods == {("POST", "/mail/messages"), ("PUT", "/crm/tasks")}
    assert sorted(platform.taken()) == ["2026-03-02-m0", "2026-03-02-m1", "2026-03-02-m2", "2026-03-02-t0"]
    assert all(key == body["external_id"] for _, _, key, body in platform.requests)
    first = next(body for *_, body in platform.requests if body["external_id"] == "2026-03-02-m0")
    assert first["to"] == 'o"neil0@example.com' and first["send_at"] == "2026-03-02T15:00:00Z"
    assert first["content"] == {"subject": "question", "body": "results"}
    assert first["time_zone"] is None and first["consent"]["basis"] == "express"

    assert drt(tmp_path, platform, "run")[0] == 0
    assert len(platform.requests) == 4

    publish_night(tmp_path / "home", date(2026, 3, 3), count_sends=1)
    assert drt(tmp_path, platform, "run")[0] == 0
    assert sorted(platform.taken()[4:]) == ["2026-03-03-m0", "2026-03-03-t0"]


def test_a_refused_row_is_reported_kept_and_sent_again(tmp_path: Path, platform: Platform) -> None:
    publish_night(tmp_path / "home", date(2026, 3, 2), count_sends=3)
    platform.refused = {"2026-03-02-m1"}
    code, output = drt(tmp_path, platform, "run", "--output", "json")
    report = {sync["name"]: sync for sync in json.loads(output)["syncs"]}
    assert code == 1 and report["email_sends"]["rows_synced"] == 2 and report["email_sends"]["rows_failed"] == 1
    assert report["crm_tasks"]["status"] == "success"

    platform.refused = set()
    sent = len(platform.requests)
    code, output = drt(tmp_path, platform, "retry", "email_sends")
    assert code == 0, output
    assert platform.taken()[sent:] == ["2026-03-02-m1"]
