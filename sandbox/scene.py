"""What the writers of rows need to know: the block, the window, and what Nightjar decided."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sandbox.block import Block
from sandbox.facts import Facts
from sandbox.seasons import Window
from sandbox.seeds import Ints

NO_DECISIONS = pl.DataFrame(schema={"decision_id": pl.String, "recipient": pl.String, "subject": pl.String})


@dataclass(frozen=True)
class Scene:
    """A window of a block's life that is to be exported.

    Attributes:
        block: who lives.
        happened: what happened, persons and touches as row numbers.
        window: the days. Rows emitted later wait for their day.
        is_first: the first export shows all records, a later one only what is new or changed.
        users: the sellers, one row each (user_id).
        decisions: Nightjar's decisions, one row per touch number.
        new_people: row number of the first person who is new in this window.
        new_accounts: the same for accounts.
    """

    block: Block
    happened: Facts
    window: Window
    is_first: bool
    users: pl.DataFrame
    rng: np.random.Generator
    decisions: pl.DataFrame = field(default_factory=NO_DECISIONS.clone)
    new_people: int = 0
    new_accounts: int = 0

    def people(self, person: Ints | pl.Series, *columns: str) -> pl.DataFrame:
        """Columns of people, one row per element of `person`."""
        return self.block.people.select(columns)[np.asarray(person)]

    def accounts(self, account: Ints | pl.Series, *columns: str) -> pl.DataFrame:
        """Columns of accounts, one row per element of `account`."""
        return self.block.accounts.select(columns)[np.asarray(account)]

    def ids(self, size: int, prefix: str, suffix: str = "") -> pl.Series:
        """New ids of rows, unique in the market within an object."""
        start = (self.window.after_last * 1000 + self.block.number) * 1_000_000
        return numbered(pl.Series(np.arange(start, start + size)), prefix, 14) + suffix

    def user_ids(self, owner: Ints | pl.Series) -> pl.Series:
        """The ids of sellers by row number (any number: taken modulo their count)."""
        return self.users["id"].gather(np.asarray(owner) % len(self.users))


def numbered(numbers: pl.Series, prefix: str, digits: int) -> pl.Series:
    """Ids like `00T00000000000042`."""
    return (prefix + numbers.cast(pl.String).str.zfill(digits)).alias("id")


def moment(at: Ints | pl.Series) -> pl.Series:
    """Epoch seconds as a UTC timestamp without zone."""
    return (pl.Series(at).cast(pl.Int64) * 1_000_000).cast(pl.Datetime("us"))


def account_ids(numbers: pl.Series) -> pl.Series:
    """Salesforce ids of accounts."""
    return "001" + numbers.cast(pl.String).str.zfill(12) + "AAA"


def constant(value: str | bool | None, size: int) -> pl.Series:
    """The same text (or truth value) so many times; None gives missing texts."""
    dtype = pl.Boolean if isinstance(value, bool) else pl.String
    return pl.repeat(value, size, dtype=dtype, eager=True)
