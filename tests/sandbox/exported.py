"""Reads exports back, and stands in for Nightjar by publishing chosen decisions."""

import gzip
import hashlib
import json
import re
from datetime import date, datetime, time
from pathlib import Path

import polars as pl


def snake_case(header: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header).lower()


def read_file(path: Path) -> pl.DataFrame:
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    if path.name.endswith("parquet"):
        return pl.read_parquet(path)
    if ".jsonl" in path.name:
        return pl.read_ndjson(data, infer_schema_length=None)
    return pl.read_csv(data, infer_schema_length=0)


def read_object(exports: Path, name: str, export_date: date | None = None) -> pl.DataFrame:
    """All rows of an object in snake case, or those of one export."""
    files = sorted((exports / name).glob(f"{export_date or ''}*"))
    frames = [read_file(path).rename(snake_case) for path in files]
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def digests(folder: Path) -> dict[str, str]:
    """Path → SHA-256 of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


EMPTY = {
    "email_sends": {"decision_id": pl.String, "contact_id": pl.String, "email": pl.String, "action_id": pl.String,
                    "send_at": pl.Datetime("us")},
    "crm_tasks": {"decision_id": pl.String, "contact_id": pl.String, "salesforce_who_id": pl.String,
                  "action_id": pl.String, "subject": pl.String, "approval_status": pl.String},
    "ad_audience_members": {"decision_id": pl.String, "contact_id": pl.String, "action_id": pl.String,
                            "platform": pl.String, "email_sha256": pl.String},
    "contact_scores": {"contact_id": pl.String, "email": pl.String, "salesforce_contact_id": pl.String,
                       "is_managed_by_nightjar": pl.Boolean},
}  # fmt: skip


def publish(home: Path, night: date, **tables: pl.DataFrame) -> None:
    """A complete published set; tables that aren't given are empty."""
    folder = home / "published" / night.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in EMPTY.items():
        frame = tables.get(name, pl.DataFrame(schema=schema))
        frame.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).write_parquet(
            folder / f"{name}.parquet"
        )
    (folder / "manifest.json").write_text(json.dumps({"run_date": night.isoformat()}))


def email_sends(people: pl.DataFrame, action_id: str, night: date, hour: int = 13) -> pl.DataFrame:
    """One send for each person (person_id, email)."""
    return people.select(
        pl.format("d-{}-{}-{}", pl.lit(action_id), pl.lit(str(night)), "person_id").alias("decision_id"),
        pl.format("c{}", "person_id").alias("contact_id"),
        "email",
        pl.lit(action_id).alias("action_id"),
        pl.lit(datetime.combine(night, time(hour))).alias("send_at"),
    )


def managed(people: pl.DataFrame) -> pl.DataFrame:
    """All people (person_id, email) as contacts that Nightjar manages."""
    return people.select(
        pl.format("c{}", "person_id").alias("contact_id"),
        "email",
        pl.lit(None, dtype=pl.String).alias("salesforce_contact_id"),
        pl.lit(True).alias("is_managed_by_nightjar"),
    )
