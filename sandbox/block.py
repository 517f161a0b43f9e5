"""A block: some thousand people with their companies, which live and are written without the others."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox import effects
from sandbox.accounts import NEVER

BLOCK_PEOPLE = 10_000
BLOCK_STRIDE = 100_000
RULES = 7


@dataclass
class PeopleState:
    """What changes about people; one element per row of `Block.people`. Days are day numbers."""

    warmth: NDArray[np.float32]
    fatigue: NDArray[np.float32]
    subdued_until: NDArray[np.int32]
    subdued_factor: NDArray[np.float32]
    is_unsubscribed: NDArray[np.bool_]
    has_bounced: NDArray[np.bool_]
    changed_day: NDArray[np.int32]
    contact_at: NDArray[np.int64]
    form_day: NDArray[np.int32]
    visit_day: NDArray[np.int32]
    pricing_day: NDArray[np.int32]
    track_day: NDArray[np.int32]
    click_day: NDArray[np.int32]
    rule_days: NDArray[np.int32]

    @classmethod
    def new(cls, people: pl.DataFrame) -> "PeopleState":
        size = len(people)
        long_ago = np.zeros(size, dtype=np.int32)
        return cls(
            warmth=np.zeros(size, dtype=np.float32),
            fatigue=np.zeros(size, dtype=np.float32),
            subdued_until=long_ago.copy(),
            subdued_factor=np.ones(size, dtype=np.float32),
            is_unsubscribed=people["is_unsubscribed_at_start"].to_numpy().copy(),
            has_bounced=np.zeros(size, dtype=bool),
            changed_day=long_ago.copy(),
            contact_at=people["contact_at"].to_numpy().copy(),
            form_day=long_ago.copy(),
            visit_day=long_ago.copy(),
            pricing_day=long_ago.copy(),
            track_day=long_ago.copy(),
            click_day=long_ago.copy(),
            rule_days=np.zeros((size, RULES), dtype=np.int32),
        )


@dataclass
class AccountState:
    """What changes about accounts; one element per row of `Block.accounts`. Days are day numbers."""

    open_until: NDArray[np.int64]
    customer_since: NDArray[np.int64]
    churn_day: NDArray[np.int64]
    project_start: NDArray[np.int64]
    project_until: NDArray[np.int64]

    @classmethod
    def new(cls, accounts: pl.DataFrame) -> "AccountState":
        start = accounts["project_start"].to_numpy()
        return cls(
            open_until=np.zeros(len(accounts), dtype=np.int64),
            customer_since=accounts["customer_since"].to_numpy().copy(),
            churn_day=accounts["churn_day"].to_numpy().copy(),
            project_start=start.copy(),
            project_until=np.where(start < NEVER // 2, start + accounts["project_days"].to_numpy(), 0),
        )


@dataclass
class Block:
    """People and accounts with their state; `people.account` is a row number of `accounts`."""

    number: int
    accounts: pl.DataFrame
    people: pl.DataFrame
    account_state: AccountState
    people_state: PeopleState

    @classmethod
    def new(cls, number: int, accounts: pl.DataFrame, people: pl.DataFrame) -> "Block":
        return cls(number, accounts, people, AccountState.new(accounts), PeopleState.new(people))

    def add(self, accounts: pl.DataFrame, people: pl.DataFrame) -> None:
        """Let accounts and people arrive."""
        self.accounts = pl.concat([self.accounts, accounts]).rechunk()
        self.people = pl.concat([self.people, people]).rechunk()
        self.account_state = _append(self.account_state, AccountState.new(accounts))
        self.people_state = _append(self.people_state, PeopleState.new(people))

    def column(self, name: str) -> NDArray[Any]:
        """A column of `people` as an array."""
        return self.people[name].to_numpy()

    def account_of(self, person: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row numbers of the accounts of people."""
        return self.people["account"].to_numpy()[person]

    def scores(self, person: NDArray[np.int64]) -> NDArray[np.floating]:
        """[n, actions] true scores of people today."""
        fixed = self.people.select(f"score_{name}" for name in effects.ACTION_IDS)[person].to_numpy()
        return effects.scores_today(fixed, self.people_state.warmth[person])

    def save_state(self, folder: Path) -> None:
        """Write what changes to `<folder>/<number>.{people,accounts}.parquet`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, state in (("people", self.people_state), ("accounts", self.account_state)):
            frame = pl.DataFrame({field.name: getattr(state, field.name) for field in fields(state)})
            frame.write_parquet(folder / f"{self.number:05d}.{name}.parquet")

    @classmethod
    def load(cls, number: int, accounts: pl.DataFrame, people: pl.DataFrame, folder: Path) -> "Block":
        """The block with the state that `save_state` wrote."""
        stem = f"{folder}/{number:05d}"
        account_state = _read(AccountState, Path(f"{stem}.accounts.parquet"))
        return cls(number, accounts, people, account_state, _read(PeopleState, Path(f"{stem}.people.parquet")))


State = TypeVar("State", PeopleState, AccountState)


def _read(kind: type[State], path: Path) -> State:
    frame = pl.read_parquet(path)
    return kind(**{field.name: frame[field.name].to_numpy().copy() for field in fields(kind)})


def _append(state: State, more: State) -> State:
    names = [field.name for field in fields(state)]
    return type(state)(**{name: np.concatenate([getattr(state, name), getattr(more, name)]) for name in names})
