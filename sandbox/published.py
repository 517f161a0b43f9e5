"""Reads what Nightjar published for a night, as the platforms would receive it, and finds the people who are meant."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from sandbox import facts
from sandbox.effects import ACTION_IDS, ACTION_NUMBER
from sandbox.marketing_activity import NIGHTJAR_CAMPAIGNS
from sandbox.seasons import SECONDS, day_number

TABLES = ("email_sends", "crm_tasks", "ad_audience_members", "contact_scores")
CALL_TODAY, CALL_TOMORROW = 0.65, 0.85
SENDING_FAILS = 0.003

# A touch of a person that a decision leads to; one row per decision.
TOUCHES = {
    "decision_id": pl.String, "person_id": pl.Int64, "action": pl.Int64, "at": pl.Int64, "campaign": pl.Int64,
    "is_deliverable": pl.Boolean, "recipient": pl.String, "subject": pl.String,
}  # fmt: skip
# A decision that no person ever noticed; one row per decision.
RESULTS = {"decision_id": pl.String, "status": pl.Int64, "at": pl.Int64}


class AnswerError(RuntimeError):
    """What was published can't be answered; the message says why."""


@dataclass(frozen=True)
class Published:
    """What a night means for people.

    Attributes:
        touches: one row per decision that reaches, or will reach, a person.
        results: one row per decision that came to nothing.
        managed: ids of the people whom the old rules must leave alone.
    """

    touches: pl.DataFrame
    results: pl.DataFrame
    managed: pl.Series


NOTHING = Published(
    pl.DataFrame(schema=TOUCHES), pl.DataFrame(schema=RESULTS), pl.Series("person_id", [], dtype=pl.Int64)
)


@dataclass(frozen=True)
class Directory:
    """Who is behind an address, for everyone who delivers.

    Attributes:
        mail: one row per address: email, person_id, is_valid. Of people who share one, the first reads it.
        crm: one row per Salesforce record: salesforce_who_id, crm_person.
        contacts: one row per Nightjar contact with a known address: contact_id, mail_person.
    """

    mail: pl.DataFrame
    crm: pl.DataFrame
    contacts: pl.DataFrame

    @classmethod
    def of(cls, records: pl.DataFrame, scores: pl.DataFrame) -> "Directory":
        mail = records.filter(pl.col("email").is_not_null()).unique("email", keep="first", maintain_order=True)
        crm = records.filter(source="salesforce").unique("source_id", keep="first", maintain_order=True)
        contacts = scores.join(mail, on="email").unique("contact_id", keep="first", maintain_order=True)
        return cls(
            mail.select("email", "person_id", "is_valid"),
            crm.select(salesforce_who_id="source_id", crm_person="person_id"),
            contacts.select("contact_id", mail_person="person_id"),
        )


def read_published(
    home: Path, night: date, records: pl.DataFrame, known: pl.Series, rng: np.random.Generator
) -> Published:
    """What was published for a night, for the people behind the addresses.

    Args:
        home: Nightjar's home.
        night: the night.
        records: one row per source record and person (`Truth.records`).
        known: decisions that were acted on before.
        rng: decides which seller does which task.

    Raises:
        AnswerError: nothing was published for the night, or something the market doesn't know.
    """
    folder = published_folder(home, night)
    tables = {name: _read(folder, name) for name in TABLES}
    scores = tables["contact_scores"].with_columns(email=_normalised("email"))
    directory, midnight = Directory.of(records, scores), day_number(night) * SECONDS
    mails, failed = _mails(_new(tables["email_sends"], known), directory, midnight, rng)
    calls, rejected = _calls(_new(_approved(tables["crm_tasks"]), known), directory, midnight, rng)
    ads = _ads(
        _new(tables["ad_audience_members"].filter(pl.col("email_sha256").is_not_null()), known), directory, midnight
    )
    return Published(pl.concat([mails, calls, ads]), pl.concat([failed, rejected]), _managed(scores, records))


def published_folder(home: Path, night: date) -> Path:
    """The complete published set of a night: `published/<night>`, or `latest` if it is of that night."""
    for folder in (home / "published" / night.isoformat(), home / "published" / "latest"):
        manifest = folder / "manifest.json"
        if manifest.is_file() and (folder.name != "latest" or _run_date(folder, manifest) == night.isoformat()):
            return folder
    raise AnswerError(f"nothing was published for {night} in {home / 'published'}: run that night first")


def _run_date(folder: Path, manifest: Path) -> str:
    return str(json.loads(manifest.read_text()).get("run_date", folder.resolve().name))


def _read(folder: Path, name: str) -> pl.DataFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise AnswerError(f"{path} is missing: the published set is not complete")
    return pl.read_parquet(path)


def _normalised(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars().str.to_lowercase()


def _approved(tasks: pl.DataFrame) -> pl.DataFrame:
    return tasks.filter(pl.col("approval_status").is_in(["not_needed", "approved"]))


def _new(frame: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """The rows of decisions that weren't acted on before, with actions as numbers."""
    rows = frame.filter(pl.col("decision_id").is_not_null(), ~pl.col("decision_id").is_in(known.implode()))
    rows = rows.unique("decision_id", keep="first", maintain_order=True).sort("decision_id")
    strange = rows.filter(~pl.col("action_id").is_in(ACTION_IDS))["action_id"].unique().sort().to_list()
    if strange:
        raise AnswerError(f"the market doesn't know action {strange[0]!r}; known: {', '.join(ACTION_IDS)}")
    return rows.with_columns(action=pl.col("action_id").replace_strict(ACTION_NUMBER, return_dtype=pl.Int64))


def _mails(
    sends: pl.DataFrame, directory: Directory, midnight: int, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """E-mails to known addresses, and those that never left or that nobody has."""
    rows = sends.with_columns(recipient=_normalised("email"), at=pl.col("send_at").dt.epoch("s").clip(midnight))
    rows = rows.join(directory.mail, left_on="recipient", right_on="email", how="left", maintain_order="left")
    rows = rows.with_columns(fails=pl.Series(rng.random(len(rows)) < SENDING_FAILS))
    status = pl.when("fails").then(facts.FAILED).otherwise(facts.BOUNCED)
    is_sent = ~pl.col("fails") & pl.col("person_id").is_not_null()
    touches = rows.filter(is_sent).with_columns(
        campaign=pl.col("action") + NIGHTJAR_CAMPAIGNS, is_deliverable="is_valid", subject=pl.lit(None)
    )
    return _shape(touches, TOUCHES), _shape(rows.filter(~is_sent).with_columns(status=status), RESULTS)


def _calls(
    tasks: pl.DataFrame, directory: Directory, midnight: int, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sellers do most tasks on the day, some on the next, and turn the others down."""
    rows = tasks.join(directory.crm, on="salesforce_who_id", how="left", maintain_order="left")
    rows = rows.join(directory.contacts, on="contact_id", how="left", maintain_order="left")
    luck, hour = rng.random(len(rows)), rng.normal(14.0, 2.5, len(rows)).clip(7, 21)
    rows = rows.with_columns(
        person_id=pl.coalesce("crm_person", "mail_person"),
        at=pl.Series(midnight + (hour * 3600).astype(np.int64) + (luck >= CALL_TODAY) * SECONDS),
        is_done=pl.Series(luck < CALL_TOMORROW),
    )
    is_done = pl.col("is_done") & pl.col("person_id").is_not_null()
    refused = rows.filter(~is_done).with_columns(status=pl.lit(facts.REJECTED), at=pl.lit(midnight + 20 * 3600))
    return _shape(rows.filter(is_done).with_columns(**_UNADDRESSED), TOUCHES), _shape(refused, RESULTS)


def _ads(members: pl.DataFrame, directory: Directory, midnight: int) -> pl.DataFrame:
    """Who sees ads: platforms know people by the hash of their address, each normalised in its own way."""
    rows = members.join(hashes(directory.mail), on="email_sha256", maintain_order="left")
    at = pl.lit(midnight + 16 * 3600)
    return _shape(rows.with_columns(at=at, subject=pl.lit(None), **_UNADDRESSED), TOUCHES)


_UNADDRESSED = {"campaign": pl.lit(-1), "is_deliverable": pl.lit(True), "recipient": pl.lit(None)}


def hashes(addresses: pl.DataFrame) -> pl.DataFrame:
    """SHA-256 of addresses as Google, Meta and LinkedIn want them. One row per hash: email_sha256, person_id."""
    found: dict[str, int] = {}
    for address, person in addresses.select("email", "person_id").iter_rows():
        for form in (address, _google(address)):
            found.setdefault(hashlib.sha256(form.encode()).hexdigest(), person)
    return pl.DataFrame(
        {"email_sha256": list(found), "person_id": list(found.values())},
        schema={"email_sha256": pl.String, "person_id": pl.Int64},
    )


def _google(address: str) -> str:
    local, _, domain = "".join(address.split()).partition("@")
    return f"{local.replace('.', '') if domain in ('gmail.com', 'googlemail.com') else local}@{domain}"


def _managed(scores: pl.DataFrame, records: pl.DataFrame) -> pl.Series:
    """People with an address or a CRM record that Nightjar manages."""
    managed = scores.filter("is_managed_by_nightjar")
    in_crm = managed.select(source_id=pl.col("salesforce_contact_id").cast(pl.String)).drop_nulls()
    by_mail = records.join(managed.drop_nulls("email"), on="email", how="semi")["person_id"]
    by_record = records.filter(source="salesforce").join(in_crm, on="source_id", how="semi")["person_id"]
    return pl.concat([by_mail, by_record]).unique().sort()


def _shape(frame: pl.DataFrame, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
