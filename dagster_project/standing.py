"""Which version stands as champion on a night: the newest event counts, a gate's promotion or a person's word.

The gate's promotions are tags of the versions. A person's word is in the ledger (`model_verdicts`), so that it outlives
the model store, and counts from a night on: nights before it, run again, choose as they did.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import polars as pl

from dagster_project.resources.ledger import Ledger
from dagster_project.resources.registry import RETIRED, Version
from dagster_project.retraining import TRAINED_FOR

KIND = "model_verdicts"
PROMOTED = "is_promoted"
VERDICTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "model": pl.String,
    "verdict": pl.String,
    "version": pl.Int64,
    "run_id": pl.String,
    "counts_from": pl.Date,
    "decided_by": pl.String,
    "decided_at": pl.Datetime("us"),
    "reason": pl.String,
}
MLFLOW = "MLflow"


@dataclass(frozen=True)
class Verdict:
    """A person's word on a model. `version` is None for the policy's prior; `release` lets the gate decide again."""

    model: str
    verdict: Literal["promote", "rollback", "release"]
    version: int | None
    run_id: str | None
    counts_from: date
    decided_by: str
    decided_at: datetime
    reason: str

    @property
    def words(self) -> str:
        what = {"promote": "pinned", "rollback": "pinned in a rollback", "release": "released"}[self.verdict]
        reason = f": {self.reason}" if self.reason else ""
        return f"{what} by {self.decided_by} on {self.decided_at:%Y-%m-%d}{reason}"


@dataclass(frozen=True)
class Standing:
    """What stands on a night. `version` is None for the prior; `pin` is the person's word that holds it there.

    `lost` says that a pin can't hold because its version is no longer in the store; empty otherwise.
    """

    version: Version | None
    pin: Verdict | None = None
    lost: str = ""


def standing(versions: list[Version], verdicts: list[Verdict], night: date) -> Standing:
    """The version that stands on a night, of all that earlier nights and persons decided.

    Args:
        versions: of the model; those trained for this night or later, and retired ones, don't stand.
        verdicts: of the model, in the order in which they were given.
    """
    earlier = [each for each in versions if each.tags[TRAINED_FOR] < night.isoformat()]
    usable = [each for each in earlier if RETIRED not in each.tags]
    promoted = [each for each in usable if each.tags[PROMOTED] == "true"]
    counting = [each for each in verdicts if each.counts_from <= night]
    newest = promoted[-1] if promoted else None
    if not counting:
        return Standing(newest)
    word = counting[-1]
    named = next((each for each in usable if (each.version, each.run_id) == (word.version, word.run_id)), None)
    if word.version is not None and named is None:
        gone = "is retired" if any(each.run_id == word.run_id for each in earlier) else "is no longer in the store"
        return Standing(newest, lost=f"version {word.version}, {word.words}, {gone}")
    if word.verdict != "release":
        return Standing(named, word)
    # Released: the version stays until a challenger beats it on a night that the release counts for.
    after = [each for each in promoted if each.tags[TRAINED_FOR] >= word.counts_from.isoformat()]
    return Standing(after[-1] if after else named)


def read_verdicts(ledger: Ledger, model: str | None = None) -> list[Verdict]:
    """What persons said of a model, or of all, oldest first."""
    rows = ledger.read(KIND)
    if rows is None:
        return []
    if model is not None:
        rows = rows.filter(pl.col("model") == model)
    return [Verdict(**row) for row in rows.select(list(VERDICTS)).iter_rows(named=True)]


def record_verdict(
    ledger: Ledger,
    model: str,
    verdict: Literal["promote", "rollback", "release"],
    version: Version | None,
    *,
    counts_from: date,
    decided_by: str,
    reason: str = "",
) -> Verdict:
    """Append a person's word to the ledger; the earlier ones that count from the same night stay."""
    now = datetime.now(UTC).replace(tzinfo=None)
    number, run_id = (version.version, version.run_id) if version else (None, None)
    said = Verdict(model, verdict, number, run_id, counts_from, decided_by, now, reason)
    earlier = [each for each in read_verdicts(ledger) if each.counts_from == counts_from]
    rows = [{name: getattr(each, name) for name in VERDICTS} for each in [*earlier, said]]
    ledger.append(KIND, counts_from, pl.DataFrame(rows, schema=VERDICTS))
    return said


def next_night(ledger: Ledger, versions: list[Version]) -> date:
    """The first night that a person's word can count for: the one after the newest that ran."""
    nights = [date.fromisoformat(path.name[:10]) for path in ledger.files("decisions")]
    nights += [date.fromisoformat(each.tags[TRAINED_FOR]) for each in versions]
    return max(nights, default=date.min) + timedelta(days=1)
