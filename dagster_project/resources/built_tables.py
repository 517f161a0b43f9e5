"""Which version of the dbt project built each table and view of the warehouse."""

from collections.abc import Set
from dataclasses import dataclass

from dagster_project.resources.warehouse import Warehouse

# Grain: one row per table (`schema.table`).
CREATE = "create table if not exists raw.built_tables (table_name varchar not null, version varchar not null)"


@dataclass(frozen=True)
class BuiltTables:
    """The tables and views of a warehouse and the version of the project now."""

    warehouse: Warehouse
    version: str

    def stale(self, tables: Set[str]) -> set[str]:
        """Those of the tables that the warehouse has from another version."""
        return {table for table, version in self._versions().items() if table in tables and version != self.version}

    def are_current(self, tables: Set[str]) -> bool:
        """Whether the warehouse has all of them from this version."""
        versions = self._versions()
        return all(versions.get(table) == self.version for table in tables)

    def _versions(self) -> dict[str, str | None]:
        with self.warehouse.connect() as connection:
            connection.execute(CREATE)
            rows = connection.execute(
                "select tables.table_schema || '.' || tables.table_name, built.version"
                " from information_schema.tables as tables left join raw.built_tables as built"
                " on tables.table_schema || '.' || tables.table_name = built.table_name"
            ).fetchall()
        return dict(rows)

    def record(self, tables: Set[str]) -> None:
        """Remember that these tables are now of this version."""
        with self.warehouse.connect() as connection:
            connection.execute(CREATE)
            connection.execute("begin")
            connection.execute("delete from raw.built_tables where list_contains(?, table_name)", [sorted(tables)])
            connection.execute("insert into raw.built_tables select unnest(?), ?", [sorted(tables), self.version])
            connection.execute("commit")
