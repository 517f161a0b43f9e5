"""`nightjar policy`: is it right, what does it change, what would it have done, and its schema and reference page."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from dagster_project.commands.console import WrongUseError, out, print_json
from dagster_project.commands.reading import existing_home, open_warehouse
from dagster_project.commands.simulate import simulate
from dagster_project.settings import DEFAULT_POLICY_DIR, PROJECT_ROOT
from policy.agreement import find_warnings
from policy.difference import policy_difference
from policy.documentation import SCHEMA_FILE, json_schema, reference_page
from policy.loading import PolicyError, load_policy
from policy.schema import Policy

app = typer.Typer(help="The business as YAML: check it, compare it, document it.", no_args_is_help=True)

PolicyOption = Annotated[
    Path, typer.Option("--policy", envvar="NIGHTJAR_POLICY", help="Folder of the policy's YAML files.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(policy: PolicyOption = DEFAULT_POLICY_DIR, as_json: JsonOption = False) -> None:
    """Check a policy: every mistake with file and line, and what is possible but unwise."""
    try:
        loaded = load_policy(policy)
    except PolicyError as error:
        if not as_json:
            raise
        print_json({"is_right": False, "version": None, "problems": error.problems, "warnings": []})
        raise typer.Exit(1) from error
    warnings = find_warnings(loaded)
    if as_json:
        print_json({"is_right": True, "version": loaded.version, "problems": [], "warnings": warnings})
        return
    out.print(f"The policy in {policy} is right (version {loaded.version}): {_size(loaded)}.", markup=False)
    for warning in warnings:
        out.print(f"  note: {warning}", markup=False)


@app.command()
def diff(
    policy: PolicyOption = DEFAULT_POLICY_DIR,
    against: Annotated[Path | None, typer.Option(help="Another policy's folder.")] = None,
    home: Annotated[Path | None, typer.Option(help="A home: compare with the policy of its last night.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a policy changes, setting by setting, against another folder or the last night of a home."""
    if (against is None) == (home is None):
        raise WrongUseError("say what to compare with: either --against DIR (a policy) or --home DIR (its last night)")
    before = load_policy(against).tables() if against else _tables_of_last_night(existing_home(home))
    lines = policy_difference(before, load_policy(policy).tables())
    if as_json:
        print_json(lines)
        return
    out.print("\n".join(lines) or "No difference.", markup=False)


app.command()(simulate)


@app.command()
def schema() -> None:
    """Rewrite policy/policy.schema.json from the types."""
    _write(DEFAULT_POLICY_DIR / SCHEMA_FILE, json_schema())


@app.command()
def docs() -> None:
    """Rewrite docs/policy.md from the types."""
    _write(PROJECT_ROOT / "docs" / "policy.md", reference_page())


def _size(policy: Policy) -> str:
    return f"{len(policy.goals)} goals, {len(policy.actions)} actions, {len(policy.channels)} channels"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    out.print(f"Wrote {path}", markup=False)


def _tables_of_last_night(home: Path) -> dict[str, pl.DataFrame]:
    with open_warehouse(home) as warehouse:
        names = warehouse.rows(
            "select table_name from information_schema.tables "
            "where table_schema = 'raw' and starts_with(table_name, 'policy_')"
        )
        return {name: warehouse.rows(f"select * from raw.{name}") for name in names.to_series()}
