"""A second night's exports: one per cent of the people and companies changed, and a day's events, as new files."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.resources.warehouse import Warehouse

TITLE = "'Head of ' || coalesce({column}, 'Sales')"


@dataclass(frozen=True)
class Change:
    """What changes in a hundredth of an object's rows: column → expression. A new `id` makes them new rows."""

    table: str
    columns: dict[str, str]


def one_per_cent(day: date) -> tuple[Change, ...]:
    """Titles of people, every fifth one's mobile number, companies' industries; and events that happened on `day`."""
    at = f"timestamp '{day} 15:00:00'"
    moment = f"timestamp '{day} 00:00:00' + to_seconds(cast(hash(id, 7) % 86000 as integer))"
    mobile = (
        "case when hash(id) % 500 = 0 then '+1 212 ' || cast(2000000 + hash(id, 3) % 7000000 as varchar) else {} end"
    )
    copied = "'n' || id"
    return (
        Change(
            "salesforce__contact",
            {
                "title": TITLE.format(column="title"),
                "mobile_phone": mobile.format("mobile_phone"),
                "last_modified_date": at,
            },
        ),
        Change("salesforce__lead", {"title": TITLE.format(column="title"), "last_modified_date": at}),
        Change("salesforce__account", {"industry": "'Robotics'", "last_modified_date": at}),
        Change(
            "hubspot__contact",
            {"property_jobtitle": TITLE.format(column="property_jobtitle"), "property_lastmodifieddate": at},
        ),
        Change("segment__pages", {"id": copied, "timestamp": moment}),
        Change("segment__tracks", {"id": copied, "timestamp": moment}),
        Change("hubspot__email_event", {"id": copied, "created": moment}),
        Change("salesforce__task", {"id": copied, "created_date": at, "last_modified_date": at}),
    )


def write_changes(home: Path, first: Path, second: Path, day: date) -> None:
    """Fill `second` with links to the files of `first` and the changes of `day` as further files.

    Args:
        home: a home that has read `first`.
        first: the first night's exports.
        second: folder on the same file system.
        day: the day before the second night.
    """
    for path in first.rglob("*"):
        if path.is_file():
            link = second / path.relative_to(first)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link)
    with Warehouse(home=str(home)).connect() as connection:
        for change in one_per_cent(day):
            found = connection.execute(
                "select column_name from information_schema.columns where table_schema = 'raw' and table_name = ?"
                " and not starts_with(column_name, '_') order by ordinal_position",
                [change.table],
            ).fetchall()
            columns = [f'{change.columns.get(name, chr(34) + name + chr(34))} as "{name}"' for (name,) in found]
            path = second / change.table.replace("__", "/") / f"changes-{day}.parquet"
            connection.execute(
                f"copy (select {', '.join(columns)} from raw.{change.table}"
                f" where hash(id) % 100 = 0 and not _is_deleted order by id) to '{path}' (format parquet)"
            )
