# ruff: noqa: DTZ001 - the warehouse holds naive timestamps, in UTC
import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from dagster_project.ingestion.catalogue import Catalogue, load_catalogue
from dagster_project.ingestion.ingest import FirstSeen, ingest
from dagster_project.ingestion.report import IngestionReport, ObjectReport

LOADED_AT = datetime(2026, 11, 1, 2)


@dataclass
class Landing:
    """An exports folder and the warehouse that it is read into."""

    exports: Path
    connection: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    told: list[str] = field(default_factory=list)

    def write(self, file: str, content: bytes | str, modified_at: float | None = None) -> Path:
        """Write bytes; a text as UTF-8, compressed where the name ends in `.gz`."""
        path = self.exports / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
            content = gzip.compress(content) if file.endswith(".gz") else content
        path.write_bytes(content)
        if modified_at is not None:
            os.utime(path, (modified_at, modified_at))
        return path

    def write_json(self, file: str, rows: Iterable[object]) -> Path:
        return self.write(file, "".join(json.dumps(row) + "\n" for row in rows))

    def write_parquet(self, file: str, columns: Mapping[str, object]) -> Path:
        path = self.exports / file
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pa.table(dict(columns)), path)
        return path

    def ingest(
        self, reject_limit: float = 0.05, loaded_at: datetime = LOADED_AT, first_seen: FirstSeen | None = None
    ) -> IngestionReport:
        return ingest(
            self.connection, self.exports, self.catalogue, loaded_at, reject_limit, self.told.append,
            first_seen=first_seen,
        )  # fmt: skip

    def report(self, label: str, reject_limit: float = 0.05) -> ObjectReport:
        return next(each for each in self.ingest(reject_limit).objects if each.label == label)

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def emails(self) -> list[tuple]:
        return self.rows("select id, email from raw.salesforce__contact order by id")

    def rejects(self) -> list[tuple]:
        return self.rows("select file, line, column_name, reason from raw.rejected_rows order by file, line")


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    exports = tmp_path / "exports"
    exports.mkdir()
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), config={"threads": 2}) as connection:
        yield Landing(exports, connection, load_catalogue())


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def contacts(*rows: str) -> str:
    """A file of salesforce/contact with these lines."""
    return "Id,Email,FirstName,CreatedDate,SystemModstamp\n" + "".join(f"{row}\n" for row in rows)
