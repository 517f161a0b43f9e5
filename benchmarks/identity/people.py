"""Judge on your own people: any CSV of person records with a column that says who is who.

    python -m benchmarks.identity.people FILE --truth-column cluster --first-name first_name --last-name surname
        --birth-date dob --city city --email email

Writes the records as an export, runs a night until identity on it and prints how well it did.
"""

import gzip
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast

import polars as pl
import typer

from benchmarks.identity.agreement import Agreement, agree
from benchmarks.identity.nights import contact_ids, identity_night
from benchmarks.identity.printing import console, show_agreements
from benchmarks.paths import write_result

Kind = Literal["salesforce/contact", "salesforce/lead", "hubspot/contact"]
# What a record says → the column of each object that holds it. Objects without a place for it leave it out.
COLUMNS: dict[Kind, dict[str, str]] = {
    "salesforce/contact": {
        "first_name": "FirstName", "last_name": "LastName", "birth_date": "Birthdate", "email": "Email",
        "phone": "Phone", "mobile_phone": "MobilePhone", "title": "Title", "street": "MailingStreet",
        "city": "MailingCity", "state": "MailingState", "postal_code": "MailingPostalCode",
        "country": "MailingCountry", "account": "AccountId",
    },
    "salesforce/lead": {
        "first_name": "FirstName", "last_name": "LastName", "email": "Email", "phone": "Phone",
        "mobile_phone": "MobilePhone", "title": "Title", "street": "Street", "city": "City", "state": "State",
        "postal_code": "PostalCode", "country": "Country", "company": "Company",
    },
    "hubspot/contact": {
        "first_name": "property_firstname", "last_name": "property_lastname",
        "birth_date": "property_date_of_birth", "email": "property_email", "phone": "property_phone",
        "mobile_phone": "property_mobilephone", "title": "property_jobtitle", "city": "property_city",
        "state": "property_state", "postal_code": "property_zip", "country": "property_country",
        "company": "property_company",
    },
}  # fmt: skip
IDS: dict[Kind, str] = {
    "salesforce/contact": "003{}AAA", "salesforce/lead": "00Q{}AAA", "hubspot/contact": "{}"
}  # fmt: skip
MODIFIED = {"salesforce": ("CreatedDate", "LastModifiedDate", "SystemModstamp"),
            "hubspot": ("property_createdate", "property_lastmodifieddate", "_fivetran_synced")}  # fmt: skip
MODIFIED_AT = "2026-02-01T08:00:00.000+0000"


@dataclass(frozen=True)
class Judged:
    """A file's people as Nightjar groups them. `records` has one row per record: source_id, true, found."""

    agreement: Agreement
    seconds: float
    records: pl.DataFrame


def read_people(file: Path) -> pl.DataFrame:
    """All columns of a CSV (also gzipped) as text; empty fields are null."""
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return pl.read_csv(data, infer_schema_length=0)


def write_people(people: pl.DataFrame, columns: Mapping[str, str], exports: Path, kind: Kind) -> pl.Series:
    """Write records as one export file of an object.

    Args:
        people: one row per record.
        columns: what a record says (first_name, last_name, …) → the column of `people` that says it.
        exports: folder to write `<source>/<object>/people.csv` into.
        kind: the object.

    Returns:
        [records] their source_id.

    Raises:
        ValueError: the object has no place for a column, or `people` lacks it.
    """
    places = COLUMNS[kind]
    if homeless := sorted(set(columns) - set(places)):
        raise ValueError(f"{kind} has no column for {', '.join(homeless)}; it has one for {', '.join(places)}")
    if absent := sorted(set(columns.values()) - set(people.columns)):
        raise ValueError(f"no column {', '.join(absent)}; the file has {', '.join(people.columns)}")
    source = kind.split("/", maxsplit=1)[0]
    numbers = pl.int_range(1, len(people) + 1, eager=True).cast(pl.String)
    digits = 12 if source == "salesforce" else 1
    ids = pl.select(pl.format(IDS[kind], numbers.str.zfill(digits))).to_series()
    nothing = pl.lit(None, dtype=pl.String)
    rows = people.select(
        (pl.col(columns[name]) if name in columns else nothing).alias(place) for name, place in places.items()
    )
    rows = rows.insert_column(0, ids.alias("Id" if source == "salesforce" else "id"))
    rows = rows.with_columns(pl.lit(MODIFIED_AT).alias(name) for name in MODIFIED[source])
    folder = exports / kind
    folder.mkdir(parents=True, exist_ok=True)
    rows.write_csv(folder / "people.csv")
    return ids


def judge_people(people: pl.DataFrame, truth_column: str, columns: Mapping[str, str], kind: Kind) -> Judged:
    """Run a night on the records alone, in a fresh home, and compare.

    Raises:
        ValueError: a column is missing, or the object has no place for it.
    """
    with tempfile.TemporaryDirectory(prefix="nightjar-people-") as folder:
        exports, home = Path(folder) / "exports", Path(folder) / "home"
        ids = write_people(people, columns, exports, kind)
        seconds = identity_night(exports, home)
        found = contact_ids(home).select("source_id", "match_rule", "match_score", found="contact_id")
    records = people.with_columns(source_id=ids, true=pl.col(truth_column)).join(
        found, on="source_id", how="left", maintain_order="left"
    )
    return Judged(agree(records), seconds, records)


def main(
    file: Annotated[Path, typer.Argument(help="CSV, also gzipped, one row per record.", exists=True)],
    truth_column: Annotated[str, typer.Option(help="The column that says which records are one person.")],
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    birth_date: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    mobile_phone: str | None = None,
    title: str | None = None,
    company: str | None = None,
    street: str | None = None,
    city: str | None = None,
    state: str | None = None,
    postal_code: str | None = None,
    country: str | None = None,
    account: str | None = None,
    kind: Annotated[
        str, typer.Option(help=f"The object to load them as: {', '.join(COLUMNS)}.")
    ] = "salesforce/contact",
    errors: Annotated[Path | None, typer.Option(help="Where to write the records of wrong groups (CSV).")] = None,
) -> None:
    """Run the study and write benchmarks/results/people.json."""
    given = {
        "first_name": first_name, "last_name": last_name, "birth_date": birth_date, "email": email, "phone": phone,
        "mobile_phone": mobile_phone, "title": title, "company": company, "street": street, "city": city,
        "state": state, "postal_code": postal_code, "country": country, "account": account,
    }  # fmt: skip
    columns = {name: column for name, column in given.items() if column}
    people = read_people(file)
    try:
        if kind not in COLUMNS:
            raise ValueError(f"unknown object {kind}; known: {', '.join(COLUMNS)}")
        if truth_column not in people.columns:
            raise ValueError(f"no column {truth_column}; the file has {', '.join(people.columns)}")
        judged = judge_people(people, truth_column, columns, cast(Kind, kind))
    except ValueError as error:
        console.print(f"error: {error}", style="red")
        raise typer.Exit(2) from error
    show_agreements(f"{file.name}: {len(people):,} records, {judged.seconds:.0f} s", {"nightjar": judged.agreement})
    if errors:
        wrong = judged.records.filter(
            (pl.col("found").n_unique().over("true") > 1) | (pl.col("true").n_unique().over("found") > 1)
        )
        wrong.sort("true", "found").write_csv(errors)
        console.print(f"records of wrong groups: {errors}")
    result = {"file": file.name, "seconds": judged.seconds, **judged.agreement.as_row(), "columns": columns}
    console.print(f"written: {write_result('people', result)}")


if __name__ == "__main__":
    typer.run(main)
