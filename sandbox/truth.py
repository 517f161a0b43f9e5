"""The truth about the market, for tests and benchmarks only. It lies beside the exports, never in them."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from sandbox import effects
from sandbox.block import BLOCK_STRIDE, Block
from sandbox.known_records import RECORD_COLUMNS, RECORD_SOURCES, company_records, person_records
from sandbox.mess_labels import company_record_kinds, person_record_kinds
from sandbox.seasons import day_number

GOALS = ("reply", "meeting", "opportunity", "win")


class TruthError(RuntimeError):
    """The truth is missing or belongs to another day; the message says what to do."""


@dataclass(frozen=True)
class Market:
    """What a market was made with. From `shock_on` each action does what another of its channel did before."""

    contacts: int
    start: date
    seed: int
    events_per_contact: float
    count_blocks: int
    shock_on: date | None = None


def truth_dir(exports: Path) -> Path:
    """The sibling of the exports that holds their truth."""
    exports = exports.resolve()
    return exports.with_name(exports.name + ".truth")


@dataclass(frozen=True)
class Truth:
    """The truth of one market."""

    folder: Path
    market: Market

    @classmethod
    def create(cls, exports: Path, market: Market) -> "Truth":
        """A new truth; an old one of the same exports is removed."""
        folder = truth_dir(exports)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        text = json.dumps(asdict(market), indent=1, default=date.isoformat)
        (folder / "market.json").write_text(text)
        return cls(folder, market)

    @classmethod
    def load(cls, exports: Path) -> "Truth":
        """The truth of exports that `create_market` made.

        Raises:
            TruthError: there is none.
        """
        path = truth_dir(exports) / "market.json"
        if not path.is_file():
            raise TruthError(f"no simulated market at {exports}: {path} is missing; make one with --contacts")
        content = json.loads(path.read_text())
        dates = {name: date.fromisoformat(content[name]) for name in ("start", "shock_on") if content.get(name)}
        return cls(path.parent, Market(**{**content, **dates}))

    def last_day(self) -> date:
        """The day until which (exclusive) the market has lived."""
        days = sorted(path.name for path in (self.folder / "state").iterdir() if not path.name.startswith("."))
        return date.fromisoformat(days[-1])

    def has_state(self, day: date) -> bool:
        return self.state_dir(day).is_dir()

    def state_dir(self, day: date) -> Path:
        return self.folder / "state" / day.isoformat()

    def save_people(self, block: Block, day: date, first_person: int, first_account: int) -> None:
        """Keep the people and accounts who came to be known until `day`."""
        for name, frame in (("people", block.people[first_person:]), ("accounts", block.accounts[first_account:])):
            path = self.folder / name / f"{block.number:05d}-{day}.parquet"
            path.parent.mkdir(exist_ok=True)
            frame.write_parquet(path)

    def _table(self, name: str, day: date, block: int | None = None, columns: list[str] | None = None) -> pl.DataFrame:
        pattern = "*.parquet" if block is None else f"{block:05d}-*.parquet"
        paths = [path for path in sorted((self.folder / name).glob(pattern)) if path.stem[6:] <= day.isoformat()]
        return pl.concat([pl.read_parquet(path, columns=columns) for path in paths]).rechunk()

    def _people(self, day: date, block: int | None = None) -> pl.DataFrame:
        people = self._table("people", day, block)
        shock_on = self.market.shock_on
        return people if shock_on is None or day < shock_on else effects.with_scores_swapped(people)

    def block(self, number: int, day: date) -> Block:
        """A block as it is at the start of `day`."""
        if not self.has_state(day):
            raise TruthError(f"the market has no state of {day}; it has lived until {self.last_day()}")
        accounts, people = self._table("accounts", day, number), self._people(day, number)
        return Block.load(number, accounts, people, self.state_dir(day))

    def people(self, day: date | None = None) -> pl.DataFrame:
        """Everybody. One row per true person, with persona, true scores per action and what each system holds."""
        return self._people(day or self.last_day())

    def records(self, day: date | None = None) -> pl.DataFrame:
        """Who is who. One row per source record and person: source, object, source_id, person_id, email, is_valid.

        A shared device (segment/anonymous) has a row for each of its people. Records may be listed before (or
        without) being exported: a CRM contact that a person only becomes later.
        """
        people = self._table("people", day or self.last_day(), columns=list(RECORD_SOURCES))
        return person_records(people).select(RECORD_COLUMNS)

    def record_kinds(self, day: date | None = None) -> pl.DataFrame:
        """What is wrong where. One row per source record and kind of mess: source, object, source_id, kind.

        Company records (salesforce/account, hubspot/company) are among them. Records that aren't exported yet, too.
        """
        day = day or self.last_day()
        kinds = [person_record_kinds(self._table("people", day)), company_record_kinds(self._table("accounts", day))]
        return pl.concat(kinds).unique().sort(pl.all())

    def accounts(self, day: date | None = None) -> pl.DataFrame:
        """Which company is which. One row per company record: source, object, source_id, company_id, parent_id.

        `company_id` is the true company; `parent_id` the company_id of the one it belongs to, null for most.
        """
        return company_records(self._table("accounts", day or self.last_day()))

    def effects(self, day: date | None = None) -> pl.DataFrame:
        """What each action would do to each person today. One row per person and action.

        Columns: person_id, action_id, score, and for each goal the change of its probability within the goal's
        horizon: reply, meeting, opportunity, win. Seasons and undelivered e-mail aside.
        """
        day = day or self.last_day()
        return pl.concat([block_effects(self.block(number, day), day) for number in range(self.market.count_blocks)])

    def oracle_values(self, values_cents: Mapping[str, float], day: date | None = None) -> pl.DataFrame:
        """The true expected value of each action, in cents. One row per person and action: person_id, action_id,
        value_cents.

        Args:
            values_cents: goal (reply, meeting, opportunity, win) → its worth, weight included.
            day: as of which day; None means the last.
        """
        total = sum((pl.col(goal) * value for goal, value in values_cents.items()), pl.lit(0.0))
        return self.effects(day).select("person_id", "action_id", value_cents=total)


def block_effects(block: Block, day: date) -> pl.DataFrame:
    """True effects in a block. One row per person and action."""
    person = np.arange(len(block.people))
    state = block.people_state
    scores = block.scores(person)
    is_mail = effects.CHANNELS == "email"
    deaf = (state.is_unsubscribed | block.column("is_dead_mailbox"))[:, None] & is_mail
    strength = np.maximum(scores, 0) * effects.wear(state.fatigue)[:, None] * ~deaf
    lost = np.minimum(effects.subdued_factor(scores) - 1.0, 0.0)
    reply = effects.REPLY_SCALE * strength + lost * 7 * block.column("reply_rate")[:, None]
    meeting = (
        effects.MEETING_SCALE * strength + lost * effects.SUBDUED_DAYS * block.column("meeting_rate")[:, None]
        + effects.MEETING_AFTER_REPLY * reply
    )  # fmt: skip
    is_free = block.account_state.open_until[block.column("account")] < day_number(day)
    opportunity = meeting * (block.column("opportunity_chance") * is_free)[:, None]
    win = opportunity * block.column("win_chance")[:, None]
    count = len(effects.ACTION_IDS)
    return pl.DataFrame(
        {
            "person_id": np.repeat(block.column("person_id"), count),
            "action_id": list(effects.ACTION_IDS) * len(person),
            "score": scores.ravel(),
            **{goal: values.ravel() for goal, values in zip(GOALS, (reply, meeting, opportunity, win), strict=True)},
        }
    )


def block_of(person_id: int) -> int:
    """The block in which a person lives."""
    return person_id // BLOCK_STRIDE
