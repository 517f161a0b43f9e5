"""Features as the terms of an additive model: each a bent, bounded number, with a gap where the feature has one."""

from dataclasses import dataclass

import numpy as np

# Counts and amounts have long tails: a term is the signed logarithm, in standard deviations, cut at three.
LARGEST_TERM = 3.0
# A feature that is missing at least this often gets a term for being missing.
LEAST_MISSING = 0.01
MOST_ROWS = 100_000
COUNT_LEVELS = 16


@dataclass(frozen=True)
class AdditiveTerms:
    """How encoded features become terms; the first term is 1.

    Attributes:
        columns: positions of the features that vary; centre, spread: of their signed logarithms.
        missing: positions of the features whose absence is a term of its own.
        levels: of each column, increasing values that stand for all when the term is written as a tree; shares: how
            many sixteenths of the rows each stands for.
    """

    columns: tuple[int, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    missing: tuple[int, ...]
    levels: tuple[tuple[float, ...], ...]
    shares: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        return 1 + len(self.columns) + len(self.missing)

    def values(self, encoded: np.ndarray) -> np.ndarray:
        """Terms, float32 [n × count]; a missing number counts as an average one."""
        terms = np.ones((len(encoded), self.count), dtype=np.float32)
        varying = 1 + len(self.columns)
        scaled = _signed_log(encoded[:, self.columns])
        scaled -= np.array(self.centre, dtype=np.float32)
        scaled /= np.array(self.spread, dtype=np.float32)
        np.clip(scaled, -LARGEST_TERM, LARGEST_TERM, out=scaled)
        terms[:, 1:varying] = np.nan_to_num(scaled, copy=False, nan=0.0)
        terms[:, varying:] = np.isnan(encoded[:, self.missing])
        return terms


def fit_terms(encoded: np.ndarray) -> AdditiveTerms:
    """Terms of the features [n × d] that vary; of many rows, evenly spaced ones are looked at."""
    rows = encoded[:: max(len(encoded) // MOST_ROWS, 1)]
    is_missing = np.isnan(rows)
    known = np.maximum((~is_missing).sum(axis=0), 1)
    logs = np.where(is_missing, 0.0, _signed_log(rows).astype(np.float64))
    centre = logs.sum(axis=0) / known
    spread = np.sqrt((np.where(is_missing, 0.0, logs - centre) ** 2).sum(axis=0) / known)
    columns = np.flatnonzero(spread > 1e-6)
    share = is_missing.mean(axis=0)
    quantiles = [_levels(rows[:, column]) for column in columns]
    return AdditiveTerms(
        columns=tuple(columns.tolist()),
        centre=tuple(centre[columns].tolist()),
        spread=tuple(spread[columns].tolist()),
        missing=tuple(np.flatnonzero((share >= LEAST_MISSING) & (share < 1)).tolist()),
        levels=tuple(levels for levels, _ in quantiles),
        shares=tuple(shares for _, shares in quantiles),
    )


def terms_of_json(about: dict) -> AdditiveTerms:
    """Of what `dataclasses.asdict` and JSON make of them."""
    return AdditiveTerms(
        columns=tuple(about["columns"]),
        centre=tuple(about["centre"]),
        spread=tuple(about["spread"]),
        missing=tuple(about["missing"]),
        levels=tuple(map(tuple, about["levels"])),
        shares=tuple(map(tuple, about["shares"])),
    )


def _levels(values: np.ndarray) -> tuple[tuple[float, ...], tuple[int, ...]]:
    known = values[~np.isnan(values)].astype(np.float64)
    middles = (np.arange(COUNT_LEVELS) + 0.5) / COUNT_LEVELS
    levels, counts = np.unique(np.quantile(known, middles, method="nearest"), return_counts=True)
    return tuple(levels.tolist()), tuple(counts.tolist())


def _signed_log(values: np.ndarray) -> np.ndarray:
    return np.copysign(np.log1p(np.abs(values)), values)
