"""Features that know what they can't have known: left out of training by name, with the reason.

Features are what was known on a day, but own columns of a first night are as they are today, and may have been filled
in after the outcome (how long the call took, whether a contract was signed). Such a column is told by two signs:

- it alone predicts the goal about as well as all the others together, no other comes near, and well at that;
- where chance decided who got an action, it tells who did.

A guard, no proof: a leak that predicts weakly, or hides among others that leak the same, gets through; and a feature
that honestly outweighs all others together is left out too. So it's always said.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from models.boosting import Rows, TreeSettings, fit_booster, predict_margin, sigmoid
from models.calibration import row_log_loss
from models.encoding import EncodedColumn, FeatureEncoder
from models.grouping import group_folds, weighted_mean

LEFT_OUT_FILE = "left_out.json"
# What a single honest feature rarely reaches: how long a call took tells with 0.81 how it ends (Moro 2014).
LEAST_AUC = 0.78
# Honest strong features come in company (the last 7, 30 and 90 days); a leak stands alone.
TIMES_THE_NEXT, SHARE_OF_THE_REST = 1.5, 0.9
LEAST_OUTCOMES = 25
MOST_ROWS = 30_000
BINS = 32
# A bin's rate is shrunk to the rate of all as by this many rows.
PRIOR_ROWS = 10.0
REST = TreeSettings(rounds=60, depth=4, learning_rate=0.15, least_weight=5.0, shrinkage=10.0)
# Of what chance assigned: this many standard errors and deviations apart no honest feature comes, whatever the number.
LEAST_ERRORS, LEAST_DEVIATIONS = 6.0, 0.15


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


def find_leaks(
    encoder: FeatureEncoder, rows: Rows, units: np.ndarray, seed: int, trusted: Collection[str] = ()
) -> tuple[LeftOut, ...]:
    """Features that alone predict the outcome with an AUC of 0.78 or more, explain 1.5 times what the next best alone
    explains, and as much as all the others together, or nearly.

    Explained is the share of the log loss of one rate for all, on accounts that the prediction wasn't fitted on. Own
    columns (traits) that are suspect aren't held against each other, as they may leak the same.

    Args:
        rows: encoded features, outcome 0/1, weight; of more than 30,000 rows an even part is looked at.
        units: accounts, [n].
        trusted: features that are known in time, however well they predict.
    """
    step = -(-len(rows.outcome) // MOST_ROWS)
    if step > 1:
        rows, units = rows.take(np.arange(0, len(units), step)), units[::step]
    folds = group_folds(units, 2, seed)
    enough = [min((rows.outcome[folds == fold] == value).sum() for value in (0, 1)) for fold in (0, 1)]
    if min(enough) < LEAST_OUTCOMES:
        return ()
    positions, every = _positions(encoder), np.arange(rows.features.shape[1])
    base = _loss_of(rows, folds, every[:0], seed)
    alone = {column: _alone(rows, folds, positions[column], base) for column in encoder.columns}
    suspects = [each for each, one in alone.items() if one.auc >= LEAST_AUC and each.name not in trusted]
    found: dict[EncodedColumn, LeftOut] = {}
    for column in sorted(suspects, key=lambda each: alone[each].explained, reverse=True):
        one = alone[column]
        unjudged = {column, *found, *(each for each in suspects if column.is_trait and each.is_trait)}
        others = [each for each in encoder.columns if each not in unjudged]
        if one.explained < TIMES_THE_NEXT * max((alone[each].explained for each in others), default=0.0):
            continue
        kept = np.array([at for each in others for at in positions[each]], dtype=int)
        rest = 1 - _loss_of(rows, folds, kept, seed) / base
        if one.explained >= SHARE_OF_THE_REST * rest:
            why = f"alone it predicts the goal (AUC {one.auc:.2f}) about as well as all others together or better"
            found[column] = LeftOut(column.name, f"{why}: known only afterwards")
    return tuple(found.values())


def find_post_treatment(
    encoder: FeatureEncoder, features: np.ndarray, is_treated: np.ndarray, weight: np.ndarray, units: np.ndarray
) -> tuple[LeftOut, ...]:
    """Features that differ between those to whom chance gave an action and those to whom it gave none.

    Args:
        features: encoded, [n × d], of the treated and of those who could have been; is_treated: bool; weight:
            1 / probability of what was given; units: accounts; each [n].
    """
    if min(is_treated.sum(), (~is_treated).sum()) < 2:
        return ()
    found = []
    for column, at in _positions(encoder).items():
        apart = [_apart(values, is_treated, weight, units) for each in at for values in _looks(features[:, each])]
        if any(errors >= LEAST_ERRORS and deviations >= LEAST_DEVIATIONS for errors, deviations in apart):
            largest = max(deviations for _, deviations in apart)
            reason = f"it tells who got what chance assigned ({largest:.2f} deviations apart): known only afterwards"
            found.append(LeftOut(column.name, reason))
    return tuple(found)


@dataclass(frozen=True)
class _Alone:
    """How well a feature alone predicts on unseen accounts; `explained`: share of the log loss of one rate for all."""

    auc: float
    explained: float


def _positions(encoder: FeatureEncoder) -> dict[EncodedColumn, list[int]]:
    """Columns of the encoded array, by feature."""
    positions, at = {}, 0
    for column in encoder.columns:
        width = 1 if column.kind == "number" else len(column.levels) + 1
        positions[column] = list(range(at, at + width))
        at += width
    return positions


def _alone(rows: Rows, folds: np.ndarray, at: list[int], base: float) -> _Alone:
    """From the rate of each bin or level among the other accounts."""
    codes = _codes(rows.features[:, at])
    prior = PRIOR_ROWS * rows.weight.mean()
    predicted = np.zeros(len(codes))
    for fold in (0, 1):
        seen = folds != fold
        total = np.bincount(codes[seen], weights=rows.weight[seen], minlength=codes.max() + 1)
        reached = np.bincount(codes[seen], weights=(rows.weight * rows.outcome)[seen], minlength=codes.max() + 1)
        rate = np.average(rows.outcome[seen], weights=rows.weight[seen])
        predicted[~seen] = ((reached + prior * rate) / (total + prior))[codes[~seen]]
    loss = float(np.average(row_log_loss(rows.outcome, predicted), weights=rows.weight))
    aucs = [_auc(predicted[folds == fold], rows.outcome[folds == fold], rows.weight[folds == fold]) for fold in (0, 1)]
    return _Alone(float(np.mean(aucs)), 1 - loss / base)


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


def _loss_of(rows: Rows, folds: np.ndarray, kept: np.ndarray, seed: int) -> float:
    """Log loss of trees on the kept columns, of one rate where there is none, on accounts they weren't fitted on."""
    if not len(kept):
        return float(np.average(row_log_loss(rows.outcome, np.full(len(folds), rows.rate)), weights=rows.weight))
    part = Rows(np.ascontiguousarray(rows.features[:, kept]), rows.outcome, rows.weight)
    predicted = np.zeros(len(folds))
    for fold in (0, 1):
        test = part.take(np.flatnonzero(folds == fold))
        booster = fit_booster(part.take(np.flatnonzero(folds != fold)), REST, seed, held_out=test)
        predicted[folds == fold] = sigmoid(predict_margin(booster, test.features))
    return float(np.average(row_log_loss(rows.outcome, predicted), weights=rows.weight))


def _looks(values: np.ndarray) -> list[np.ndarray]:
    """A column as ranks from 0 to 1, and whether it is missing; only what varies."""
    is_missing = np.isnan(values)
    _, codes, counts = np.unique(values[~is_missing], return_inverse=True, return_counts=True)
    ranks = np.full(len(values), 0.5)
    ranks[~is_missing] = ((np.cumsum(counts) - counts / 2) / max(counts.sum(), 1))[codes]
    return [each for each in (ranks, is_missing.astype(np.float64)) if each.min() < each.max()]


def _apart(values: np.ndarray, is_treated: np.ndarray, weight: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """Distance of the two weighted means in standard errors, accounts clustered, and in standard deviations."""
    (mean, error), (other, other_error) = (
        weighted_mean(values[rows], weight[rows], units[rows]) for rows in (is_treated, ~is_treated)
    )
    distance, noise = abs(mean - other), float(np.hypot(error, other_error))
    return distance / max(noise, 1e-12), distance / float(values.std())
