"""An early answer on slow goals: the surrogate index (Athey, Chetty, Imbens and Kang 2019).

P(slow goal | early outcomes, features) is learnt on contacts whose horizon has passed, and stands for the outcome of
choices that are old enough for the early outcomes only. That holds if an action moves the slow goal through the early
outcomes alone, given the features, and if early outcomes mean for tonight's contacts what they meant for those learnt
from. An action that wins deals without replies, meetings or opportunities, or replies that lead nowhere, isn't seen
until the horizon has passed: so a rate from surrogates is always said to be one.

The logit of the index is that of the propensity by features, plus a number for each early outcome: additive, so that
thirty wins are enough to tell what a meeting means; trees need hundreds to find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.boosting import logit, sigmoid
from models.encoding import Trait
from models.propensity import PropensityMetrics, PropensityModel, measure, train_propensity

# A goal is answered by surrogates beyond this horizon; others wait, or are learnt from while young.
SLOW_DAYS = 30
# Goals with at most this share of the slow goal's horizon are early.
EARLY_SHARE = 0.5
EARLY = "early_"
# What an early outcome adds to the logit is believed to be 0, give or take this.
LOGIT_DEVIATION = 3.0


@dataclass(frozen=True)
class SurrogateIndex:
    """The probability of a slow goal, given what was reached early.

    Attributes:
        early: columns with what was reached early, 0 or 1; adds: what each adds to the logit; intercept: to all.
        propensity: of the slow goal by features alone.
        metrics: on accounts, and where there are dates enough on a time, that the propensity wasn't fitted on.
    """

    early: tuple[str, ...]
    adds: tuple[float, ...]
    intercept: float
    propensity: PropensityModel
    metrics: PropensityMetrics

    def predict(self, rows: pl.DataFrame) -> np.ndarray:
        """Probability of the slow goal, [n], of rows with the features and the early columns.

        Raises:
            EncodingError: a column is missing.
        """
        base = logit(self.propensity.predict(self.propensity.encoder.encode(rows)))
        return sigmoid(base + self.intercept + rows.select(self.early).to_numpy() @ np.array(self.adds))


def early_goals(goal_id: str, horizons: dict[str, int]) -> tuple[str, ...]:
    """Goals that are known in half the horizon of a goal, by name; none of them: no surrogate index."""
    return tuple(sorted(each for each, days in horizons.items() if days <= EARLY_SHARE * horizons[goal_id]))


def train_surrogate_index(
    goal_id: str,
    rows: pl.DataFrame,
    traits: tuple[Trait, ...],
    minimum_outcomes: int,
    seed: int,
    *,
    early: Sequence[str],
) -> SurrogateIndex:
    """Learn on matured rows of the slow goal.

    Args:
        rows: as for `train_propensity`, with the early columns beside the features.
        early: names of the early columns.

    Raises:
        ValueError: no outcomes, or nothing but outcomes.
    """
    propensity, held_out = train_propensity(goal_id, rows.drop(early), traits, minimum_outcomes, seed)
    unseen = rows[held_out.index]
    outcome, weight = (unseen[name].to_numpy().astype(np.float64) for name in ("is_reached", "sample_weight"))
    flags = unseen.select(early).to_numpy().astype(np.float64)
    base = logit(held_out.probability)
    intercept, *adds = _fit(flags, outcome, weight, base)
    index = sigmoid(base + intercept + flags @ np.array(adds))
    metrics = measure(outcome, index, weight)
    return SurrogateIndex(tuple(early), tuple(adds), intercept, propensity, metrics)


def _fit(flags: np.ndarray, outcome: np.ndarray, weight: np.ndarray, base: np.ndarray) -> list[float]:
    """Intercept and what each flag adds to the logit beyond the base, by Newton's method, [1 + k]."""
    columns = np.column_stack([np.ones(len(outcome)), flags])
    precision = np.diag([1e-9, *[LOGIT_DEVIATION**-2] * flags.shape[1]])
    found = np.zeros(columns.shape[1])
    for _ in range(100):
        expected = sigmoid(base + columns @ found)
        gradient = columns.T @ (weight * (outcome - expected)) - precision @ found
        curvature = (columns * (weight * expected * (1 - expected))[:, None]).T @ columns + precision
        step = np.clip(np.linalg.solve(curvature + 1e-9 * np.eye(len(found)), gradient), -2.0, 2.0)
        found = found + step
        if np.abs(step).max() < 1e-8:
            break
    return [float(each) for each in found]
