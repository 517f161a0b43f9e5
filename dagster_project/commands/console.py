"""How commands speak: errors as one readable paragraph, tables, JSON for scripts, progress that suits the terminal."""

import json
import sys
import traceback
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from typer import Abort, Exit
from typer.core import TyperGroup
from typer.exceptions import TyperException

from dagster_project.reporting.words import money, percent, points

WIDTH_IN_FILES = 200
out = Console(highlight=False, soft_wrap=True)
if not out.is_terminal:
    out.width = WIDTH_IN_FILES
err = Console(highlight=False, soft_wrap=True, stderr=True)


class CommandError(Exception):
    """What failed, where, and what to do next, in words for the person at the terminal."""

    exit_code = 1


class WrongUseError(CommandError):
    """The command was called in a way that can't work."""

    exit_code = 2


class PlainErrors(TyperGroup):
    """A command group whose errors are one paragraph; `--verbose`, wherever it stands, adds the traceback."""

    is_verbose = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        self.is_verbose = "--verbose" in args
        return super().parse_args(ctx, [arg for arg in args if arg != "--verbose"])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Exit, Abort, TyperException):
            raise
        except KeyboardInterrupt:
            err.print("Stopped. What was published before is unchanged; run the same command again to go on.")
            raise Exit(130) from None
        except Exception as error:
            if self.is_verbose:
                traceback.print_exc()
            err.print(f"[bold red]Error:[/] {escape(_paragraph(error))}")
            raise Exit(_exit_code(error)) from error


def _exit_code(error: Exception) -> int:
    """2 when the caller can put it right on the command line or in the environment, else 1."""
    if isinstance(error, CommandError):
        return error.exit_code
    return 2 if type(error).__name__ == "SettingsError" else 1


# Errors whose own message already says what, where and what to do.
SPEAKING = ("PolicyError", "SettingsError", "LedgerError", "PublishError", "NightLockedError", "RegistryError")


def _paragraph(error: Exception) -> str:
    if isinstance(error, CommandError) or type(error).__name__ in SPEAKING:
        return str(error)
    return (
        f"{type(error).__name__}: {error}\nNightjar didn't expect this. `nightjar doctor` checks the set-up; the same "
        "command with --verbose shows where it happened."
    )


def print_json(content: object) -> None:
    """One JSON document on standard output; dates as ISO text."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, default=_as_json) + "\n")


def _as_json(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def print_frame(title: str, frame: pl.DataFrame, columns: Sequence[str] | None = None, empty: str = "none") -> None:
    """A titled table of the frame, one line per row; `empty` says what it means that there are no rows.

    A table wider than the terminal becomes one paragraph per row, without what is null.
    """
    out.print(f"\n[bold]{escape(title)}[/]")
    if frame.is_empty():
        out.print(f"  [dim]{escape(empty)}[/]")
        return
    shown = frame.select(columns) if columns else frame
    table = _table(shown)
    if Measurement.get(out, out.options.update(max_width=10_000), table).maximum <= out.width:
        out.print(table)
        return
    for head, *values in shown.iter_rows():
        named = zip(shown.columns[1:], values, strict=True)
        told = ", ".join(f"{header_of(name)} {cell_of(name, value)}" for name, value in named if value is not None)
        out.print(f"  [bold]{escape(text_of(head))}[/]: {escape(told)}")


def _table(frame: pl.DataFrame) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(" ", width=1)
    for name, kind in frame.schema.items():
        table.add_column(header_of(name), justify="right" if kind.is_numeric() else "left", no_wrap=True)
    for row in frame.iter_rows():
        table.add_row("", *(escape(cell_of(name, value)) for name, value in zip(frame.columns, row, strict=True)))
    return table


def header_of(name: str) -> str:
    """A column's name as a heading. Its unit is said by the cells."""
    return name.removesuffix("_cents").replace("_", " ")


def cell_of(name: str, value: object) -> str:
    """A cell in the unit that its column's name says: cents as dollars, probabilities in percent, effects in points."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if name.endswith("_cents"):
            return money(value)
        if name.endswith(("propensity", "probability")):
            return percent(value, 2 if name.endswith("propensity") else 0)
        if name.endswith(("uplift", "uplift_standard_error")):
            return points(value).removeprefix("+" if name.endswith("error") else "")
    return text_of(value)


def text_of(value: object) -> str:
    """A cell as people read it: `–` for null, thousands separated, lists joined."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return ", ".join(map(str, value)) if isinstance(value, list | pl.Series) else str(value)
