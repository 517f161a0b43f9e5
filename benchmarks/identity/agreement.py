"""How far found groups of records agree with the true ones: pairwise and B-cubed figures, cluster sizes."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Agreement:
    """Found clusters against true ones.

    Pairs are unordered pairs of records. B-cubed (Bagga & Baldwin 1998) averages, over records, the share of a record's
    found cluster that belongs with it (precision) and the share of its true cluster that was found with it (recall);
    unlike pairs it doesn't let the largest clusters decide.
    """

    count_records: int
    count_true_pairs: int
    count_found_pairs: int
    count_right_pairs: int
    bcubed_precision: float
    bcubed_recall: float
    largest_true: int
    largest_found: int

    @property
    def precision(self) -> float:
        return self.count_right_pairs / self.count_found_pairs if self.count_found_pairs else 1.0

    @property
    def recall(self) -> float:
        return self.count_right_pairs / self.count_true_pairs if self.count_true_pairs else 1.0

    @property
    def f1(self) -> float:
        return _harmonic(self.precision, self.recall)

    @property
    def bcubed_f1(self) -> float:
        return _harmonic(self.bcubed_precision, self.bcubed_recall)

    def as_row(self) -> dict[str, float]:
        """All figures by name."""
        return {
            **vars(self),
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "bcubed_f1": self.bcubed_f1,
        }


def agree(records: pl.DataFrame, about: pl.Series | None = None) -> Agreement:
    """Compare two groupings of records.

    Args:
        records: one row per record; `true` and `found` name its group. A record without `found` stands alone.
        about: [records] restricts the figures to pairs with at least one of these records, and B-cubed to them.
    """
    chosen = pl.repeat(True, len(records), eager=True) if about is None else about.fill_null(False)
    frame = records.select(
        true=pl.col("true").cast(pl.String),
        found=pl.coalesce(pl.col("found").cast(pl.String), pl.format("alone {}", pl.int_range(pl.len()))),
    ).with_columns(is_chosen=chosen)
    sizes = frame.with_columns(
        size_true=pl.len().over("true"), size_found=pl.len().over("found"), size_both=pl.len().over("true", "found")
    )
    judged = sizes.filter("is_chosen")
    shares = judged.select(
        precision=(pl.col("size_both") / pl.col("size_found")).mean(),
        recall=(pl.col("size_both") / pl.col("size_true")).mean(),
    ).row(0)
    return Agreement(
        count_records=len(judged),
        count_true_pairs=_pairs(frame, ["true"]),
        count_found_pairs=_pairs(frame, ["found"]),
        count_right_pairs=_pairs(frame, ["true", "found"]),
        bcubed_precision=1.0 if shares[0] is None else shares[0],
        bcubed_recall=1.0 if shares[1] is None else shares[1],
        largest_true=int(judged["size_true"].max() or 0),  # type: ignore[arg-type]
        largest_found=int(judged["size_found"].max() or 0),  # type: ignore[arg-type]
    )


def _pairs(frame: pl.DataFrame, keys: list[str]) -> int:
    """Pairs inside the groups of which at least one record is chosen: all pairs but those among the others."""
    sizes = frame.group_by(keys).agg(all=pl.len().cast(pl.Int64), rest=(~pl.col("is_chosen")).sum().cast(pl.Int64))
    pairs = sizes.select((pl.col("all") * (pl.col("all") - 1) - pl.col("rest") * (pl.col("rest") - 1)).sum() // 2)
    return int(pairs.item())


def cluster_sizes(records: pl.DataFrame, column: str) -> dict[str, int]:
    """Size of a group → how many groups of `column` have it; from 10 on by ten."""
    sizes = records.drop_nulls(column).group_by(column).len()["len"]
    labels = [str(size) if size < 10 else f"{size // 10 * 10}+" for size in sorted(sizes.to_list())]
    return {label: labels.count(label) for label in dict.fromkeys(labels)}


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0
