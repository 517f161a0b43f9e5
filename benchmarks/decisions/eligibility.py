"""Which action is allowed for whom: contacts × 20 actions through all gates, as a night's SQL on its warehouse.

    python -m benchmarks.decisions eligibility
    python -m benchmarks.decisions.eligibility [--contacts 1000000]

What comes before (people, consent, touches, stages, features, owners) is made up in SQL and not timed. Prints the wall
seconds of each model, wall and CPU seconds and peak memory of all, dbt's own start included, and what the gates found;
writes benchmarks/results/decisions_eligibility.json. On a machine with neighbours judge by CPU seconds.
"""

import json
import os
import subprocess
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.meter import Meter
from benchmarks.paths import write_result
from dagster_project.resources.dbt import DBT_EXECUTABLE
from dagster_project.resources.warehouse import SCHEMAS
from dagster_project.settings import DBT_PROJECT_DIR, TELEMETRY_OFF
from policy.loading import load_policy
from policy.schema import Policy

NIGHT = date(2026, 3, 2)
FACTS = (Path(__file__).parent / "eligibility_facts.sql").read_text()
MODELS = (
    "condition_matches", "contact_zones", "send_windows", "reachable_channels", "contact_pauses", "held_contacts",
    "held_actions",
    "eligible_actions",
)  # fmt: skip
CHANNELS = ("email", "email", "email", "call", "ads", "email", "email", "sms", "call", "direct_mail")
CONTACT_POLICY = {
    "roles_first_days": 7,
    "rules": [
        {"name": "ignored", "counts": "ignored", "channels": ["email"], "at_least": 3, "within_days": 30,
         "pause_days": 14, "applies_to_channels": ["email"]},
        {"name": "account_week", "per": "account", "at_least": 12, "within_days": 7},
        {"name": "group_month", "per": "buying_group", "at_least": 30, "within_days": 30},
        {"name": "after_meeting", "counts": "meeting", "within_days": 5, "pause_days": 5,
         "applies_to_channels": ["email", "sms"]},
        {"name": "after_unsubscribe", "counts": "unsubscribe", "per": "account", "within_days": 30, "pause_days": 10},
    ],
}  # fmt: skip
console = Console()


def main(contacts: int = 1_000_000) -> None:
    """Run the study and write its result."""
    console.print(f"written: {write_result('decisions_eligibility', run('', contacts))}")


def run(_peers_python: str, contacts: int = 1_000_000) -> dict[str, Any]:
    """Measure, print a table, and return what goes into the JSON. There is no peer to compare with."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_facts(home, contacts)
        _dbt(home, "parse")
        with Meter() as meter:
            _dbt(home, "run", "--select", *MODELS)
            meter.mark("all")
        use = meter.stages()["all"]
        seconds = _seconds_by_model(home)
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
            sql = "select coalesce(gate, 'allowed'), count(*) from decisioning.eligible_actions group by 1 order by 2"
            gates = dict(connection.sql(sql).fetchall())
    table = Table("model", "wall s", title=f"{contacts:,} contacts × 20 actions")
    for model, wall in seconds.items():
        table.add_row(model, f"{wall:.1f}")
    table.add_row("all models", f"{sum(seconds.values()):.1f}")
    console.print(table)
    console.print(f"with dbt's start: {use.wall_seconds:.1f} s, {use.cpu_seconds:.1f} CPU s, {use.peak_mb:,.0f} MB")
    console.print(", ".join(f"{gate} {count:,}" for gate, count in gates.items()))
    return {"contacts": contacts, "wall_seconds_by_model": seconds, "use": asdict(use), "pairs_by_gate": gates}


def make_facts(home: Path, contacts: int) -> None:
    """Write `<home>/warehouse.duckdb` with what the gates read."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        for name, frame in example_policy().tables().items():
            connection.register("frame", frame.to_arrow())
            connection.execute(f"create table raw.{name} as select * from frame")
        for statement in FACTS.format(night=NIGHT, contacts=contacts).split(";\n"):
            if statement.strip():
                connection.execute(statement)


def example_policy() -> Policy:
    """20 actions on five channels, with every kind of gate in use."""
    goals = [{"goal_id": "reply", "value_cents": 2_000}, {"goal_id": "meeting", "value_cents": 20_000}]
    sections = {"goals": goals, "actions": [_action(n) for n in range(20)], "contact_policy": CONTACT_POLICY}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.yml").write_text(json.dumps(sections))
        return load_policy(Path(folder))


def _action(number: int) -> dict[str, Any]:
    channel = CHANNELS[number % len(CHANNELS)]
    made: dict[str, Any] = {"action_id": f"{channel}_{number}", "channel": channel}
    if number % 2:
        made["who"] = f"contact_stage in ('lead', 'mql', 'sql') and count_page_view_30d >= {number % 5}"
    if number % 5 == 0:
        made["suits"] = "coalesce(days_since_touch, 180) > 2"
    if number % 4 == 0:
        made["stages"] = ["lead", "engaged", "mql", "sal"]
    if number in (6, 13, 17):
        made["opens_after"] = [{"action": "email_0", "after_days": 3}, {"outcome": "reply", "within_days": 60}]
    if number in (1, 2, 11):
        made["offer"] = "trial" if number == 1 else "discount"
    return made | ({"is_priority": True} if number == 19 else {})


def _dbt(home: Path, *arguments: str) -> None:
    folders = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR]
    written = ["--target-path", home / "target", "--log-path", home / "logs"]
    command = [DBT_EXECUTABLE, "--quiet", *arguments, *folders, *written]
    environment = os.environ | TELEMETRY_OFF | {"NIGHTJAR_HOME": str(home)}
    subprocess.run([str(word) for word in command], env=environment, check=True)


def _seconds_by_model(home: Path) -> dict[str, float]:
    results = json.loads((home / "target" / "run_results.json").read_text())["results"]
    return {each["unique_id"].rpartition(".")[2]: each["execution_time"] for each in results}


if __name__ == "__main__":
    typer.run(main)
