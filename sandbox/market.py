"""Makes a market and its first exports."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from sandbox.accounts import contacts_per_account, make_accounts
from sandbox.block import BLOCK_PEOPLE, BLOCK_STRIDE, Block
from sandbox.company import ad_spend, campaigns, make_users
from sandbox.days import live
from sandbox.exporting import export_scene
from sandbox.marketing_activity import email_campaigns
from sandbox.people import HISTORY_DAYS, make_people
from sandbox.records import record_people
from sandbox.rules import rule_rows
from sandbox.scene import Scene
from sandbox.seasons import SECONDS, Window, day_number, day_of
from sandbox.seeds import HISTORY, PEOPLE, generator
from sandbox.truth import Market, Truth, TruthError, truth_dir
from sandbox.writing import ExportWriter

DEFAULT_EVENTS = 15.0


def create_market(
    exports: Path,
    contacts: int,
    start: date,
    seed: int,
    events_per_contact: float = DEFAULT_EVENTS,
    *,
    shock_on: date | None = None,
) -> None:
    """Make a market of `contacts` people and write its first exports: what happened before `start`.

    Exports and truth of an earlier market in the same place are removed.

    Args:
        exports: the folder to fill.
        contacts: number of true people; their records are more.
        start: the first night; all of history is before its 00:00 UTC.
        seed: the same seed gives the same market, byte for byte.
        events_per_contact: about how many events each person has in history.
        shock_on: from this day on, each action does to each person what another one of its channel did before.

    Raises:
        TruthError: the folder holds something else than a simulated market.
    """
    count_blocks = -(-contacts // BLOCK_PEOPLE)
    _make_room(exports)
    truth = Truth.create(exports, Market(contacts, start, seed, events_per_contact, count_blocks, shock_on))
    users = make_users(seed, contacts, start)
    writer = ExportWriter(exports, start)
    write_company(writer, truth.market, users)
    last_day = day_number(start)
    for number in range(count_blocks):
        size = min(BLOCK_PEOPLE, contacts - number * BLOCK_PEOPLE)
        block = make_block(seed, number, size, len(users), last_day)
        rng = generator(seed, HISTORY, number)
        nobody = np.zeros(size, dtype=bool)
        window = Window(last_day - HISTORY_DAYS, last_day)
        happened = live(block, rng, window, events_per_contact / DEFAULT_EVENTS, managed=nobody, sent={})
        export_scene(Scene(block, happened, window, is_first=True, users=users, rng=rng), writer)
        truth.save_people(block, start, 0, 0)
        block.save_state(truth.state_dir(start))
    writer.close()
    save_late(writer, truth.state_dir(start))


def _make_room(exports: Path) -> None:
    if not exports.exists() or not any(exports.iterdir()):
        return
    if not truth_dir(exports).is_dir():
        raise TruthError(f"{exports} holds files that aren't a simulated market's: choose an empty folder")
    shutil.rmtree(exports)


def make_block(seed: int, number: int, size: int, count_users: int, last_day: int) -> Block:
    """People and accounts of a block as history begins; some become known only during history."""
    rng = generator(seed, PEOPLE, number)
    sizes = contacts_per_account(rng, size)
    account_numbers = number * BLOCK_STRIDE + np.arange(len(sizes))
    accounts = make_accounts(rng, account_numbers, sizes, count_users, last_day - HISTORY_DAYS)
    local = np.arange(size)
    account = np.repeat(np.arange(len(sizes)), sizes)
    age = np.where(rng.random(size) < 0.7, HISTORY_DAYS + rng.random(size) * 700, 1 + rng.random(size) * HISTORY_DAYS)
    created_at = last_day * SECONDS - (age * SECONDS).astype(np.int64)
    people = make_people(
        rng,
        number * BLOCK_STRIDE + local,
        phone_numbers=number * BLOCK_PEOPLE + local,
        account=account,
        accounts=accounts,
        created_at=created_at,
    )
    return Block.new(number, accounts, record_people(rng, people, accounts))


def write_company(writer: ExportWriter, market: Market, users: pl.DataFrame) -> None:
    """Write what doesn't belong to a block."""
    first = market.start - timedelta(days=HISTORY_DAYS)
    before = (day_number(first) - 10) * SECONDS
    emitted = pl.lit(day_of(day_number(first))).cast(pl.Datetime("us"))
    writer.add("salesforce/user", users)
    writer.add("salesforce/campaign", campaigns(market.start))
    writer.add("hubspot/email_campaign", email_campaigns().with_columns(_fivetran_synced=emitted, emit_at=emitted))
    writer.add("automation/rule", rule_rows(before, before).with_columns(emit_at=emitted))
    writer.add("ads/spend", ad_spend(market.seed, market.contacts, first, market.start))


def save_late(writer: ExportWriter, folder: Path) -> None:
    """Keep the rows whose day hasn't come."""
    for name, frames in sorted(writer.late.items()):
        path = folder / "late" / f"{name.replace('/', '.')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.concat(frames).write_parquet(path)
