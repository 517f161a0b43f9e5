"""Features that know what they can't have known: left out of training by name, with the reason.

Features are what was known on a day, but own columns of a first night are as they are today, and may have been filled
in after the outcome (how long the call took, whether a contract was signed). Such a column is told by two signs:

- alone it predicts the goal about as well as all the others together, no other comes near, and well at that;
- at some of its values nearly everybody reached the goal, of whom the others don't expect it.

A guard, no proof: a leak that predicts weakly, or hides among others that leak the same, gets through; and a feature
that honestly outweighs all others together is left out too. So it's always said.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.calibration import row_log_loss
from models.encoding import EncodedColumn, FeatureEncoder
from models.grouping import group_folds

LEFT_OUT_FILE = "left_out.json"
# What a single honest feature rarely reaches: how long a call took tells with 0.81 how it ends (Moro 2014).
LEAST_AUC = 0.78
# Honest strong features come in company (the last 7, 30 and 90 days); a leak stands alone.
TIMES_THE_NEXT, SHARE_OF_THE_REST, MOST_ALONE = 1.5, 0.9, 3
LEAST_PURITY, MOST_EXPECTED = 0.9, 0.5
LEAST_OUTCOMES = 25
MOST_ROWS = 30_000
BINS = 32
# A bin's rate is shrunk to the rate of all as by this many rows.
PRIOR_ROWS = 10.0
REST = TreeSettings(rounds=60, depth=4, learning_rate=0.15, least_weight=5.0, shrinkage=10.0)


@dataclass(frozen=True)
class LeftOut:
    """A feature that a model isn't trained with, and why, in words."""

    feature: str
    reason: str


def left_out_to_json(left_out: Sequence[LeftOut]) -> str:
    """The content of a bundle's file."""
    return json.dumps([asdict(each) for each in left_out], indent=1)


def left_out_from_json(text: str) -> tuple[LeftOut, ...]:
    """What `left_out_to_json` wrote."""
    return tuple(LeftOut(**each) for each in json.loads(text))


def find_leaks(encoder: FeatureEncoder, rows: Rows, units: np.ndarray, seed: int) -> tuple[LeftOut, ...]:
    """Features that tell too much of the outcome; see above for the two signs.

    The first: an AUC of 0.78 or more, 1.5 times what the next best alone explains, and nine tenths of what all the
    others explain together. The second: a level or bin in which nine of ten reached the goal, where the others expect
    fewer than half. Explained is the share of the log loss of one rate for all. All is measured on accounts that the
    prediction wasn't fitted on. Own columns (traits) that are suspect aren't held against each other, as they may leak
    the same.

    Args:
        rows: encoded features, outcome 0/1, weight; of more than 30,000 rows an even part is looked at.
        units: accounts, [n].
    """
    step = -(-len(rows.outcome) // MOST_ROWS)
    if step > 1:
        rows, units = rows.take(np.arange(0, len(units), step)), units[::step]
    folds = group_folds(units, 2, seed)
    enough = [min((rows.outcome[folds == fold] == value).sum() for value in (0, 1)) for fold in (0, 1)]
    if min(enough) < LEAST_OUTCOMES:
        return ()
    positions = positions_of(encoder)
    sample = _Sample(rows, folds, positions, _loss(rows, np.full(len(folds), rows.rate)), seed)
    alone = {column: _alone(sample, positions[column]) for column in encoder.columns}
    return tuple({**_telling_some(sample, alone), **_telling_all(sample, alone)}.values())


def positions_of(encoder: FeatureEncoder) -> dict[EncodedColumn, list[int]]:
    """Columns of the encoded array, by feature."""
    positions, at = {}, 0
    for column in encoder.columns:
        width = 1 if column.kind == "number" else len(column.levels) + 1
        positions[column] = list(range(at, at + width))
        at += width
    return positions


@dataclass(frozen=True)
class _Sample:
    """What features are alone on, in two folds of accounts; `base`: log loss of one rate for all."""

    rows: Rows
    folds: np.ndarray
    positions: Mapping[EncodedColumn, list[int]]
    base: float
    seed: int

    def without(self, columns: Collection[EncodedColumn]) -> np.ndarray:
        """Probability by all other features, of accounts that the trees weren't fitted on, [n]."""
        kept = [at for column, group in self.positions.items() if column not in columns for at in group]
        if not kept:
            return np.full(len(self.folds), self.rows.rate)
        part = Rows(np.ascontiguousarray(self.rows.features[:, kept]), self.rows.outcome, self.rows.weight)
        predicted = np.zeros(len(self.folds))
        for fold in (0, 1):
            test = part.take(np.flatnonzero(self.folds == fold))
            seen = part.take(np.flatnonzero(self.folds != fold))
            booster = fit_booster(seen, REST, self.seed, held_out=test)
            predicted[self.folds == fold] = sigmoid(predict_margin(booster, test.features))
        return predicted


@dataclass(frozen=True)
class _Alone:
    """How well a feature alone predicts unseen accounts. `explained`: share of the log loss of one rate for all;
    `is_pure`: rows at values at which nearly all reached the goal, [n].
    """

    auc: float
    explained: float
    is_pure: np.ndarray


def _telling_all(sample: _Sample, alone: Mapping[EncodedColumn, _Alone]) -> dict[EncodedColumn, LeftOut]:
    """By the first sign, the strongest first; what was found isn't held against the next."""
    suspects = [column for column, one in alone.items() if one.auc >= LEAST_AUC]
    found: dict[EncodedColumn, LeftOut] = {}
    for column in sorted(suspects, key=lambda each: alone[each].explained, reverse=True):
        one, company = alone[column], {column, *found, *_fellows(column, suspects)}
        nearest = max((other.explained for each, other in alone.items() if each not in company), default=0.0)
        if one.explained < TIMES_THE_NEXT * nearest:
            continue
        rest = 1 - _loss(sample.rows, sample.without(company)) / sample.base
        if one.explained >= SHARE_OF_THE_REST * rest:
            why = f"alone it predicts the goal (AUC {one.auc:.2f}) about as well as all others together or better"
            found[column] = LeftOut(column.name, f"{why}: known only afterwards")
    return found


def _telling_some(sample: _Sample, alone: Mapping[EncodedColumn, _Alone]) -> dict[EncodedColumn, LeftOut]:
    """By the second sign. Many features that aren't traits and tell as much are honest company."""
    suspects = [column for column, one in alone.items() if one.is_pure.any()]
    if sum(not column.is_trait for column in suspects) > MOST_ALONE:
        suspects = [column for column in suspects if column.is_trait]
    found: dict[EncodedColumn, LeftOut] = {}
    for column in suspects:
        is_pure = alone[column].is_pure
        expected = sample.without({column, *_fellows(column, suspects)})[is_pure]
        if np.average(expected, weights=sample.rows.weight[is_pure]) < MOST_EXPECTED:
            why = f"nearly all of {is_pure.sum():,} contacts with some of its values reached the goal, by it alone"
            found[column] = LeftOut(column.name, f"{why}: known only afterwards")
    return found


def _fellows(column: EncodedColumn, suspects: Sequence[EncodedColumn]) -> list[EncodedColumn]:
    return [each for each in suspects if column.is_trait and each.is_trait]


def _alone(sample: _Sample, at: list[int]) -> _Alone:
    """From the rate of each bin or level among the other accounts."""
    rows, folds = sample.rows, sample.folds
    codes = _codes(rows.features[:, at])
    reached, total = rows.weight * rows.outcome, rows.weight
    prior, count = PRIOR_ROWS * rows.weight.mean(), codes.max() + 1
    predicted = np.zeros(len(codes))
    for fold in (0, 1):
        seen = folds != fold
        rate = reached[seen].sum() / total[seen].sum()
        of_bin = np.bincount(codes[seen], weights=reached[seen], minlength=count) + prior * rate
        rates = of_bin / (np.bincount(codes[seen], weights=total[seen], minlength=count) + prior)
        predicted[~seen] = rates[codes[~seen]]
    purity = np.bincount(codes, weights=reached) / np.maximum(np.bincount(codes, weights=total), 1e-12)
    is_pure = (purity >= LEAST_PURITY) & (np.bincount(codes, weights=rows.outcome) >= LEAST_OUTCOMES)
    aucs = [_auc(predicted[folds == fold], rows.outcome[folds == fold], rows.weight[folds == fold]) for fold in (0, 1)]
    return _Alone(float(np.mean(aucs)), 1 - _loss(rows, predicted) / sample.base, is_pure[codes])


def _codes(values: np.ndarray) -> np.ndarray:
    """A bin for each row: of a number by its quantiles, of a category its level; a missing one has its own."""
    if values.shape[1] > 1:
        return np.where(np.isnan(values[:, 0]), values.shape[1], np.nan_to_num(values).argmax(axis=1))
    number = values[:, 0]
    known = number[~np.isnan(number)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    # on either side of each edge, so that a value that many have is a bin of its own
    both = np.searchsorted(edges, number, side="left") + np.searchsorted(edges, number, side="right")
    return np.where(np.isnan(number), 2 * len(edges) + 1, both)


def _auc(predicted: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> float:
    _, codes = np.unique(predicted, return_inverse=True)
    reached = np.bincount(codes, weights=weight * outcome)
    missed = np.bincount(codes, weights=weight * (1 - outcome))
    below = np.cumsum(missed) - missed / 2
    return float((reached * below).sum() / (reached.sum() * missed.sum()))


def _loss(rows: Rows, predicted: np.ndarray) -> float:
    return float(np.average(row_log_loss(rows.outcome, predicted), weights=rows.weight))
