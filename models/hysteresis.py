"""Which probable edges count: what joined before lets go later than what never joined, so that keys don't flap."""

from dataclasses import dataclass

import polars as pl

from models.joining import PROBABLE


@dataclass(frozen=True)
class Thresholds:
    """Scores (0..1) from which a probable edge joins two records, and keeps two joined that were joined before."""

    join: float
    keep: float

    def __post_init__(self) -> None:
        if not 0 < self.keep <= self.join <= 1:
            raise ValueError(f"match_settings: 0 < keep_threshold ({self.keep}) ≤ join_threshold ({self.join}) ≤ 1")

    @classmethod
    def from_settings(cls, settings: pl.DataFrame) -> "Thresholds":
        """The thresholds of the seed `match_settings`.

        Args:
            settings: one row per setting: `setting`, `value`.

        Raises:
            ValueError: a threshold is missing, is no number, or they contradict each other.
        """
        values = dict(settings.select("setting", "value").iter_rows())
        missing = {"join_threshold", "keep_threshold"} - set(values)
        if missing:
            raise ValueError(f"match_settings: no row {', '.join(sorted(missing))}")
        return cls(join=float(values["join_threshold"]), keep=float(values["keep_threshold"]))


@dataclass(frozen=True)
class WeighedEdges:
    """Edges that may join, and probable ones with too low a score; each with the columns of the edges, in any order."""

    counting: pl.DataFrame
    too_weak: pl.DataFrame


def weigh_edges(edges: pl.DataFrame, known_keys: pl.DataFrame, thresholds: Thresholds) -> WeighedEdges:
    """Tell the edges that may join from probable ones with too low a score.

    Args:
        edges: one row per pair of records and rule: `left_record`, `right_record`, `match_rule`, `match_score`.
        known_keys: one row per record: `record_key`, `known_key` (null if the ledger doesn't know the record).
        thresholds: for edges of the rule `probable`; every other rule joins at any score.
    """
    is_certain = (pl.col("match_rule") != PROBABLE) | (pl.col("match_score") >= thresholds.join)
    known = known_keys.filter(pl.col("known_key").is_not_null())
    is_kept = (pl.col("left_key") == pl.col("right_key")) & (pl.col("match_score") >= thresholds.keep)
    doubtful = (
        edges.filter(~is_certain)
        .join(known.select(left_record="record_key", left_key="known_key"), on="left_record", how="left")
        .join(known.select(right_record="record_key", right_key="known_key"), on="right_record", how="left")
        .with_columns(is_kept=is_kept.fill_null(False))
    )
    kept = doubtful.filter("is_kept").select(edges.columns)
    return WeighedEdges(
        counting=pl.concat([edges.filter(is_certain), kept]),
        too_weak=doubtful.filter(~pl.col("is_kept")).select(edges.columns),
    )
