"""`nightjar run`: one night on one's own files."""

import dataclasses
import os
import shlex
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.commands.console import WrongUseError, err, out, print_json
from dagster_project.commands.progress import NightProgress
from dagster_project.commands.reading import night_of
from dagster_project.settings import DEFAULT_POLICY_DIR, Settings
from dagster_project.stages import STAGES
from policy.loading import load_policy

if TYPE_CHECKING:
    from dagster_project.night_run import NightResult


def run(
    *,
    exports: Annotated[Path, typer.Option(envvar="NIGHTJAR_EXPORTS", help="Folder <source>/<object>/<files> to read.")],
    home: Annotated[Path, typer.Option(envvar="NIGHTJAR_HOME", help="Folder of everything a run makes.")],
    date: Annotated[str | None, typer.Option(help="The night, YYYY-MM-DD; today (UTC) if left out.")] = None,
    policy: Annotated[
        Path, typer.Option(envvar="NIGHTJAR_POLICY", help="Folder of the policy's YAML files.")
    ] = DEFAULT_POLICY_DIR,
    until: Annotated[str | None, typer.Option(help=f"Last stage to run: {', '.join(STAGES)}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run one night: exports in, decisions out. The same night again gives the same decisions."""
    if not exports.is_dir():
        raise WrongUseError(
            f"there is no folder {exports}. --exports names the folder that holds <source>/<object>/<files>."
        )
    if until is not None and until not in STAGES:
        raise WrongUseError(f"unknown stage {until!r}. --until takes one of: {', '.join(STAGES)}")
    if not policy.is_dir():
        raise WrongUseError(f"there is no folder {policy}. --policy names the folder of the policy's *.yml files.")
    settings = night_settings(home, exports, policy, night_of(date))
    refuse_unwritable(settings.home)
    load_policy(settings.policy)
    result = run_one_night(settings, until, is_quiet=as_json)
    if as_json:
        print_json(result_as_json(settings, result))
    else:
        print_result(settings, until, result)
    if not result.success:
        raise typer.Exit(1)


def night_settings(home: Path, exports: Path, policy: Path, run_date: date | None) -> Settings:
    """Settings of a night; what the command line doesn't name comes from the environment."""
    return dataclasses.replace(
        Settings.from_environment(),
        home=home.resolve(),
        exports=exports.resolve(),
        policy=policy.resolve(),
        run_date=run_date or datetime.now(UTC).date(),
    )


def refuse_unwritable(home: Path) -> None:
    """Make the home if it isn't there.

    Raises:
        WrongUseError: it can't be made or written to.
    """
    if home.exists() and not home.is_dir():
        raise WrongUseError(f"the home {home} is a file; --home names a folder, made when it isn't there.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise WrongUseError(
            f"the home {home} can't be written to: {os.strerror(error.errno or 0)}. --home names a folder, made when "
            "it isn't there, in which you may write."
        ) from error


def run_one_night(settings: Settings, until: str | None = None, is_quiet: bool = False) -> "NightResult":
    """Run the nightly job in this process and show its progress."""
    from dagster_project.night_run import run_night  # noqa: PLC0415 - takes seconds to import; `--help` shouldn't

    if is_quiet:
        return run_night(settings, until)
    out.print(f"[bold]Night of {settings.run_date}[/]")
    with NightProgress() as progress:
        return run_night(settings, until, progress)


def print_result(settings: Settings, until: str | None, result: "NightResult") -> None:
    """How the night went, and the next command."""
    seconds = sum(result.seconds_by_stage.values())
    for remark in result.remarks:
        out.print(f"  Note: {remark}", markup=False)
    if not result.success:
        print_failures(settings, result)
    elif result.published:
        out.print(f"Done in {seconds:.0f} s. Published: {result.published}", markup=False)
        out.print(f"Next: nightjar report --home {shlex.quote(str(settings.home))}", markup=False)
    else:
        out.print(f"Done until {until} in {seconds:.0f} s. Nothing was published.")


def print_failures(settings: Settings, result: "NightResult") -> None:
    """What failed and what that means, on standard error."""
    err.print(f"[bold red]The night of {settings.run_date} failed.[/]")
    for failure in result.failures:
        err.print(f"  {failure.stage} · {failure.asset}: {failure.message}", markup=False)
    err.print(
        "Nothing of this night was published; platforms keep the last complete set. Put right what is named above and "
        "run the same command again.",
        markup=False,
    )


def result_as_json(settings: Settings, result: "NightResult") -> dict[str, object]:
    """The result for scripts."""
    return {
        "run_date": settings.run_date,
        "success": result.success,
        "failures": [dataclasses.asdict(failure) for failure in result.failures],
        "remarks": result.remarks,
        "seconds_by_stage": result.seconds_by_stage,
        "published": result.published,
    }
