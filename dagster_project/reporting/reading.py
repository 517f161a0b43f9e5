"""Reads the night's report from the warehouse. Each section knows what it means that it has no rows."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import duckdb

from dagster_project.reporting import (
    contents,
    deciding_contents,
    deciding_queries,
    learning_contents,
    learning_queries,
    queries,
)
from dagster_project.reporting.contents import Row, Section
from dagster_project.reporting.query import Query


def read_report(connection: duckdb.DuckDBPyConnection, run_date: date) -> contents.Report:
    """The report of the night that the warehouse holds. A table that is missing becomes a sentence, never an error."""
    reader = _Reader(connection, run_date)
    night = reader.section(contents.Night, queries.NIGHT)
    return contents.Report(
        night=night.rows[0] if night else contents.Night(run_date, None, "unknown"),
        figures=tuple(contents.KeyFigure(q.name, reader.count(q.query), q.note) for q in queries.FIGURES),
        choices=reader.section(deciding_contents.ActionChoice, deciding_queries.CHOICES),
        no_actions=reader.section(deciding_contents.NoActionCount, deciding_queries.NO_ACTIONS),
        gates=reader.section(deciding_contents.GateCount, deciding_queries.GATES),
        reasons=reader.section(deciding_contents.ReasonCount, deciding_queries.REASONS),
        limits=reader.section(deciding_contents.LimitUse, deciding_queries.LIMITS),
        curves=reader.section(deciding_contents.LimitCurvePoint, deciding_queries.CURVES),
        conflicts=reader.section(deciding_contents.LimitConflict, deciding_queries.CONFLICTS),
        targets=reader.section(deciding_contents.GoalTarget, deciding_queries.TARGETS),
        speed=reader.section(deciding_contents.SellerSpeed, deciding_queries.SPEED),
        absent_reps=reader.section(deciding_contents.AbsentRep, deciding_queries.ABSENT_REPS),
        advice=reader.section(deciding_contents.ModeAdvice, deciding_queries.ADVICE),
        waiting=reader.section(deciding_contents.WaitingCount, deciding_queries.WAITING),
        goals=reader.section(learning_contents.GoalEvidence, learning_queries.GOALS),
        actions=reader.section(learning_contents.ActionEvidence, learning_queries.ACTIONS),
        drivers=reader.section(learning_contents.ActionDriver, learning_queries.DRIVERS),
        variants=reader.section(learning_contents.VariantEvidence, learning_queries.VARIANTS),
        models=reader.section(learning_contents.ModelInUse, learning_queries.MODELS),
        findings=reader.section(learning_contents.WatchFinding, learning_queries.FINDINGS),
        watched=reader.section(learning_contents.WatchCount, learning_queries.WATCHED),
        lifts=reader.section(contents.Lift, queries.LIFTS),
        silent_metrics=reader.section(contents.SilentMetric, queries.SILENT_METRICS),
        arms=reader.section(contents.ArmCount, queries.ARMS),
        sources=reader.section(contents.SourceHealth, queries.SOURCES),
        missing=reader.section(contents.MissingObject, queries.MISSING),
        broken=reader.section(contents.BrokenReference, queries.BROKEN),
        rejections=reader.section(contents.Rejection, queries.REJECTIONS),
        new_columns=reader.section(contents.NewColumn, queries.NEW_COLUMNS),
        history=reader.section(contents.NightCount, queries.HISTORY),
        samples=reader.section(contents.Sample, queries.SAMPLES),
    )


def read_lifts(connection: duckdb.DuckDBPyConnection) -> Section[contents.Lift]:
    """What each arm brought against the others, in the metrics that have an outcome."""
    return _Reader(connection, date.min).section(contents.Lift, queries.LIFTS)


@dataclass(frozen=True)
class _Reader:
    connection: duckdb.DuckDBPyConnection
    run_date: date

    def section(self, kind: type[Row], query: Query) -> Section[Row]:
        found = self._fetch(query)
        if isinstance(found, str):
            return Section((), found)
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        rows = tuple(kind(**dict(zip(names, map(_plain, row), strict=True))) for row in found)
        return Section(rows, "" if rows else query.absence)

    def count(self, query: Query) -> int | None:
        found = self._fetch(query)
        return None if isinstance(found, str) or found[0][0] is None else int(found[0][0])

    def _fetch(self, query: Query) -> list[tuple[Any, ...]] | str:
        """The rows, or a sentence on why there are none to read."""
        missing = [table for table in query.tables if not self._has(table)]
        said = "Not known." if query.is_good else query.absence
        if missing:
            return f"{said} (There is no table {missing[0]}.)"
        parameters = {"run_date": self.run_date} if "$run_date" in query.sql else None
        try:
            return self.connection.execute(query.sql, parameters).fetchall()
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            return f"{said} (It can't be read: {str(error).splitlines()[0]}.)"

    def _has(self, table: str) -> bool:
        schema, _, name = table.partition(".")
        sql = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
        return bool(self.connection.execute(sql, [schema, name]).fetchall())


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
