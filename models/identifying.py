"""Numbers that name a person: no model learns from them, as it would learn people by heart."""

import polars as pl

from models.encoding import TRAITS_COLUMN, FeatureEncoder
from models.leaks import LeftOut

LEAST_PEOPLE = 200
# Of all people, the share with a number that nobody else has.
LEAST_SHARE_UNIQUE = 0.99
# Numbers given in turn lie close together; codes have one length. Amounts are neither.
MOST_SPREAD, LEAST_SHARE_OF_ONE_LENGTH, LEAST_DIGITS = 20, 0.95, 4


def find_identifiers(rows: pl.DataFrame, encoder: FeatureEncoder) -> tuple[LeftOut, ...]:
    """The business's own numbers that are another for every person, and are given in turn or have one length.

    Text needs no such care: the encoder keeps only levels that many have in common.

    Args:
        rows: one row per contact and date, with contact_id and traits.
    """
    numbers = [column.name for column in encoder.columns if column.is_trait and column.kind == "number"]
    return tuple(
        LeftOut(name, f"names a person: {reason}") for name in numbers if (reason := _why_it_names(rows, name))
    )


def _why_it_names(rows: pl.DataFrame, name: str) -> str:
    text = pl.col(TRAITS_COLUMN).str.json_path_match(f"$.{name}").alias("text")
    known = rows.select("contact_id", text).drop_nulls().unique()
    numbers = known.with_columns(number=pl.col("text").str.strip_suffix(".0").cast(pl.Int64, strict=False))
    people = numbers["contact_id"].n_unique()
    if people < LEAST_PEOPLE or numbers.height > people or numbers["number"].null_count():
        return ""
    unique = numbers["number"].n_unique() / people
    if unique < LEAST_SHARE_UNIQUE:
        return ""
    lowest, highest = int(numbers["number"].min()), int(numbers["number"].max())  # type: ignore[arg-type]
    if highest - lowest < MOST_SPREAD * people:
        return f"{unique:.0%} of {people:,} people have a number of their own, given in turn"
    digits = numbers["number"].abs().cast(pl.String).str.len_chars()
    length, count = digits.value_counts(sort=True).row(0)
    if length >= LEAST_DIGITS and count >= LEAST_SHARE_OF_ONE_LENGTH * people:
        return f"{unique:.0%} of {people:,} people have a number of their own, of {length} digits"
    return ""
