"""One row about an object's raw table: what the suite at the raw border looks at."""

import duckdb
import pandas as pd

from dagster_project.ingestion.catalogue import RawObject
from dagster_project.ingestion.report import ObjectReport

# The objects that are checked, and the column that dates their rows and never lies ahead.
DATED_BY = {
    "salesforce/account": "created_date",
    "salesforce/contact": "created_date",
    "salesforce/lead": "created_date",
    "salesforce/opportunity": "created_date",
    "salesforce/task": "created_date",
    "hubspot/contact": "property_createdate",
    "hubspot/email_event": "created",
    "segment/identifies": "timestamp",
    "segment/pages": "timestamp",
    "segment/tracks": "timestamp",
    "billing/subscription": "started_at",
    "consent/subscription_status": "occurred_at",
    "consent/suppression": "occurred_at",
    "experiment/assignment": "assigned_at",
}


def profile(connection: duckdb.DuckDBPyConnection, raw_object: RawObject, report: ObjectReport) -> pd.DataFrame:
    """The profile of an object's raw table, as `expectations.raw.raw_suite` describes it: one row."""
    count_rows, count_null_keys, count_repeated_keys, newest_at = connection.execute(f"""
        with keys as (select _key, count(*) as count_rows from {raw_object.table} group by _key)
        select
            (select count(*) from {raw_object.table}),
            (select count(*) from {raw_object.table} where _key is null),
            (select count(*) from keys where count_rows > 1 and _key is not null),
            (select max("{DATED_BY[raw_object.label]}") from {raw_object.table})
    """).fetchall()[0]
    return pd.DataFrame(
        {
            "count_rows": [count_rows],
            "count_null_keys": [count_null_keys],
            "count_repeated_keys": [count_repeated_keys],
            "newest_at": pd.to_datetime([newest_at]),
            "rejected_share": [report.rejected_share],
        }
    )


def has_files(connection: duckdb.DuckDBPyConnection, raw_object: RawObject) -> bool:
    """Whether any file of the object was ever loaded."""
    return bool(
        connection.execute(
            "select 1 from raw.files where source = ? and object = ? limit 1", [raw_object.source, raw_object.name]
        ).fetchall()
    )
