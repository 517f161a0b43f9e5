"""Tables that are a function of their key: only what is new is computed, and what is gone leaves."""

from collections.abc import Callable

import polars as pl


def changed_rows(
    found: pl.DataFrame, known: pl.DataFrame, compute: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """What must change so that a table is as if it were computed anew.

    Args:
        found: the keys that the table is to have, each once.
        known: the keys that it has, with the same columns. A key may have nulls.
        compute: the rows of some keys, which depend on nothing else.

    Returns:
        one row per key that is new (`is_gone` false) or gone (`is_gone` true, all but the key null).
    """
    keys = found.columns
    new = found.join(known, on=keys, how="anti", nulls_equal=True)
    gone = known.select(keys).join(found, on=keys, how="anti", nulls_equal=True)
    made = compute(new).with_columns(is_gone=pl.lit(False))
    return pl.concat([made, gone.with_columns(is_gone=pl.lit(True))], how="diagonal")
