"""Reads a home: its warehouse (read-only, never while a night writes), its published set, its newest report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.commands.console import CommandError, WrongUseError
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Section:
    """One part of what a command shows: the tables it needs, its query, and what it means that there are no rows."""

    name: str
    title: str
    tables: tuple[str, ...]
    sql: str
    empty: str


@dataclass(frozen=True)
class WarehouseReader:
    """Queries on an open warehouse. A table that no night has made yet reads as no rows."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str, **parameters: object) -> pl.DataFrame:
        """The result of a query; parameters are named, `$name` in the text."""
        return self.connection.sql(sql, params=parameters or None).pl()

    def rows_if(self, tables: tuple[str, ...], sql: str, **parameters: object) -> pl.DataFrame:
        """The result, or an empty frame when one of the tables (`schema.name`) isn't there yet."""
        return self.rows(sql, **parameters) if all(self.has(table) for table in tables) else pl.DataFrame()

    def section(self, section: Section, **parameters: object) -> pl.DataFrame:
        return self.rows_if(section.tables, section.sql, **parameters)

    def has(self, table: str) -> bool:
        schema, _, name = table.partition(".")
        sql = "select 1 from information_schema.tables where table_schema = $schema and table_name = $name"
        return not self.rows(sql, schema=schema, name=name).is_empty()


def existing_home(home: Path | None) -> Path:
    """The home that the option or the environment names.

    Raises:
        WrongUseError: there is no such folder.
    """
    folder = (home or Settings.from_environment().home).resolve()
    if not folder.is_dir():
        raise WrongUseError(
            f"there is no home {folder}. Name the folder of your runs with --home DIR (or NIGHTJAR_HOME), or make one: "
            f"nightjar run --exports DIR --home {folder}"
        )
    return folder


@contextmanager
def open_warehouse(home: Path) -> Iterator[WarehouseReader]:
    """The warehouse of a home, read-only.

    Raises:
        CommandError: it isn't there yet, a night is writing to it, or it can't be read.
    """
    path = home / "warehouse.duckdb"
    if not path.exists():
        raise CommandError(f"no night has run in {home} yet. Run one: nightjar run --exports DIR --home {home}")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise CommandError(
                f"a night is writing to {path} just now, and DuckDB lets no one else read meanwhile. Try again when it "
                f"has ended; what was published stays readable in {home / 'published' / 'latest'}."
            ) from error
        raise CommandError(
            f"{path} can't be read: {error}. The warehouse is derived: delete it and run the last night again."
        ) from error
    try:
        connection.sql("set timezone = 'UTC'")
        yield WarehouseReader(connection)
    finally:
        connection.close()


def latest_published(home: Path) -> Path | None:
    """The folder of the newest published set, or None before the first."""
    link = home / "published" / "latest"
    return link.resolve() if link.exists() else None


def newest_report(home: Path) -> Path | None:
    """The report of the newest night, or None before the first."""
    return max((home / "reports").glob("*.html"), key=lambda path: path.name, default=None)


def night_of(text: str | None) -> date | None:
    """A date given on the command line.

    Raises:
        WrongUseError: it isn't `YYYY-MM-DD`.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongUseError(f"--date must be a day like 2026-03-02 (got {text!r})") from None
