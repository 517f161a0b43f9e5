"""Whether a challenger takes the champion's place: both on the same newest rows, which neither has learnt from.

Accounts are resampled, and the two models' losses stay paired (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 8). What is asked, in this order:

1. Is the challenger's loss lower in 90 % of the resamples? If it is higher in 90 %, or if neither is sure, the champion
   stays; but a challenger that has learnt from half as many outcomes again takes the place when neither is sure, since
   rare outcomes can hide for months that a model of a few hundred rows is worse than one of some thousands.
2. Is it as well calibrated, and in no large segment clearly worse?
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.9
# Error of all segments together: each is held to this, divided by their number.
SEGMENT_ERROR = 0.05
# A segment is large from this share of the rows' weight.
LARGE_SHARE = 0.1
# Calibration is worse only by more than this part of the mean size of what was observed.
MATERIAL_CALIBRATION = 0.02
GROWTH_FOR_A_TIE = 1.5
COUNT_BINS = 10
COUNT_REPLICATES = 1_000
# Accounts beyond this number are resampled in groups drawn at random, so that the cost doesn't grow with them.
MOST_GROUPS = 1_000


@dataclass(frozen=True)
class Paired:
    """Challenger and champion on the same rows; every array [n].

    Attributes:
        challenger_loss, champion_loss: loss of each row.
        challenger_stated, champion_stated: what each model said of the row, on the scale of `observed`.
        observed: what came true; its mean given features is what a perfect model states.
        weight: rows that each row stands for; units: accounts.
        segments: by attribute, the row's level.
        loss_name: the loss in words.
    """

    challenger_loss: np.ndarray
    champion_loss: np.ndarray
    challenger_stated: np.ndarray
    champion_stated: np.ndarray
    observed: np.ndarray
    weight: np.ndarray
    units: np.ndarray
    segments: Mapping[str, np.ndarray]
    loss_name: str


@dataclass(frozen=True)
class Judgement:
    """Whether the challenger takes the place, and why in words.

    Attributes:
        share_better: share of resamples in which the challenger's loss is lower.
        extra_loss: mean loss of the challenger minus that of the champion.
    """

    is_promoted: bool
    words: str
    share_better: float
    extra_loss: float


def joined(parts: Sequence[Paired]) -> Paired | None:
    """The rows of several comparisons as one; None without any. They are of one loss and the same attributes."""
    if not parts:
        return None

    def together(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    segments = {name: np.concatenate([part.segments[name] for part in parts]) for name in parts[0].segments}
    return Paired(
        challenger_loss=together("challenger_loss"),
        champion_loss=together("champion_loss"),
        challenger_stated=together("challenger_stated"),
        champion_stated=together("champion_stated"),
        observed=together("observed"),
        weight=together("weight"),
        units=together("units"),
        segments=segments,
        loss_name=parts[0].loss_name,
    )


def judge(paired: Paired | None, growth: float, champion: str, seed: int) -> Judgement:
    """Judge a challenger.

    Args:
        paired: both models on the newest rows that neither has learnt from; None or empty where there is none.
        growth: outcomes that the challenger has learnt from over those of the champion.
        champion: name of the champion in the words.
        seed: equal seeds and rows give equal judgements.
    """
    if paired is None or len(paired.observed) == 0:
        return Judgement(False, f"not compared: no rows yet that {champion} hasn't learnt from", 0.5, 0.0)
    draws = _draws(paired.units, seed)
    extra = paired.challenger_loss - paired.champion_loss
    share_better, extra_loss = _share_below_zero(draws, extra, paired.weight), _mean(extra, paired.weight)
    told = (
        f"{paired.loss_name} {_mean(paired.challenger_loss, paired.weight):.4g} against "
        f"{_mean(paired.champion_loss, paired.weight):.4g} of {champion} on {len(extra):,} newer rows of "
        f"{draws.count_units:,} accounts, lower in {share_better:.0%} of resamples"
    )
    is_tie = 1 - CONFIDENCE < share_better < CONFIDENCE
    if share_better <= 1 - CONFIDENCE:
        return Judgement(False, f"worse: {told}", share_better, extra_loss)
    if is_tie and growth < GROWTH_FOR_A_TIE:
        return Judgement(False, f"not clearly better: {told}; {CONFIDENCE:.0%} are needed", share_better, extra_loss)
    objections = [each for each in (_worse_calibrated(paired, draws), _worse_segment(paired, draws)) if each]
    if objections:
        return Judgement(False, f"{told}; but {'; '.join(objections)}", share_better, extra_loss)
    verdict = f"no worse, and learnt from {growth:.1f} times the outcomes" if is_tie else "better"
    return Judgement(True, f"{verdict}: {told}; as well calibrated, no large segment worse", share_better, extra_loss)


@dataclass(frozen=True)
class _Draws:
    """Resamples of accounts: how often each group is drawn, [replicate × group], and the group of each row, [n]."""

    counts: np.ndarray
    groups: np.ndarray
    count_units: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of the values in each resample, [replicate]."""
        return self.counts @ np.bincount(self.groups, weights=values, minlength=self.counts.shape[1])


def _draws(units: np.ndarray, seed: int) -> _Draws:
    distinct, codes = np.unique(units, return_inverse=True)
    generator = np.random.default_rng(seed)
    count = min(len(distinct), MOST_GROUPS)
    groups = generator.permutation(len(distinct))[codes] % count
    counts = generator.multinomial(count, np.full(count, 1 / count), COUNT_REPLICATES)
    return _Draws(counts.astype(np.float64), groups, len(distinct))


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(values, weights=weight))


def _share_below_zero(draws: _Draws, values: np.ndarray, weight: np.ndarray) -> float:
    """Share of resamples whose sum is negative; one of exactly zero counts half."""
    sums = draws.sums(weight * values)
    return float(np.mean(sums < 0) + np.mean(sums == 0) / 2)


def _worse_calibrated(paired: Paired, draws: _Draws) -> str:
    errors, replicates = [], []
    total = draws.sums(paired.weight)
    for stated in (paired.challenger_stated, paired.champion_stated):
        gap, bins = paired.weight * (stated - paired.observed), _bins(stated, paired.weight)
        errors.append(sum(abs(gap[bins == each].sum()) for each in range(COUNT_BINS)) / paired.weight.sum())
        by_bin = [draws.sums(np.where(bins == each, gap, 0.0)) for each in range(COUNT_BINS)]
        replicates.append(np.abs(by_bin).sum(axis=0) / np.where(total > 0, total, 1.0))
    challenger, champion = errors
    least = MATERIAL_CALIBRATION * _mean(np.abs(paired.observed), paired.weight)
    is_worse = challenger - champion > least and np.mean(replicates[0] > replicates[1]) >= CONFIDENCE
    return f"worse calibrated (error {challenger:.3g} against {champion:.3g})" if is_worse else ""


def _bins(stated: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Bin 0..9 of each row, by what was stated, with equal weight."""
    order = np.argsort(stated, kind="stable")
    ranks = np.empty(len(stated))
    ranks[order] = np.cumsum(weight[order]) - weight[order] / 2
    return np.minimum((ranks / weight.sum() * COUNT_BINS).astype(int), COUNT_BINS - 1)


def _worse_segment(paired: Paired, draws: _Draws) -> str:
    """The first large segment, by name, that the challenger is clearly worse in; empty if there is none."""
    extra, total = paired.challenger_loss - paired.champion_loss, paired.weight.sum()
    large = [
        (attribute, level, levels == level)
        for attribute, levels in sorted(paired.segments.items())
        for level in np.unique(levels)
        if paired.weight[levels == level].sum() >= LARGE_SHARE * total
    ]
    for attribute, level, is_inside in large:
        share_better = _share_below_zero(draws, np.where(is_inside, extra, 0.0), paired.weight)
        if share_better <= SEGMENT_ERROR / len(large):
            worse = _mean(extra[is_inside], paired.weight[is_inside])
            return f"clearly worse where {attribute} is {level} ({paired.loss_name} {worse:+.3g})"
    return ""
