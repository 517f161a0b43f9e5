"""An early answer on slow goals: the surrogate index (Athey, Chetty, Imbens and Kang 2019).

P(slow goal | early outcomes, features) is learnt on contacts whose horizon has passed, and stands for the outcome of
choices that are old enough for the early outcomes only. That holds if an action moves the slow goal through the early
outcomes alone, given the features, and if early outcomes mean for tonight's contacts what they meant for those learnt
from. An action that wins deals without replies, meetings or opportunities, or replies that lead nowhere, isn't seen
until the horizon has passed: so a rate from surrogates is always said to be one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.encoding import Trait
from models.propensity import PropensityMetrics, PropensityModel, train_propensity

# A goal is answered by surrogates beyond this horizon; others wait, or are learnt from while young.
SLOW_DAYS = 30
# Goals with at most this share of the slow goal's horizon are early.
EARLY_SHARE = 0.5
EARLY = "early_"


@dataclass(frozen=True)
class SurrogateIndex:
    """The probability of a slow goal, given what was reached early; `early` are the columns with that, 0 or 1."""

    early: tuple[str, ...]
    model: PropensityModel

    @property
    def metrics(self) -> PropensityMetrics:
        """Quality on accounts and times that it wasn't measured with."""
        return self.model.metrics

    def predict(self, rows: pl.DataFrame) -> np.ndarray:
        """Probability of the slow goal, [n], of rows with the features and the early columns.

        Raises:
            EncodingError: a column is missing.
        """
        return self.model.predict(self.model.encoder.encode(rows))


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
    model, _ = train_propensity(goal_id, rows, traits, minimum_outcomes, seed, trusted=early)
    return SurrogateIndex(tuple(early), model)
