"""The market lives through a day and answers to what Nightjar published for it."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from sandbox.arrivals import arrive, introduce
from sandbox.block import BLOCK_STRIDE, Block
from sandbox.company import ad_spend, make_users
from sandbox.days import live
from sandbox.exporting import export_scene
from sandbox.market import DEFAULT_EVENTS, save_late
from sandbox.marketing_activity import result_rows
from sandbox.published import NOTHING, TOUCHES, AnswerError, Published, read_published
from sandbox.reactions import Touches
from sandbox.scene import Scene
from sandbox.seasons import SECONDS, Window, day_number
from sandbox.seeds import ARRIVALS, DAY, PUBLISHED, generator
from sandbox.truth import Truth
from sandbox.writing import ExportWriter

__all__ = ["AnswerError", "answer_night"]

STATES_KEPT = 3
DECISIONS_KEPT_DAYS = 120


def answer_night(exports: Path, home: Path, night: date) -> None:
    """Let people act during the day of `night` and write the next day's exports.

    Days between the market's last one and `night` pass without decisions. The night that was answered last can be
    answered again: the same input gives the same files.

    Args:
        exports: the exports that `create_market` made.
        home: Nightjar's home, with `published/<night>/`.
        night: the night whose published tables people answer to.

    Raises:
        AnswerError: nothing was published for the night, or the market has lived past it.
        TruthError: there is no simulated market behind the exports.
    """
    truth = Truth.load(exports)
    day = truth.last_day()
    if night < day:
        if night != day - timedelta(days=1) or not truth.has_state(night):
            raise AnswerError(f"the market has lived until {day}; night {night} can't be answered any more")
        day = night
    rng = generator(truth.market.seed, PUBLISHED, day_number(night))
    known = _decisions_known(truth, day)["decision_id"]
    published = read_published(home, night, truth.records(day), known, rng)
    while day < night:
        _live_day(truth, exports, day, NOTHING)
        day += timedelta(days=1)
    _live_day(truth, exports, night, published)


@dataclass(frozen=True)
class Today:
    """What all blocks share on a day: the sellers, the touches that reach people (one row each), who is managed."""

    date: date
    users: pl.DataFrame
    touches: pl.DataFrame
    managed: pl.Series


def _live_day(truth: Truth, exports: Path, day: date, published: Published) -> None:
    """One day of the whole market, block by block; its rows are exported on the next day."""
    tomorrow = day + timedelta(days=1)
    for path in exports.glob(f"*/*/{tomorrow}-*"):
        path.unlink()
    folder, market = truth.state_dir(tomorrow), truth.market
    temporary = folder.with_name(f".{folder.name}")
    for stale in (folder, temporary):
        shutil.rmtree(stale, ignore_errors=True)
    writer = ExportWriter(exports, tomorrow)
    for path in sorted((truth.state_dir(day) / "late").glob("*.parquet")):
        writer.add(path.stem.replace(".", "/"), pl.read_parquet(path))
    waiting = _read_state(truth, day, "touches", TOUCHES)
    touches = pl.concat([waiting, published.touches])
    is_now = touches["at"] < day_number(tomorrow) * SECONDS
    users = make_users(market.seed, market.contacts, market.start)
    for number in range(market.count_blocks):
        block = truth.block(number, day)
        today = Today(day, users, touches.filter(is_now), published.managed)
        export_scene(_live_block(truth, block, today), writer)
        block.save_state(temporary)
    writer.add("ads/spend", ad_spend(market.seed, market.contacts, day, tomorrow))
    writer.add("delivery/result", result_rows(*published.results.get_columns()))
    writer.close()
    save_late(writer, temporary)
    touches.filter(~is_now).write_parquet(temporary / "touches.parquet")
    _keep_decisions(truth, day, published).write_parquet(temporary / "decisions.parquet")
    temporary.rename(folder)
    _forget_old_states(truth)


def _live_block(truth: Truth, block: Block, today: Today) -> Scene:
    """A day of a block; its newcomers are kept in the truth."""
    market, day = truth.market, day_number(today.date)
    first_person, first_account = len(block.people), len(block.accounts)
    newcomers = arrive(block, market, day, len(today.users), generator(market.seed, ARRIVALS, block.number, day))
    rng, window = generator(market.seed, DAY, block.number, day), Window(day, day + 1)
    sent = {day: _touches_of(block, today.touches)}
    managed = np.zeros(len(block.people), dtype=bool)
    managed[_rows_in_block(block, today.managed)] = True
    happened = live(block, rng, window, market.events_per_contact / DEFAULT_EVENTS, managed=managed, sent=sent)
    introduce(block, newcomers, day, rng, happened)
    truth.save_people(block, today.date + timedelta(days=1), first_person, first_account)
    return Scene(
        block, happened, window, is_first=False, users=today.users, rng=rng, decisions=today.touches,
        new_people=first_person, new_accounts=first_account,
    )  # fmt: skip


def _rows_in_block(block: Block, person_ids: pl.Series) -> np.ndarray:
    numbers = person_ids.to_numpy()
    return numbers[numbers // BLOCK_STRIDE == block.number] % BLOCK_STRIDE


def _touches_of(block: Block, touches: pl.DataFrame) -> Touches:
    """Those of a block, with row numbers for people and touches."""
    mine = touches.with_row_index("touch").filter(pl.col("person_id") // BLOCK_STRIDE == block.number)
    return Touches(
        mine["person_id"].to_numpy() % BLOCK_STRIDE,
        mine["at"].to_numpy(),
        mine["action"].to_numpy(),
        mine["campaign"].to_numpy(),
        mine["touch"].cast(pl.Int64).to_numpy(),
        mine["is_deliverable"].to_numpy(),
    )


def _read_state(truth: Truth, day: date, name: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    path = truth.state_dir(day) / f"{name}.parquet"
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=schema)


def _decisions_known(truth: Truth, day: date) -> pl.DataFrame:
    """Decisions that were acted on before `day`: decision_id, day."""
    return _read_state(truth, day, "decisions", {"decision_id": pl.String, "day": pl.Int64})


def _keep_decisions(truth: Truth, day: date, published: Published) -> pl.DataFrame:
    known = _decisions_known(truth, day).filter(pl.col("day") >= day_number(day) - DECISIONS_KEPT_DAYS)
    decided = pl.concat([published.touches["decision_id"], published.results["decision_id"]])
    return pl.concat(
        [
            known,
            pl.DataFrame(
                {"decision_id": decided, "day": pl.repeat(day_number(day), len(decided), dtype=pl.Int64, eager=True)}
            ),
        ]
    )


def _forget_old_states(truth: Truth) -> None:
    states = sorted(path for path in (truth.folder / "state").iterdir() if not path.name.startswith("."))
    for path in states[:-STATES_KEPT]:
        shutil.rmtree(path)
