"""At which company a person was when, from dated evidence that names several.

A record's claim (a CRM's account, the domain of an address) and the first sign of life at a company are news: the
person is there from then on. Later signs of life at a company that was left are not, unless the present one has been
silent: people answer mail at an old address for a while, and some work for two companies. A company whose addresses all
bounce is left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

# Without evidence for this long, the present company gives way to another that shows signs of life.
SILENCE = timedelta(days=90)
ANSWERS = frozenset({"mail_engagement", "form", "login"})
BOUNCE = "bounce"
PERIODS: dict[str, pl.DataType] = {
    "contact_id": pl.String(),
    "account_id": pl.String(),
    "valid_from": pl.Datetime("us"),
    "valid_until": pl.Datetime("us"),
    "evidence": pl.String(),
    "evidence_at": pl.Datetime("us"),
}


@dataclass(frozen=True)
class Evidence:
    """A moment (UTC) at which something says that the person is at a company; or, for a bounce, is there no more."""

    account_id: str
    seen_at: datetime
    evidence: str


@dataclass
class _History:
    """What is known while the evidence is read, oldest first."""

    present: str | None = None
    last_seen: dict[str, datetime] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    def account_after(self, event: Evidence) -> str | None:
        """The company at which the person is once this is known."""
        if event.evidence == BOUNCE:
            return self._after_bounce(event)
        is_news = event.evidence not in ANSWERS or event.account_id not in self.last_seen
        self.last_seen[event.account_id] = event.seen_at
        self.left.discard(event.account_id)
        if self.present is None or is_news or self.present in self.left:
            return event.account_id
        is_silent = event.seen_at - self.last_seen[self.present] >= SILENCE
        return event.account_id if is_silent else self.present

    def _after_bounce(self, event: Evidence) -> str | None:
        if event.account_id not in self.last_seen:
            return self.present
        self.left.add(event.account_id)
        others = [(seen_at, account) for account, seen_at in self.last_seen.items() if account not in self.left]
        return max(others)[1] if event.account_id == self.present and others else self.present


def moves(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence that began each stay at a company; of several at one moment the last counts.

    Args:
        evidence: of one person, oldest first; at one moment the better source last.
    """
    history = _History()
    begun: list[Evidence] = []
    for event in evidence:
        account = history.account_after(event)
        if account is None or account == history.present:
            continue
        history.present = account
        while begun and begun[-1].seen_at == event.seen_at:
            begun.pop()
        if not begun or begun[-1].account_id != account:
            begun.append(Evidence(account, event.seen_at, event.evidence))
    return begun


def membership_periods(evidence: pl.DataFrame) -> pl.DataFrame:
    """When each person was at which company, of people with evidence for several.

    Args:
        evidence: one row per person and evidence, in any order: `contact_id`, `account_id`, `seen_at` (UTC),
            `evidence`, `precedence` (of two at one moment the greater counts). Rows without a time are left out.

    Returns:
        one row per person and stay, oldest first: `contact_id`, `account_id`, `valid_from` (null: since ever, on the
        first), `valid_until` (null: until further notice, on the last; else the next one's `valid_from`), `evidence`
        and `evidence_at` (what began the stay). People with evidence for one company alone have no row.
    """
    several = evidence.filter(pl.col("account_id").n_unique().over("contact_id") > 1, pl.col("seen_at").is_not_null())
    ordered = several.sort("contact_id", "seen_at", "precedence", "account_id", "evidence")
    columns = ("contact_id", "account_id", "seen_at", "evidence")
    return pl.DataFrame(list(_stays(ordered.select(columns).iter_rows())), PERIODS, orient="row")


def _stays(rows: Iterable[tuple[str, str, datetime, str]]) -> Iterator[tuple[object, ...]]:
    people: dict[str, list[Evidence]] = {}
    for contact_id, account_id, seen_at, kind in rows:
        people.setdefault(contact_id, []).append(Evidence(account_id, seen_at, kind))
    for contact_id, theirs in people.items():
        begun = moves(theirs)
        for number, stay in enumerate(begun):
            until = begun[number + 1].seen_at if number + 1 < len(begun) else None
            yield contact_id, stay.account_id, stay.seen_at if number else None, until, stay.evidence, stay.seen_at
