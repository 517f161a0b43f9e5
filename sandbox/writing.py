"""Writes exports: each object in the form in which its system would hand it over."""

import gzip
import io
import os
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl

ROWS_PER_PART = 250_000
FORMS = {
    "salesforce/account": "csv", "salesforce/contact": "csv.gz", "salesforce/lead": "csv",
    "salesforce/opportunity": "csv", "salesforce/opportunity_contact_role": "csv", "salesforce/user": "csv",
    "salesforce/task": "csv.gz", "salesforce/event": "csv", "salesforce/campaign": "csv",
    "salesforce/campaign_member": "csv", "hubspot/contact": "parquet", "hubspot/company": "parquet",
    "hubspot/email_campaign": "parquet", "hubspot/email_event": "parquet", "hubspot/form_submission": "jsonl",
    "hubspot/contact_merge_audit": "parquet", "segment/identifies": "jsonl.gz", "segment/pages": "parquet",
    "segment/tracks": "parquet", "billing/subscription": "csv", "billing/invoice": "csv.gz",
    "consent/subscription_status": "csv", "consent/suppression": "jsonl", "ads/spend": "csv",
    "automation/rule": "jsonl", "automation/rule_fire": "csv.gz", "delivery/result": "jsonl",
}  # fmt: skip
VERSIONED = {"salesforce/opportunity", "billing/subscription", "billing/invoice"}


class ExportWriter:
    """Collects rows and writes them as parts `<source>/<object>/<export date>-<part>.<form>`.

    Frames have a column `emit_at`: when the row comes into being. Rows of the export's day or later are kept back for
    later exports. Files bear the export's time, so that the same market gives the same folder.
    """

    def __init__(self, exports: Path, export_date: date, rows_per_part: int = ROWS_PER_PART) -> None:
        self._exports = exports
        self._date = export_date
        self._cutoff = datetime.combine(export_date, time())
        self._rows_per_part = rows_per_part
        self._waiting: dict[str, list[pl.DataFrame]] = {}
        self._parts: dict[str, int] = {}
        self.late: dict[str, list[pl.DataFrame]] = {}

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Take rows of an object (`source/object`)."""
        is_late = frame["emit_at"] >= self._cutoff
        if is_late.any():
            self.late.setdefault(name, []).append(frame.filter(is_late))
            frame = frame.filter(~is_late)
        if name in VERSIONED:
            frame = frame.sort("emit_at", maintain_order=True).unique("id", keep="last", maintain_order=True)
        if not len(frame):
            return
        waiting = self._waiting.setdefault(name, [])
        waiting.append(frame.drop("emit_at"))
        if sum(map(len, waiting)) >= self._rows_per_part:
            self._flush(name)

    def close(self) -> None:
        """Write what is still waiting."""
        for name in sorted(self._waiting):
            self._flush(name)

    def _flush(self, name: str) -> None:
        frame = pl.concat(self._waiting.pop(name))
        part = self._parts.get(name, 0)
        self._parts[name] = part + 1
        path = self._exports / name / f"{self._date}-{part:05d}.{FORMS[name]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(_encode(name, frame))
        moment = datetime.combine(self._date, time(0, 30), tzinfo=UTC).timestamp()
        os.utime(temporary, (moment, moment))
        temporary.rename(path)


def _encode(name: str, frame: pl.DataFrame) -> bytes:
    """The file's bytes."""
    form, buffer = FORMS[name], io.BytesIO()
    if form == "parquet":
        zoned = [
            pl.col(column).dt.replace_time_zone("UTC") for column, dtype in frame.schema.items() if dtype == pl.Datetime
        ]
        frame.with_columns(zoned).write_parquet(buffer, compression="zstd")
    elif form.startswith("csv"):
        _as_csv(name, frame).write_csv(buffer)
    else:
        _with_iso_times(frame).write_ndjson(buffer)
    data = buffer.getvalue()
    return gzip.compress(data, compresslevel=1, mtime=0) if form.endswith(".gz") else data


def _as_csv(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    source = name.split("/", maxsplit=1)[0]
    if source == "salesforce":
        return _times(frame, "%Y-%m-%dT%H:%M:%S.000+0000").rename(camel_case)
    return _times(frame, "%Y-%m-%d %H:%M:%S") if source == "billing" else _with_iso_times(frame)


def _with_iso_times(frame: pl.DataFrame) -> pl.DataFrame:
    return _times(frame, "%Y-%m-%dT%H:%M:%SZ")


def _times(frame: pl.DataFrame, form: str) -> pl.DataFrame:
    columns = [column for column, dtype in frame.schema.items() if dtype == pl.Datetime]
    return frame.with_columns(pl.col(columns).dt.strftime(form)) if columns else frame


def camel_case(column: str) -> str:
    """A column's name as Salesforce's own exporter writes it: `account_id` → `AccountId`."""
    return "".join(word.capitalize() for word in column.split("_"))
