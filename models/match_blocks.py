"""Which pairs of records are worth comparing: those that share a key of some blocking rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

# what a rule may take of all pairs; the fine ones find the same pairs again and again
FINE_PART, COARSE_PART = 1 / 4, 1 / 60
PLACES = 2**32  # more than there are records or texts, so that two of their numbers fit into one


@dataclass(frozen=True)
class BlockingRule:
    """Records with equal values of `columns` share a block; `last_name:3` means its first three letters.

    Most pairs of a coarse rule are two people.
    """

    name: str
    columns: tuple[str, ...]
    is_coarse: bool = False


def block_limits(
    records: pl.DataFrame, rules: Sequence[BlockingRule], largest_block: int, pairs_per_record: float, most_pairs: float
) -> dict[str, int]:
    """For each rule, how many records a block may have.

    The small blocks say most; larger ones are taken until a rule gives `pairs_per_record` pairs per record, or its part
    of `most_pairs`. So the number of pairs doesn't grow with the square of the number of records.
    """
    affordable = most_pairs / max(len(records), 1)
    codes = _codes(records, rules)
    return {
        rule.name: _limit(
            _sized(_keys(codes, rule)),
            len(records),
            largest_block,
            min(pairs_per_record, affordable * (COARSE_PART if rule.is_coarse else FINE_PART)),
        )
        for rule in rules
    }


def candidate_pairs(
    records: pl.DataFrame,
    rules: Sequence[BlockingRule],
    limits: Mapping[str, int],
    changed: pl.Series | None = None,
) -> pl.DataFrame:
    """Pairs of records that share a block which isn't too large.

    Args:
        records: unique `record_key` and the columns that the rules name.
        limits: see `block_limits`.
        changed: only pairs with one of these records; None means all.

    Returns:
        one row per pair, in order: `left_record`, `right_record`, left before right.
    """
    ordered = records.sort("record_key")
    codes, keys = _codes(ordered, rules), ordered["record_key"]
    is_changed = None if changed is None else keys.is_in(changed.implode())
    found = [_pairs(_keys(codes, rule), limits[rule.name], is_changed) for rule in rules]
    # two places in one number are quicker to compare than two numbers
    numbers = pl.concat(found).select(pair=pl.col("row").cast(pl.UInt64) * PLACES + pl.col("row_right"))
    pairs = numbers["pair"].unique().sort()
    return pl.DataFrame({"left_record": keys.gather(pairs // PLACES), "right_record": keys.gather(pairs % PLACES)})


def _codes(records: pl.DataFrame, rules: Sequence[BlockingRule]) -> dict[str, pl.Series]:
    """For each part of a blocking key, a number per record: the same for the same text, null without one."""
    parts = sorted({part for rule in rules for part in rule.columns})
    texts = {part: records.select(_part(part)).to_series() for part in parts}
    return {part: text.cast(pl.Categorical).to_physical().cast(pl.UInt64) for part, text in texts.items()}


def _keys(codes: Mapping[str, pl.Series], rule: BlockingRule) -> pl.DataFrame:
    """The key of every record that has one: `row` (its place) and `key` (a number)."""
    first, *others = rule.columns
    key = codes[first]
    for place, part in enumerate(others):
        key = (key if place == 0 else key.rank("dense").cast(pl.UInt64)) * PLACES + codes[part]
    return pl.DataFrame({"key": key}).with_row_index("row").drop_nulls("key")


def _part(column: str) -> pl.Expr:
    name, _, length = column.partition(":")
    return pl.col(name).str.slice(0, int(length)) if length else pl.col(name)


def _sized(keyed: pl.DataFrame) -> pl.DataFrame:
    return keyed.with_columns(size=pl.len().over("key"))


def _limit(blocks: pl.DataFrame, count_records: int, largest_block: int, pairs_per_record: float) -> int:
    sizes = blocks.filter(pl.col("size").is_between(2, largest_block)).group_by("size").len().sort("size")
    pairs = sizes.select((pl.col("len") * (pl.col("size") - 1) / 2).cum_sum()).to_series()
    affordable = sizes.filter(pairs <= pairs_per_record * count_records)["size"]
    return max(affordable.to_list(), default=1)


def _pairs(keyed: pl.DataFrame, limit: int, is_changed: pl.Series | None) -> pl.DataFrame:
    """Places of the records of each block up to the limit, `row` before `row_right`; one of them changed, if told."""
    if is_changed is None:
        small = _sized(keyed).filter(pl.col("size").is_between(2, limit))
        joined = small.join(small, on="key")
    else:
        of_changed = keyed.filter(is_changed.gather(keyed["row"]))
        blocks = keyed.filter(pl.col("key").is_in(of_changed["key"].unique().implode()))
        small = _sized(blocks).filter(pl.col("size").is_between(2, limit))
        joined = small.with_columns(is_changed=is_changed.gather(small["row"])).join(small, on="key")
        joined = joined.filter(pl.col("is_changed") | is_changed.gather(joined["row_right"]))
    return joined.filter(pl.col("row") < pl.col("row_right")).select("row", "row_right")
