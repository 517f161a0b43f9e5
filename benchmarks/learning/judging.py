"""How good predicted uplifts are: against known truth, or on the held-out half of a real randomised trial."""

from dataclasses import dataclass

import numpy as np

from benchmarks.learning.sample import Sample
from models.qini import qini_coefficient, uplift_slope

COUNT_DRAWS = 500
TAIL = 0.025
# Effects that differ by less are the same but for rounding.
SAME = 1e-12


@dataclass(frozen=True)
class TruthFigures:
    """Against known effects.

    Attributes:
        share_of_gain: of what choosing by the true effects brings beyond no action, what choosing by the predicted
            ones brings; an action is taken where its predicted effect is the highest and positive.
        qini: area of the true effects in predicted order, random 0 and perfect 1, mean over actions.
        pehe: root mean squared error of the effects relative to the best constant for each action, mean over actions.
        slope: of the true on the predicted effect, mean over actions; 1 is calibrated.
        pooled_slope: the same of all actions together, each around its own mean, so that an action whose effects are
            told to be alike counts little.
        coverage: share of true effects within two stated standard errors, None without any.
        gain: what the choice truly brings, for each row.
    """

    share_of_gain: float
    qini: float
    pehe: float
    slope: float
    pooled_slope: float
    coverage: float | None
    gain: np.ndarray


@dataclass(frozen=True)
class TrialFigures:
    """On a real trial: normalised Qini by action and in the mean, slope of uplift, IPS value, and terms to resample.

    Attributes:
        value: outcomes per person if everybody had got what the predictions choose; value_terms: its terms by row.
    """

    qini: float
    qini_by_action: tuple[float, ...]
    slope: float
    value: float
    value_terms: np.ndarray


def judge_by_truth(uplift: np.ndarray, error: np.ndarray | None, effects: np.ndarray) -> TruthFigures:
    """Figures of predicted effects, both [n × action]."""
    gain = np.where(uplift.max(axis=1) > 0, np.take_along_axis(effects, uplift.argmax(axis=1)[:, None], 1)[:, 0], 0)
    actions = range(effects.shape[1])
    return TruthFigures(
        share_of_gain=float(gain.mean() / np.maximum(effects, 0).max(axis=1).mean()),
        qini=float(np.mean([_true_qini(uplift[:, action], effects[:, action]) for action in actions])),
        pehe=float(np.mean(np.sqrt(((uplift - effects) ** 2).mean(axis=0)) / effects.std(axis=0))),
        slope=float(np.mean([_slope(uplift[:, action], effects[:, action]) for action in actions])),
        pooled_slope=_slope((uplift - uplift.mean(axis=0)).ravel(), (effects - effects.mean(axis=0)).ravel()),
        coverage=None if error is None else float((np.abs(uplift - effects) <= 2 * error).mean()),
        gain=gain,
    )


def judge_by_trial(uplift: np.ndarray, test: Sample) -> TrialFigures:
    """Figures of predicted effects [n × action] on people who weren't learnt from."""
    qinis, slopes = [], []
    for action in range(1, len(test.actions)):
        rows = np.isin(test.action, (0, action))
        ranking = test.outcome[rows], uplift[rows, action - 1], (test.action[rows] == action).astype(float)
        weight = 1 / test.probability[rows]
        qinis.append(qini_coefficient(*ranking, weight))
        slopes.append(uplift_slope(*ranking, weight, test.units[rows])[0])
    chosen = np.where(uplift.max(axis=1) > 0, uplift.argmax(axis=1) + 1, 0)
    terms = (chosen == test.action) * test.outcome / test.probability
    return TrialFigures(float(np.mean(qinis)), tuple(qinis), float(np.mean(slopes)), float(terms.mean()), terms)


def resampled_means(terms: list[np.ndarray], units: np.ndarray, seed: int) -> np.ndarray:
    """Means of several learners' terms over the same resampled units, [draw × learner], so differences are paired."""
    codes = np.unique(units, return_inverse=True)[1]
    sums = np.column_stack([np.bincount(codes, weights=each) for each in [*terms, np.ones(len(units))]])
    generator = np.random.default_rng(seed)
    draws = []
    for _ in range(COUNT_DRAWS):
        times = np.bincount(generator.integers(0, len(sums), len(sums)), minlength=len(sums))
        drawn = times @ sums
        draws.append(drawn[:-1] / drawn[-1])
    return np.array(draws)


def interval(draws: np.ndarray) -> tuple[float, float]:
    """The middle 95 %."""
    low, high = np.quantile(draws, [TAIL, 1 - TAIL])
    return float(low), float(high)


def _true_qini(uplift: np.ndarray, effect: np.ndarray) -> float:
    def area(order: np.ndarray) -> float:
        return float(np.cumsum(effect[order]).mean() - effect.sum() / 2)

    if np.ptp(uplift) == 0:
        return 0.0
    return area(np.argsort(-uplift, kind="stable")) / area(np.argsort(-effect, kind="stable"))


def _slope(uplift: np.ndarray, effect: np.ndarray) -> float:
    if np.ptp(uplift) < SAME:
        return 0.0
    return float(((uplift - uplift.mean()) * (effect - effect.mean())).mean() / uplift.var())
