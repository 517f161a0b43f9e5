"""People who are easily taken for somebody else, and people whose name is written in another script."""

import numpy as np
import polars as pl

from sandbox import names

NAMESAKES = 0.004
FATHERS_AND_SONS = 0.0015
OTHER_SCRIPT = 0.008
EPOCH_DAY_OF_1950 = -7_305


def add_lookalikes(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """The people, some of them with a colleague's name; adds birth_date, lookalike and names in their own script.

    Args:
        rng: source of randomness.
        people: one row per person, colleagues next to each other: first_name, last_name, account.

    Returns:
        One row per person, with `lookalike` (namesake, father_and_son; null for most) and `own_first_name`,
        `own_last_name` (null where Latin letters are their own). Both of two lookalikes are marked.
    """
    size = len(people)
    luck, born = rng.random((2, size)), rng.integers(0, 46 * 365, size)
    has_colleague = (people["account"] == people["account"].shift(1)).fill_null(False).to_numpy()
    copies = has_colleague & (luck[0] < NAMESAKES + FATHERS_AND_SONS)
    copies &= ~np.concatenate([[False], copies[:-1]])
    is_son = copies & (luck[0] < FATHERS_AND_SONS)
    born = np.where(is_son, np.roll(born, 1) + 24 * 365 + born % 4000, born)
    kind = pl.Series(
        ["father_and_son" if son else "namesake" if copy else None for son, copy in zip(is_son, copies, strict=True)],
        dtype=pl.String,
    )
    first, last, own_first, own_last = _in_own_script(luck[1], rng, people)
    return people.with_columns(
        first_name=first.shift(1).zip_with(pl.Series(copies), first),
        last_name=last.shift(1).zip_with(pl.Series(copies), last),
        own_first_name=own_first.shift(1).zip_with(pl.Series(copies), own_first),
        own_last_name=own_last.shift(1).zip_with(pl.Series(copies), own_last),
        birth_date=pl.Series(EPOCH_DAY_OF_1950 + born).cast(pl.Int32).cast(pl.Date),
        lookalike=pl.coalesce(kind, kind.shift(-1)),
    )


def _in_own_script(
    luck: np.ndarray, rng: np.random.Generator, people: pl.DataFrame
) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    """First and last names in Latin letters, and in the person's own script."""
    row = np.flatnonzero(luck < OTHER_SCRIPT)
    language = rng.integers(0, len(names.OTHER_SCRIPTS), len(row))
    picks = rng.random((2, len(row)))
    chosen = [
        (first[int(one * len(first))], last[int(other * len(last))])
        for (first, last), one, other in zip(
            (names.OTHER_SCRIPTS[number] for number in language.tolist()), *picks.tolist(), strict=True
        )
    ]
    nothing = pl.Series([None] * len(people), dtype=pl.String)
    parts = [[pair[0][1] for pair in chosen], [pair[1][1] for pair in chosen],
             [pair[0][0] for pair in chosen], [pair[1][0] for pair in chosen]]  # fmt: skip
    # scatter writes into the series itself
    before = (people["first_name"], people["last_name"], nothing, nothing.clone())
    first, last, own_first, own_last = (
        series.scatter(row, part) if len(row) else series for series, part in zip(before, parts, strict=True)
    )
    return first, last, own_first, own_last
