"""One feature as counts per bin, and how many independent contacts the counts are worth."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from models.encoding import EncodedColumn

MOST_BINS = 10
# Days since something grow by one a day for everybody at once: they are told apart in weeks, months and quarters.
DAYS = ("days_since_", "days_in_")
EDGES_OF_DAYS = (7.0, 30.0, 90.0)


@dataclass(frozen=True)
class FeatureBins:
    """How one feature is counted.

    Attributes:
        name: of the feature, as in the feature table or a trait's.
        kind: a number is counted by bins, a category by levels.
        positions: of its columns in the encoded array; one for a number, one per level and "other" for a category.
        edges: upper ends of a number's bins but the last, ascending; empty for a category.
        labels: one per bin, in words; the last is "missing".
    """

    name: str
    kind: Literal["number", "category"]
    positions: tuple[int, ...]
    edges: tuple[float, ...]
    labels: tuple[str, ...]

    def count(self, encoded: np.ndarray, unit: np.ndarray) -> "Counted":
        """Shares per bin.

        Args:
            encoded: [contact × feature name]; unit: [contact] number of the account, or of the contact without one.
        """
        is_missing = np.isnan(encoded[:, self.positions[0]])
        bins = np.full(len(encoded), len(self.labels) - 1)
        known = encoded[~is_missing]
        if self.kind == "number":
            edges = np.asarray(self.edges, np.float32)
            bins[~is_missing] = np.searchsorted(edges, known[:, self.positions[0]], side="left")
        else:
            bins[~is_missing] = known[:, list(self.positions)].argmax(axis=1)
        return _counted(bins, unit, len(self.labels))


@dataclass(frozen=True)
class Counted:
    """Shares per bin, which sum to 1, and how many independent contacts they are worth."""

    shares: tuple[float, ...]
    independent: float


def fit_bins(column: EncodedColumn, positions: tuple[int, ...], encoded: np.ndarray) -> FeatureBins:
    """Bins of about equally many for a number, the encoder's levels for a category."""
    edges: tuple[float, ...] = ()
    if column.kind == "number":
        values = encoded[:, positions[0]]
        edges = EDGES_OF_DAYS if any(each in column.name for each in DAYS) else _edges(values[~np.isnan(values)])
        labels = _labels_of(edges)
    else:
        labels = (*column.levels, "other")
    return FeatureBins(column.name, column.kind, positions, edges, (*labels, "missing"))


def _counted(bins: np.ndarray, unit: np.ndarray, count_bins: int) -> Counted:
    """Contacts of an account are alike in some features and not in others. By how much more the shares vary for it
    than those of independent contacts would, is the mean design effect of Rao and Scott (JASA, 1981).
    """
    count, count_units = len(bins), int(unit.max()) + 1
    by_unit = np.bincount(unit * count_bins + bins, minlength=count_units * count_bins).reshape(-1, count_bins)
    shares = by_unit.sum(axis=0) / count
    used = shares > 0
    if used.sum() < 2:
        return Counted(tuple(shares.tolist()), float(count))
    surprise = by_unit[:, used] - by_unit.sum(axis=1)[:, None] * shares[used]
    design = (surprise**2).sum(axis=0) @ (1 / shares[used]) / count / (used.sum() - 1)
    return Counted(tuple(shares.tolist()), count / max(float(design), 1.0))


def _edges(values: np.ndarray) -> tuple[float, ...]:
    """Upper ends of bins of about equally many; where most have the lowest value, the others are split on their own.

    The last bin begins below the largest value, as the trees' last leaf does: what only grows stays in it.
    """
    if not len(values):
        return ()
    ends = _quantiles(values, MOST_BINS)
    rest = values[values > values.min()]
    if 0 < len(rest) < len(values) / 2:
        ends = np.append(_quantiles(rest, MOST_BINS // 2), values.min())
    distinct = np.unique(ends)
    below = distinct[distinct < values.max()]
    return tuple(float(end) for end in (below if len(below) else distinct))


def _quantiles(values: np.ndarray, count_bins: int) -> np.ndarray:
    return np.quantile(values, np.arange(1, count_bins) / count_bins, method="inverted_cdf")


def _labels_of(edges: tuple[float, ...]) -> tuple[str, ...]:
    if not edges:
        return ("any number",)
    between = [f"over {low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    return (f"up to {edges[0]:.4g}", *between, f"over {edges[-1]:.4g}")
