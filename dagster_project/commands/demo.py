"""`nightjar demo`: a simulated company, some nights in a closed loop, and what came out."""

import shlex
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.commands.console import CommandError, WrongUseError, out
from dagster_project.commands.reading import WarehouseReader, newest_report, open_warehouse
from dagster_project.commands.run import night_settings, print_failures, run_one_night
from dagster_project.commands.summary import print_summary
from dagster_project.settings import DEFAULT_POLICY_DIR, PROJECT_ROOT, Settings
from policy.loading import load_policy

MARKER = ".nightjar-demo"
START = date(2026, 3, 2)


def demo(
    contacts: Annotated[int, typer.Option(min=50, help="People of the simulated market.")] = 5000,
    nights: Annotated[int, typer.Option(min=1, max=365, help="Nights to run.")] = 5,
    seed: Annotated[int, typer.Option(help="Another seed, another market; the same seed, the same one.")] = 7,
    home: Annotated[
        Path, typer.Option(help="Folder of everything the demo makes; an earlier demo there is replaced.")
    ] = Path("demo_home"),
) -> None:
    """Simulate a B2B company and run some nights in a closed loop: its people answer what was published."""
    from sandbox.market import create_market  # noqa: PLC0415 - only the demo needs the simulated market

    load_policy(DEFAULT_POLICY_DIR)
    home = home.resolve()
    make_fresh_home(home)
    exports = home / "exports"
    out.print(f"Making a market of {contacts:,} people (seed {seed}) in {exports}", markup=False)
    create_market(exports, contacts, START, seed)
    settings = [night_settings(home, exports, DEFAULT_POLICY_DIR, START + timedelta(days=n)) for n in range(nights)]
    for each in settings:
        run_and_answer(each)
    with open_warehouse(home) as warehouse:
        print_summary(warehouse, nights)
        email = _someone_acted_on(warehouse)
    print_what_next(settings[-1], email)


def make_fresh_home(home: Path) -> None:
    """An empty home with the demo's mark. Only a home that a demo made is replaced.

    Raises:
        WrongUseError: the folder holds something else.
    """
    if home.exists() and not (home.is_dir() and (not any(home.iterdir()) or (home / MARKER).exists())):
        raise WrongUseError(
            f"{home} exists and wasn't made by a demo (it has no {MARKER}), so it is left alone. Name another folder "
            "with --home DIR, or remove this one yourself."
        )
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / MARKER).write_text("Made by `nightjar demo`; the next demo on this folder replaces it.\n")


def run_and_answer(settings: Settings) -> None:
    """One night, then a day in which the simulated people act on what was published.

    Raises:
        CommandError: the night failed.
    """
    from sandbox.answers import answer_night  # noqa: PLC0415 - only the demo needs the simulated market

    out.print()
    result = run_one_night(settings)
    if not result.success:
        print_failures(settings, result)
        raise CommandError(
            f"the demo stopped in the night of {settings.run_date}. What was made until then is in {settings.home}; "
            "`nightjar doctor` checks the set-up."
        )
    assert settings.run_date is not None
    answer_night(settings.exports, settings.home, settings.run_date)
    out.print(f"  {'answers':<12} the simulated people acted on what was published")


def print_what_next(settings: Settings, email: str | None) -> None:
    """Where everything is and the commands to look at it, from this folder; `email` is a contact worth explaining."""
    home, nightjar = short_path(settings.home), short_path(Path(sys.executable).parent / "nightjar")
    report = newest_report(settings.home)
    assert settings.run_date is not None
    tomorrow = settings.run_date + timedelta(days=1)
    make = "make dagster" if settings.home == PROJECT_ROOT / "demo_home" else f"make dagster DEMO_HOME={home}"
    there = "" if Path.cwd() == PROJECT_ROOT else f"cd {shlex.quote(str(PROJECT_ROOT))} && "
    lines = (
        ("report", short_path(report) if report else "none was written"),
        (
            "tables",
            f"{short_path(settings.home / 'published' / 'latest')}/*.parquet, and all in {home}/warehouse.duckdb",
        ),
        ("one contact", f"{nightjar} explain {email or 'EMAIL'} --home {home}"),
        ("overview", f"{nightjar} status --home {home}"),
        (
            "Dagster",
            f"{there}NIGHTJAR_RUN_DATE={tomorrow} {make}   (there, launch the job nightly)",
        ),
        (
            "MLflow",
            f"{short_path(Path(sys.executable).parent / 'mlflow')} ui --backend-store-uri sqlite:///{home}/mlflow.db",
        ),
    )
    out.print("\n[bold]Where to look[/]")
    for name, text in lines:
        out.print(f"  {name:<12} {text}", markup=False)


def short_path(path: Path) -> str:
    """The path from the current folder if it is below it, as a shell takes it."""
    folder = Path.cwd()
    return shlex.quote(str(path.relative_to(folder) if path.is_relative_to(folder) else path))


def _someone_acted_on(warehouse: WarehouseReader) -> str | None:
    """The address of a contact that got the action worth most tonight."""
    found = warehouse.rows_if(
        ("decisioning.next_best_action", "core.contacts"),
        """select contacts.email from decisioning.next_best_action as decisions
           join core.contacts as contacts on contacts.contact_id = decisions.contact_id
           where decisions.action_id is not null and contacts.email is not null
           order by decisions.expected_value desc nulls last, contacts.contact_id limit 1""",
    )
    return None if found.is_empty() else str(found["email"][0])
