"""The DuckDB warehouse. Derived: it can be deleted and rebuilt from the exports and the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl

SCHEMAS = (
    "raw", "staging", "identity", "core", "lifecycle", "features", "decisioning", "activation", "measurement",
)  # fmt: skip


class Warehouse(dg.ConfigurableResource):
    """Short connections to `warehouse.duckdb`. DuckDB allows one writing process, so a connection lives inside a `with`
    and is closed before dbt starts.
    """

    home: str
    threads: int = 2
    memory_limit: str = "4GB"

    @property
    def path(self) -> Path:
        return Path(self.home) / "warehouse.duckdb"

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection in UTC with all schemas present."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(self.path), config={"threads": self.threads, "memory_limit": self.memory_limit})
        try:
            connection.sql("set timezone = 'UTC'")
            for schema in SCHEMAS:
                connection.sql(f"create schema if not exists {schema}")
            yield connection
        finally:
            connection.close()

    def replace_table(self, name: str, frame: pl.DataFrame) -> None:
        """Replace table `schema.name` by the frame, in one transaction."""
        with self.connect() as connection:
            connection.register("frame_to_write", frame.to_arrow())
            connection.sql(f"create or replace table {name} as select * from frame_to_write")

    def query(self, sql: str, **parameters: object) -> pl.DataFrame:
        """The result of a query; parameters are named, `$name` in the text."""
        with self.connect() as connection:
            return connection.sql(sql, params=parameters or None).pl()
