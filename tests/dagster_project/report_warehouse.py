"""A made-up warehouse after some nights, for the report's tests. `python report_warehouse.py DIR` writes its page."""

import sys
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.reporting.page import write_report

NIGHT = date(2026, 3, 12)
SCHEMAS = ("raw", "identity", "core", "lifecycle", "decisioning", "activation", "measurement")
TABLES = Path(__file__).with_suffix(".sql")


def make_warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for schema in SCHEMAS:
        connection.sql(f"create schema {schema}")
    connection.execute(TABLES.read_text())
    return connection


if __name__ == "__main__":
    write_report(make_warehouse(), Path(sys.argv[1]), NIGHT)
