"""New people, every day: at companies that are known, and at new ones."""

import numpy as np
import polars as pl

from sandbox.accounts import NEVER, make_accounts
from sandbox.block import BLOCK_PEOPLE, BLOCK_STRIDE, Block
from sandbox.facts import Facts
from sandbox.people import make_people
from sandbox.records import record_people
from sandbox.seasons import SECONDS, season
from sandbox.seeds import Ints
from sandbox.truth import Market

NEW_PER_DAY = 0.0012
AT_KNOWN_ACCOUNTS = 0.55


def arrive(block: Block, market: Market, day: int, count_users: int, rng: np.random.Generator) -> Ints:
    """Let new people arrive in a block on a day. Returns their row numbers."""
    initial = min(BLOCK_PEOPLE, market.contacts - block.number * BLOCK_PEOPLE)
    size = int(rng.poisson(initial * NEW_PER_DAY * float(season(np.array([day]))[0])))
    if not size:
        return np.empty(0, dtype=np.int64)
    old_people, old_accounts = len(block.people), len(block.accounts)
    at_known = rng.random(size) < AT_KNOWN_ACCOUNTS
    count_new = int((~at_known).sum())
    accounts = _new_accounts(block, day, count_new, count_users, rng)
    account = rng.integers(0, old_accounts, size)
    account[~at_known] = old_accounts + np.arange(count_new)
    created_at = day * SECONDS + rng.integers(6 * 3600, 20 * 3600, size)
    local = old_people + np.arange(size)
    phones = market.count_blocks * BLOCK_PEOPLE + (local - initial) * market.count_blocks + block.number
    everyone = pl.concat([block.accounts, accounts])
    people = make_people(
        rng,
        block.number * BLOCK_STRIDE + local,
        phone_numbers=phones,
        account=account,
        accounts=everyone,
        created_at=created_at,
    )
    taken = pl.col("email").is_in(block.people["email"].implode())
    parts = pl.col("email").str.split("@").list
    numbered = pl.format("{}{}@{}", parts.first(), pl.col("person_id") % 99_991, parts.last())
    people = people.with_columns(email=pl.when(taken).then(numbered).otherwise("email"))
    block.add(accounts, record_people(rng, people, everyone))
    return local


def _new_accounts(block: Block, day: int, count: int, count_users: int, rng: np.random.Generator) -> pl.DataFrame:
    numbers = block.number * BLOCK_STRIDE + len(block.accounts) + np.arange(count)
    accounts = make_accounts(rng, numbers, np.ones(count, dtype=np.int64), count_users, day)
    never = pl.lit(NEVER, dtype=pl.Int64)
    looks = pl.Series(rng.random(count) < 0.3)
    return accounts.with_columns(
        customer_since=never,
        churn_day=never,
        created_at=pl.lit(day * SECONDS + 5 * 3600, dtype=pl.Int64),
        project_start=pl.when(looks).then(pl.lit(day, dtype=pl.Int64)).otherwise(never),
    )


def introduce(block: Block, newcomers: Ints, day: int, rng: np.random.Generator, happened: Facts) -> None:
    """Most newcomers came through a form on the website."""
    came = newcomers[rng.random(len(newcomers)) < 0.6]
    at = block.column("created_at")[came]
    happened.add("session", came, at - 60, -1)
    happened.add("form", came, at, rng.integers(0, 4, len(came)))
    block.people_state.form_day[came] = day
    block.people_state.visit_day[came] = day
    block.people_state.warmth[came] += np.float32(0.6)
