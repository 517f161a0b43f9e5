"""Which pairs of records are worth comparing: those that share a key of some blocking rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

# what a rule may take of all pairs; the fine ones find the same pairs again and again
FINE_PART, COARSE_PART = 1 / 4, 1 / 60


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
    return {
        rule.name: _limit(
            _blocks(records, rule),
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
    keyed = records.sort("record_key").with_row_index("row")
    is_changed = pl.lit(True) if changed is None else pl.col("record_key").is_in(changed.implode())
    keyed = keyed.with_columns(is_changed=is_changed)
    pairs = pl.concat([_pairs(_blocks(keyed, rule), limits[rule.name]) for rule in rules]).unique()
    pairs = pairs.sort("row", "row_right")
    keys = keyed["record_key"]
    return pl.DataFrame({"left_record": keys.gather(pairs["row"]), "right_record": keys.gather(pairs["row_right"])})


def _blocks(records: pl.DataFrame, rule: BlockingRule) -> pl.DataFrame:
    """The records with a key of this rule that others have too: `key` and `size` are added."""
    key = pl.concat_str([_part(column) for column in rule.columns], separator="|")
    given = [column for column in ("row", "is_changed") if column in records.columns]
    return records.select(*given, key=key).drop_nulls("key").with_columns(size=pl.len().over("key"))


def _part(column: str) -> pl.Expr:
    name, _, length = column.partition(":")
    return pl.col(name).str.slice(0, int(length)) if length else pl.col(name)


def _limit(blocks: pl.DataFrame, count_records: int, largest_block: int, pairs_per_record: float) -> int:
    sizes = blocks.filter(pl.col("size").is_between(2, largest_block)).group_by("size").len().sort("size")
    pairs = sizes.select((pl.col("len") * (pl.col("size") - 1) / 2).cum_sum()).to_series()
    affordable = sizes.filter(pairs <= pairs_per_record * count_records)["size"]
    return max(affordable.to_list(), default=1)


def _pairs(blocks: pl.DataFrame, limit: int) -> pl.DataFrame:
    small = blocks.filter(pl.col("size").is_between(2, limit) & pl.col("is_changed").any().over("key"))
    joined = small.join(small, on="key").filter(
        (pl.col("row") < pl.col("row_right")) & (pl.col("is_changed") | pl.col("is_changed_right"))
    )
    return joined.select("row", "row_right")
