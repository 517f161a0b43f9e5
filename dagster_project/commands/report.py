"""`nightjar report`: where the newest report is."""

from pathlib import Path
from typing import Annotated

import typer

from dagster_project.commands.console import CommandError, out
from dagster_project.commands.reading import existing_home, newest_report

HomeOption = Annotated[Path | None, typer.Option("--home", help="Folder of everything a run makes.")]


def report(
    home: HomeOption = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Print the path of the newest night's report."""
    folder = existing_home(home)
    path = newest_report(folder)
    if path is None:
        raise CommandError(f"there is no report in {folder / 'reports'} yet: a night that runs to its end writes one.")
    out.print(str(path), markup=False)
    if is_opened:
        typer.launch(path.as_uri())
