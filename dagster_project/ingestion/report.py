"""What an ingestion did, per object, and whether the night may go on after it."""

from collections.abc import Iterable
from dataclasses import dataclass

TOLD_REJECTS = 3
REPAIR_FILES = """Repair, replace or remove them and run the night again.
Nothing of their objects was loaded; every other object was."""
REPAIR_ROWS = """All bad rows are in raw.rejected_rows. Replace the files by repaired ones, or raise limits.reject_limit
in the policy, and run the night again."""


class IngestionStoppedError(RuntimeError):
    """The night can't go on: files that can't be read, or too many bad rows. The message says what to do."""


@dataclass(frozen=True)
class ObjectReport:
    """What happened to one object tonight.

    Attributes:
        source, name: the object.
        rows_read: rows of tonight's new files, good or bad.
        rows_added, rows_changed: keys that are new; keys whose content is another now.
        rows_rejected: rows in quarantine.
        files: new files, as paths relative to the exports.
        new_columns: columns seen for the first time that the catalogue doesn't know.
        missing_columns: declared columns that at least one new file lacks.
        stopped: one line per file that can't be read, with the file; nothing of the object was loaded then.
        first_rejects: `file:line: column: reason` of the first bad rows.
        rows_judged, rows_judged_bad: what `reject_limit` applies to: tonight's rows, and those of earlier files that
            were over the limit and are still there.
    """

    source: str
    name: str
    rows_read: int = 0
    rows_added: int = 0
    rows_changed: int = 0
    rows_rejected: int = 0
    files: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    first_rejects: tuple[str, ...] = ()
    rows_judged: int = 0
    rows_judged_bad: int = 0

    @property
    def label(self) -> str:
        return f"{self.source}/{self.name}"

    @property
    def rejected_share(self) -> float:
        """Share of bad rows among those judged; 0 when there are none."""
        return self.rows_judged_bad / self.rows_judged if self.rows_judged else 0.0


@dataclass(frozen=True)
class IngestionReport:
    """One report per object of the catalogue, in its order, and what was found in the exports and not read."""

    objects: tuple[ObjectReport, ...]
    warnings: tuple[str, ...]

    def of(self, label: str) -> ObjectReport:
        """The report of `source/object`."""
        return next(each for each in self.objects if each.label == label)


def raise_if_stopped(report: IngestionReport, reject_limit: float) -> None:
    """Stop the night when it must not go on.

    Raises:
        IngestionStoppedError: a file can't be read, or more than `reject_limit` of an object's rows are bad.
    """
    unreadable = [line for each in report.objects for line in each.stopped]
    over = [each for each in report.objects if each.rejected_share > reject_limit]
    parts = []
    if unreadable:
        parts.append(f"these files can't be read:\n{_indented(unreadable)}\n{REPAIR_FILES}")
    if over:
        told = _indented(_too_many(each) for each in over)
        parts.append(f"more than {reject_limit:.2%} of the rows are bad:\n{told}\n{REPAIR_ROWS}")
    if parts:
        raise IngestionStoppedError("\n".join(parts))


def _too_many(each: ObjectReport) -> str:
    examples = "".join(f"\n    {line}" for line in each.first_rejects)
    return f"{each.label}: {each.rows_judged_bad:,} of {each.rows_judged:,} rows ({each.rejected_share:.1%}){examples}"


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
