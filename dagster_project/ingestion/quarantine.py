"""Bad rows: kept with file, line, column and reason, and judged against the limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.report import TOLD_REJECTS
from dagster_project.ingestion.staging import BATCH


@dataclass(frozen=True)
class Judgement:
    """Rows that the limit applies to, how many of them are bad, and the first of these, `file:line: column: reason`."""

    rows: int
    bad_rows: int
    first_rejects: tuple[str, ...]

    def is_within(self, reject_limit: float) -> bool:
        return self.bad_rows <= reject_limit * self.rows


def quarantine_batch(
    connection: duckdb.DuckDBPyConnection, raw_object: RawObject, files: Iterable[str], rejected_at: datetime
) -> None:
    """Put the bad rows of the batch into `raw.rejected_rows`, in place of those that the same paths had before."""
    connection.execute(
        "delete from raw.rejected_rows where source = ? and object = ? and list_contains(?, file)",
        [raw_object.source, raw_object.name, list(files)],
    )
    connection.execute(
        f"""
        insert into raw.rejected_rows (source, object, file, line, column_name, reason, raw_text, rejected_at)
        select ?, ?, _file, _line, _fault_column, _fault_reason, _raw_text, ?
        from {BATCH} where _fault_reason is not null order by _file, _line
        """,
        [raw_object.source, raw_object.name, rejected_at],
    )


def judge(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, hashes: Iterable[str]) -> Judgement:
    """Count the rows of loaded file contents, good and bad."""
    parameters = {"source": raw_object.source, "object": raw_object.name, "hashes": sorted(hashes)}
    files = "select * from raw.files where source = $source and object = $object and list_contains($hashes, file_hash)"
    rows, bad_rows = connection.execute(
        f"select coalesce(sum(count_rows), 0), coalesce(sum(count_rejected), 0) from ({files})", parameters
    ).fetchall()[0]
    first = connection.execute(
        f"""
        select file, line, column_name, reason from raw.rejected_rows
        where source = $source and object = $object and file in (select file from ({files}))
        order by file, line limit {TOLD_REJECTS}
        """,
        parameters,
    ).fetchall()
    return Judgement(int(rows), int(bad_rows), tuple(_told(*row) for row in first))


def _told(file: str, line: int, column: str | None, reason: str) -> str:
    return f"{file}:{line}: {f'{column}: ' if column else ''}{reason}"
