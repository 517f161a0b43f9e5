"""The command line keeps its exit codes and says in one paragraph what failed, where, and what to do next."""

import fcntl
import json
import os
import sys
import types
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dagster_project import cli, night_run
from dagster_project.commands import console, doctor
from dagster_project.commands.demo import MARKER
from dagster_project.commands.nights import last_nights
from dagster_project.night_run import NightResult, Progress, StageFailure
from dagster_project.publishing import ManifestInfo, publish
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.settings import DEFAULT_POLICY_DIR, Settings
from dagster_project.stages import STAGES
from policy.loading import load_policy

NIGHT = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test, and lines are long enough for a table."""
    for name in [name for name in os.environ if name.startswith("NIGHTJAR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(console.out, "_width", 200)
    monkeypatch.setattr(console.err, "_width", 200)


def nightjar(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def assert_plain(result: Result, exit_code: int) -> None:
    """The exit code is as said, and the error is words, not a traceback."""
    assert result.exit_code == exit_code, result.output
    assert "Traceback" not in result.output


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a hand-made warehouse: Ada has two records and an e-mail tonight, Bo has objected to calls."""
    folder = tmp_path / "home"
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for statement in WAREHOUSE.split(";"):
            if statement.strip():
                connection.sql(statement)
        for name, frame in load_policy(DEFAULT_POLICY_DIR).tables().items():
            connection.register("frame", frame.to_arrow())
            connection.sql(f"create table raw.{name} as select * from frame")
    return folder


WAREHOUSE = """
create schema raw; create schema identity; create schema core; create schema lifecycle; create schema decisioning;
create table raw.night as select date '2026-03-03' as run_date;
create table raw.salesforce__contact as select 'S1' as id;
create table raw.billing__invoice (id varchar);
create table raw.rejected_rows as
    select 'salesforce' as source, 'contact' as object, 'impossible date' as reason;
create table raw.automation__rule as
    select 'R1' as rule_id, 'Old nurture' as name, 'email' as action, 'email' as channel, true as is_active,
           false as _is_deleted;
create table raw.automation__rule_fire as
    select 'R1' as rule_id, email, cast(fired_at as timestamp) as fired_at, false as _is_deleted from (values
        ('Ada@acme.com ', '2026-02-20'), ('ada@acme.com', '2026-02-25'), ('bo@acme.com', '2026-02-25'),
        ('ada@acme.com', '2025-12-01')) as fires(email, fired_at);
create table core.contacts as
    select contact_id, 'A1' as account_id, first_name, 'Smith' as last_name, email, 'CTO' as title,
           'c_level' as job_level,
           'it' as job_function, 'US' as country_code, null as time_zone, 'O1' as owner_id, false as has_objected
    from (values ('C1', 'Ada', 'ada@acme.com'), ('C2', 'Bo', 'bo@acme.com')) as people(contact_id, first_name, email);
create table core.accounts as select 'A1' as account_id, 'Acme' as name;
create table core.outcomes as
    select 'C1' as contact_id, 'reply' as outcome, timestamp '2026-02-26' as occurred_at;
create table core.consent as
    select 'C1' as contact_id, 'email' as channel, 'express' as basis, true as is_contactable,
           timestamp '2026-01-01' as valid_from, null as valid_until, 'webform' as source, 'ip' as evidence;
create table core.suppressions as
    select 'C2' as contact_id, 'phone' as channel, 'objection' as reason, timestamp '2026-01-01' as suppressed_at;
create table identity.emails as select contact_id, email as email_normalised, true as is_primary from core.contacts
    union all select 'C1', 'ada@home.org', false
    union all select 'C1', 'shared@acme.com', false union all select 'C2', 'shared@acme.com', false;
create table identity.contact_merges as select 'C0' as old_contact_id, 'C1' as contact_id;
create table identity.contact_id_map as
    select * from (values ('salesforce', 'contact', 'S1', 'C1', 'A1', 'anchor', 1.0),
        ('hubspot', 'contact', 'H1', 'C1', 'A1', 'same_email', 1.0),
        ('hubspot', 'contact', 'H2', 'C2', 'A1', 'anchor', 1.0))
    as records(source, object, source_id, contact_id, account_id, match_rule, match_score);
create table identity.edges as
    select 'hubspot|contact|H1' as left_record, 'salesforce|contact|S1' as right_record, 'same_email' as match_rule,
           0.98 as match_score, false as is_fact, 'ada@acme.com' as evidence, false as is_cut, null as cut_reason;
create table lifecycle.contact_stages as
    select 'C1' as contact_id, 'mql' as stage, timestamp '2026-02-01' as entered_at, null::timestamp as left_at;
create table decisioning.eligible_actions as
    select 'C1' as contact_id, action_id, gate is null as is_eligible, gate, detail from (values
        ('email_case_study', null, null), ('call_discovery', 'consent', 'no consent for phone'))
    as a(action_id, gate, detail);
create table decisioning.action_scores as
    select 'C1' as contact_id, 'email_case_study' as action_id, 'reply' as goal_id, 0.05 as propensity, 0.004 as uplift,
           0.001 as uplift_standard_error, 28.0 as expected_value_cents, 1.6 as response_ratio,
           'prior' as evidence, 'none' as model_version;
create schema measurement;
create table measurement.lift as
    select 'reply' as metric, 'model' as arm, 'holdout' as reference_arm, 70 as n, 10 as reference_n, 0.2 as mean,
           0.1 as reference_mean, 0.1 as difference, 0.02 as low, 0.18 as high, 'better' as verdict;
create table decisioning.contact_scores as
    select 'C1' as contact_id, 'reply' as goal_id, 0.05 as propensity, 2000.0 as value_cents, true as is_prior,
           'none' as model_version;
create table decisioning.next_best_action as
    select 'D1' as decision_id, date '2026-03-03' as run_date, 'C1' as contact_id, 'model' as arm,
           'email_case_study' as action_id, 0.93 as action_probability, 'call_discovery' as runner_up_action_id,
           28.0 as expected_value, ['highest_value', 'prior'] as reason_codes;
create table decisioning.decision_log as
    select run_date, contact_id, arm, action_id, action_probability, 28.0 as expected_value,
           'not_needed' as approval_status, null as no_action_gate, 'none' as model_version
    from decisioning.next_best_action
"""


class TestRun:
    @pytest.fixture
    def exports(self, tmp_path: Path) -> Path:
        (tmp_path / "exports").mkdir()
        return tmp_path / "exports"

    @pytest.fixture
    def night(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
        """Takes the place of the real night: remembers what it was asked for and answers with `result`."""
        seen: dict[str, object] = {"result": NightResult(success=True, seconds_by_stage={"raw": 1.0})}

        def run_night(
            settings: Settings, until: str | None = None, on_progress: Callable[[Progress], None] = lambda _: None
        ) -> object:
            seen.update(settings=settings, until=until)
            on_progress(Progress("raw", "raw/night", 0.5, is_last=False))
            on_progress(Progress("raw", "raw/files", 0.5, is_last=True))
            return seen["result"]

        monkeypatch.setattr(night_run, "run_night", run_night)
        return seen

    def test_a_night_is_run_and_its_stages_are_shown(
        self, exports: Path, tmp_path: Path, night: dict[str, object]
    ) -> None:
        result = nightjar(
            "run", "--exports", exports, "--home", tmp_path / "h", "--date", "2026-03-03", "--until", "raw"
        )
        assert_plain(result, 0)
        settings = night["settings"]
        assert isinstance(settings, Settings)
        assert (settings.exports, settings.home, settings.run_date) == (exports, tmp_path / "h", NIGHT)
        assert night["until"] == "raw"
        assert "raw             1.0 s   2 tables" in result.output

    def test_a_failed_night_exits_with_1_and_names_what_failed(
        self, exports: Path, tmp_path: Path, night: dict[str, object]
    ) -> None:
        failure = StageFailure("activation", "activation/email_sends", "check no_suppressed_contact_is_sent failed")
        night["result"] = NightResult(success=False, failures=[failure])
        result = nightjar("run", "--exports", exports, "--home", tmp_path)
        assert_plain(result, 1)
        assert "activation · activation/email_sends: check no_suppressed_contact_is_sent failed" in result.output
        assert "keep the last complete set" in result.output

    def test_what_was_not_read_is_said(self, exports: Path, tmp_path: Path, night: dict[str, object]) -> None:
        remark = "salesforce/contacts/: unknown, its 1 file not read"
        night["result"] = NightResult(success=True, published=tmp_path / "a b", remarks=[remark])
        result = nightjar("run", "--exports", exports, "--home", tmp_path / "a b")
        assert_plain(result, 0)
        assert f"Note: {remark}" in result.output
        assert f"nightjar report --home '{tmp_path / 'a b'}'" in result.output

    def test_json_is_one_document(self, exports: Path, tmp_path: Path, night: dict[str, object]) -> None:
        night["result"] = NightResult(success=False, failures=[StageFailure("raw", "raw/night", "no disk")])
        result = nightjar("run", "--exports", exports, "--home", tmp_path, "--date", "2026-03-03", "--json")
        assert_plain(result, 1)
        said = json.loads(result.stdout)
        assert (said["success"], said["run_date"]) == (False, "2026-03-03")
        assert said["failures"] == [{"stage": "raw", "asset": "raw/night", "message": "no disk"}]

    def test_wrong_use_exits_with_2(self, exports: Path, tmp_path: Path, night: dict[str, object]) -> None:
        (tmp_path / "file").touch()
        right = ("run", "--exports", exports, "--home", tmp_path)
        for wrong, words in (
            (("run", "--home", tmp_path), "--exports"),
            (("run", "--exports", tmp_path / "nowhere", "--home", tmp_path), "there is no folder"),
            ((*right, "--until", "scoring"), "one of: raw, staging"),
            ((*right, "--date", "03.03.2026"), "like 2026-03-02"),
            ((*right, "--no-such-option"), "--no-such-option"),
            ((*right, "--policy", tmp_path / "nowhere"), "--policy names the folder"),
            (("run", "--exports", exports, "--home", tmp_path / "file"), "is a file"),
            (("run", "--exports", exports, "--home", tmp_path / "file" / "home"), "can't be written to"),
        ):
            result = nightjar(*wrong)
            assert_plain(result, 2)
            assert words in result.output
        assert "settings" not in night

    def test_an_unknown_setting_in_the_environment_is_named(
        self, exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NIGHTJAR_TREADS", "2")
        result = nightjar("run", "--exports", exports, "--home", tmp_path)
        assert_plain(result, 2)
        assert "NIGHTJAR_TREADS" in result.output

    def test_a_wrong_policy_stops_before_the_night(
        self, exports: Path, tmp_path: Path, night: dict[str, object]
    ) -> None:
        (tmp_path / "goals.yml").write_text("goals:\n  - goal_id: Reply\n")
        result = nightjar("run", "--exports", exports, "--home", tmp_path, "--policy", tmp_path)
        assert_plain(result, 1)
        assert "goals.yml:2: goals[0].goal_id: must be lower-case" in result.output
        assert "settings" not in night

    def test_a_fault_of_ours_is_a_paragraph_unless_verbose(
        self, exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def run_night(*_: object) -> None:
            raise ZeroDivisionError("nobody thought of this")

        monkeypatch.setattr(night_run, "run_night", run_night)
        arguments = ("run", "--exports", exports, "--home", tmp_path)
        result = nightjar(*arguments)
        assert_plain(result, 1)
        assert "ZeroDivisionError: nobody thought of this" in result.output
        assert "nightjar doctor" in result.output
        assert "Traceback" in nightjar(*arguments, "--verbose").output


def test_an_error_of_dbt_is_told_without_its_colours_and_its_progress() -> None:
    message = (
        "the dbt command line\nErrors parsed from dbt logs:\n\n82 of 113 ERROR creating core.contacts [\x1b[31mERROR"
        "\x1b[0m in 0.8s]\n\n\x1b[31mFailure in model contacts\x1b[0m\n\n  Constraint Error: NOT NULL"
    )
    assert night_run._without_command(message) == "Failure in model contacts\n  Constraint Error: NOT NULL"


class TestExplain:
    @pytest.mark.parametrize("word", ["C1", "ada@acme.com", " ADA@home.org", "C0"])
    def test_a_contact_is_found_by_id_by_any_address_and_by_a_merged_id(self, home: Path, word: str) -> None:
        result = nightjar("explain", word, "--home", home)
        assert_plain(result, 0)
        for expected in (
            "ada@acme.com",
            "mql",
            "same_email",
            "express",
            "email_case_study",
            "no consent for phone",
            "93 %",
        ):
            assert expected in result.output

    def test_json_has_each_part(self, home: Path) -> None:
        said = json.loads(nightjar("explain", "C1", "--home", home, "--json").stdout)
        assert said["decision"][0]["reason_codes"] == ["highest_value", "prior"]
        assert [row["source_id"] for row in said["records"]] == ["H1", "S1"]
        gates = {row["action_id"]: row["gate"] for row in said["actions"]}
        assert gates == {"email_case_study": None, "call_discovery": "consent"}
        assert said["history"][0]["run_date"] == "2026-03-03"

    def test_what_is_missing_is_said(self, home: Path) -> None:
        result = nightjar("explain", "C2", "--home", home)
        assert_plain(result, 0)
        assert "none recorded: no contact on any channel" in result.output
        assert "no decision tonight" in result.output
        assert "objection" in result.output

    def test_nobody_and_several_are_told_apart(self, home: Path) -> None:
        nobody = nightjar("explain", "nobody@acme.com", "--home", home)
        assert_plain(nobody, 1)
        assert "no contact 'nobody@acme.com'" in nobody.output
        several = nightjar("explain", "shared@acme.com", "--home", home)
        assert_plain(several, 1)
        assert "several contacts: C1, C2" in several.output

    def test_a_table_that_is_not_made_yet_is_no_error(self, home: Path) -> None:
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.sql("drop schema decisioning cascade")
        result = nightjar("explain", "C1", "--home", home)
        assert_plain(result, 0)
        assert "no decision tonight" in result.output

    def test_a_running_night_is_named(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def connect(*_: object, **__: object) -> None:
            raise duckdb.IOException("Could not set lock on file")

        monkeypatch.setattr(duckdb, "connect", connect)
        result = nightjar("explain", "C1", "--home", home)
        assert_plain(result, 1)
        assert "a night is writing to" in result.output
        assert "published/latest" in result.output

    def test_a_home_without_nights_and_no_home_are_told_apart(self, tmp_path: Path) -> None:
        before = nightjar("explain", "C1", "--home", tmp_path)
        assert_plain(before, 1)
        assert "nightjar run --exports DIR" in before.output
        assert_plain(nightjar("explain", "C1", "--home", tmp_path / "nowhere"), 2)


class TestStatusAndReport:
    def test_status_says_what_is_published_rejected_and_missing(self, home: Path) -> None:
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.sql("create schema activation")
            connection.sql("create table activation.email_sends as select 'D1' as decision_id")
            publish(connection, home, NIGHT, ManifestInfo("run", "policy", ("model",), "code"))
        result = nightjar("status", "--home", home)
        assert_plain(result, 0)
        for expected in ("email_sends", "impossible date", "email_case_study", "billing/invoice"):
            assert expected in result.output
        said = json.loads(nightjar("status", "--home", home, "--json").stdout)
        assert said["published"]["rows"] == {"email_sends": 1}
        assert said["missing"] == ["billing/invoice"]
        assert said["rejected"] == [{"object": "salesforce/contact", "rejected": 1, "for_example": "impossible date"}]
        assert said["nights"] == []

    def test_status_of_a_home_without_nights_says_how_to_run_one(self, tmp_path: Path) -> None:
        result = nightjar("status", "--home", tmp_path)
        assert_plain(result, 0)
        assert "nightjar run --exports DIR" in result.output

    def test_nights_come_from_the_dagster_instance(self, home: Path) -> None:
        (home / "dagster").mkdir()
        (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")

        @dg.asset(key=["core", "contacts"])
        def contacts() -> None: ...

        @dg.asset(key=["decisioning", "next_best_action"], deps=[contacts])
        def next_best_action(context: dg.AssetExecutionContext) -> None:
            if context.run.tags["nightjar/run_date"] == "2026-03-03":
                raise ValueError("no disk")

        job = dg.Definitions(
            assets=[contacts, next_best_action], jobs=[dg.define_asset_job("nightly")]
        ).resolve_job_def("nightly")
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            for night in ("2026-03-03", "2026-03-04"):
                job.execute_in_process(instance=instance, raise_on_error=False, tags={"nightjar/run_date": night})
        newest, oldest = last_nights(home, 5)
        assert (newest.run_date, newest.result, oldest.run_date, oldest.result) == (
            "2026-03-04", "done", "2026-03-03", "failed",
        )  # fmt: skip
        assert list(newest.seconds_by_stage) == ["identity", "decisions"]
        assert len(last_nights(home, 1)) == 1

    def test_a_night_from_the_page_has_its_date_in_the_configuration(self, home: Path) -> None:
        (home / "dagster").mkdir()
        (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")

        @dg.asset
        def contacts() -> None: ...

        @dg.asset(deps=[contacts])
        def scores(night: Night) -> None: ...

        job = dg.Definitions(
            assets=[contacts, scores],
            jobs=[dg.define_asset_job("nightly")],
            resources={"night": Night(home="h", exports="e", policy="p")},
        ).resolve_job_def("nightly")
        config = {"home": "h", "exports": "e", "policy": "p", "run_date": "2026-03-05"}
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            job.execute_in_process(instance=instance, run_config={"resources": {"night": {"config": config}}})
            job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("contacts")])
        part, whole = last_nights(home, 2)
        assert (whole.run_date, whole.result) == ("2026-03-05", "done")
        assert (part.run_date, part.result) == (None, "done in part")

    def test_report_prints_the_newest(self, home: Path) -> None:
        assert_plain(nightjar("report", "--home", home), 1)
        (home / "reports").mkdir()
        for night in ("2026-03-02", "2026-03-03"):
            (home / "reports" / f"{night}.html").write_text("")
        result = nightjar("report", "--home", home)
        assert result.output.strip() == str(home / "reports" / "2026-03-03.html")


class TestApprove:
    @pytest.fixture
    def ledger(self, home: Path) -> Ledger:
        ledger = Ledger(home=str(home))
        frame = pl.DataFrame(
            {
                "decision_id": ["D1", "D2", "D3"],
                "run_date": [NIGHT] * 3,
                "contact_id": ["C1", "C2", "C3"],
                "action_id": ["executive_touch", "executive_touch", "email_case_study"],
                "approval_status": ["pending", "pending", "not_needed"],
                "autonomy_mode": ["assisted", "supervised", "autonomous"],
                "review_reasons": [None, ["guardrail few: worth less than $5", "review rule board"], None],
            }
        )
        ledger.append("decisions", NIGHT, frame)
        return ledger

    def test_what_waits_is_listed(self, home: Path, ledger: Ledger) -> None:
        waiting = json.loads(nightjar("approve", "--home", home, "--json").stdout)
        assert [row["decision_id"] for row in waiting] == ["D1", "D2"]
        told = nightjar("approve", "--home", home).output
        assert "the action is assisted" in told
        assert "guardrail few: worth less than $5; review rule board" in told

    def test_verdicts_are_kept_and_no_longer_wait(self, home: Path, ledger: Ledger) -> None:
        assert_plain(nightjar("approve", "D1", "--home", home, "--by", "ada"), 0)
        assert_plain(nightjar("approve", "D2", "--reject", "--home", home, "--by", "bo"), 0)
        verdicts = ledger.read("approvals")
        assert verdicts is not None
        assert verdicts.select("decision_id", "verdict", "decided_by").rows() == [
            ("D1", "approved", "ada"),
            ("D2", "rejected", "bo"),
        ]
        assert "nothing waits" in nightjar("approve", "--home", home).output

    def test_an_unknown_decision_records_nothing(self, home: Path, ledger: Ledger) -> None:
        result = nightjar("approve", "D1", "D3", "--home", home)
        assert_plain(result, 1)
        assert "D3" in result.output
        assert ledger.read("approvals") is None

    def test_before_the_first_night_nothing_waits(self, tmp_path: Path) -> None:
        assert "nothing waits" in nightjar("approve", "--home", tmp_path).output


class TestPolicy:
    def test_the_packaged_policy_is_right(self) -> None:
        result = nightjar("policy", "check", "--json")
        assert_plain(result, 0)
        assert json.loads(result.stdout)["is_right"] is True

    def test_mistakes_are_told_for_people_and_for_scripts(self, tmp_path: Path) -> None:
        (tmp_path / "limits.yml").write_text("limits:\n  reject_limit: 5\n")
        for name in ("goals", "actions", "channels"):
            (tmp_path / f"{name}.yml").write_text((DEFAULT_POLICY_DIR / f"{name}.yml").read_text())
        expected = "limits.yml:2: limits.reject_limit: must be ≤ 1 (got 5)"
        result = nightjar("policy", "check", "--policy", tmp_path)
        assert_plain(result, 1)
        assert expected in result.output
        as_json = nightjar("policy", "check", "--policy", tmp_path, "--json")
        assert as_json.exit_code == 1
        assert json.loads(as_json.stdout)["problems"] == [expected]

    def test_the_difference_to_the_last_night_is_shown(self, home: Path, tmp_path: Path) -> None:
        assert "No difference." in nightjar("policy", "diff", "--home", home).output
        changed = tmp_path / "policy"
        changed.mkdir()
        for path in DEFAULT_POLICY_DIR.glob("*.yml"):
            (changed / path.name).write_text(path.read_text().replace("horizon_days: 90", "horizon_days: 60"))
        result = nightjar("policy", "diff", "--policy", changed, "--home", home)
        assert result.output == "~ goals.win.horizon_days: 90 → 60\n"
        assert nightjar("policy", "diff", "--policy", changed, "--against", DEFAULT_POLICY_DIR).output == result.output
        assert_plain(nightjar("policy", "diff"), 2)


def test_rules_are_audited_and_the_caveat_is_said(home: Path) -> None:
    result = nightjar("rules", "audit", "--home", home)
    assert_plain(result, 0)
    assert "isn't causal" in result.output
    (rule,) = json.loads(nightjar("rules", "audit", "--home", home, "--json").stdout)
    assert (rule["fires_30_days"], rule["recipients"], rule["replied_within_7_days"]) == (3, 2, 1)
    assert rule["last_fired_at"] == "2026-02-25T00:00:00"


class TestDoctor:
    @pytest.fixture(autouse=True)
    def parsed_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """dbt's parse takes seconds and has tests of its own."""
        monkeypatch.setattr(doctor, "dbt_parses", lambda: doctor.Finding("dbt", True, "parses"))

    def test_a_fit_machine_exits_with_0(self, tmp_path: Path) -> None:
        result = nightjar("doctor", "--home", tmp_path / "new", "--json")
        assert_plain(result, 0)
        said = json.loads(result.stdout)
        assert said["is_fit"] is True
        assert [finding["check"] for finding in said["findings"]] == [
            "python", "libraries", "home", "disk", "telemetry", "lock", "policy", "dbt",
        ]  # fmt: skip
        assert not (tmp_path / "new").exists()

    def test_each_problem_says_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "dagster").mkdir()
        (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: true\n")
        (tmp_path / "policy.yml").write_text("goal: []\n")
        monkeypatch.setattr(doctor, "MINIMUM_FREE_GB", 10**9)
        monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda _: ["duckdb>=99", "nonesuch>=1"])
        with (tmp_path / "night.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            result = nightjar("doctor", "--home", tmp_path, "--policy", tmp_path, "--json")
        assert_plain(result, 1)
        problems = {f["check"]: f for f in json.loads(result.stdout)["findings"] if not f["is_fit"]}
        assert set(problems) == {"libraries", "disk", "telemetry", "lock", "policy"}
        assert all(finding["remedy"] for finding in problems.values())
        assert "nonesuch is missing" in problems["libraries"]["detail"]
        assert "did you mean 'goals'?" in problems["policy"]["detail"]


class TestDemo:
    @pytest.fixture
    def market(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> list[object]:
        """Takes the place of market and night: notes what was asked for, in order."""
        asked: list[object] = []
        warehouse = (home / "warehouse.duckdb").read_bytes()

        def run_night(settings: Settings, until: str | None, on_progress: Callable[[Progress], None]) -> NightResult:
            (settings.home / "warehouse.duckdb").write_bytes(warehouse)
            asked.append(("night", settings.run_date))
            return NightResult(success=True)

        market, answers = types.ModuleType("sandbox.market"), types.ModuleType("sandbox.answers")
        market.create_market = lambda *arguments: asked.append(arguments)  # type: ignore[attr-defined]
        answers.answer_night = lambda *arguments: asked.append(("answer", arguments[2]))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "sandbox.market", market)
        monkeypatch.setitem(sys.modules, "sandbox.answers", answers)
        monkeypatch.setattr(night_run, "run_night", run_night)
        return asked

    def test_nights_and_answers_alternate_and_the_end_says_where_to_look(
        self, tmp_path: Path, market: list[object]
    ) -> None:
        folder = tmp_path / "demo"
        result = nightjar("demo", "--contacts", 60, "--nights", 2, "--home", folder)
        assert_plain(result, 0)
        first, second = date(2026, 3, 2), date(2026, 3, 3)
        assert market == [
            (folder / "exports", 60, first, 7), ("night", first), ("answer", first),
            ("night", second), ("answer", second),
        ]  # fmt: skip
        for expected in (
            "source records",
            "email_case_study",
            "better",
            "make dagster DEMO_HOME=",
            "mlflow ui",
            "published/latest",
        ):
            assert expected in result.output

    def test_only_a_demo_is_replaced(self, tmp_path: Path, market: list[object]) -> None:
        folder = tmp_path / "demo"
        folder.mkdir()
        (folder / "precious.txt").write_text("")
        result = nightjar("demo", "--nights", 1, "--home", folder)
        assert_plain(result, 2)
        assert MARKER in result.output
        assert (folder / "precious.txt").exists()
        (folder / MARKER).write_text("")
        assert_plain(nightjar("demo", "--nights", 1, "--home", folder), 0)
        assert not (folder / "precious.txt").exists()

    def test_numbers_that_make_no_sense_exit_with_2(self, market: list[object]) -> None:
        assert_plain(nightjar("demo", "--nights", 0), 2)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("expected_value_cents", 53159.0, "$532"),
        ("mean_propensity", 0.0128, "1.28 %"),
        ("uplift", -0.002, "−0.20 pp"),
        ("uplift_standard_error", 0.002, "0.20 pp"),
        ("rows", 12345, "12,345"),
        ("is_active", True, "yes"),
        ("uplift", None, "–"),
    ],
)
def test_a_cell_is_in_the_unit_of_its_column(name: str, value: object, shown: str) -> None:
    assert console.cell_of(name, value) == shown


def test_every_command_has_help() -> None:
    for words in (
        ["run"],
        ["demo"],
        ["status"],
        ["report"],
        ["explain"],
        ["approve"],
        ["doctor"],
        ["policy"],
        ["rules"],
    ):
        result = nightjar(*words, "--help")
        assert_plain(result, 0)
    assert all(stage in nightjar("run", "--help").output for stage in STAGES[:3])
