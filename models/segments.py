"""Quality of a model by segment of contacts. Groups of few people aren't reported: figures would tell of persons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.encoding import TRAITS_COLUMN
from models.grouping import weighted_mean

UNKNOWN = "unknown"
# Of a number, the thirds of its values are the segments.
NUMBER_WORDS = ("low", "middle", "high")
MOST_LEVELS = 12
# Standard errors beyond which a segment is off.
CLEARLY = 2.0


@dataclass(frozen=True)
class Unseen:
    """What a model said of rows that it didn't see, and what came true; every array [n].

    Attributes:
        loss: of each row; weight: rows that each row stands for; people: contacts; segments: by attribute, the level.
    """

    stated: np.ndarray
    observed: np.ndarray
    loss: np.ndarray
    weight: np.ndarray
    people: np.ndarray
    segments: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class SegmentQuality:
    """How a model does in a segment: what it stated and what came true, means over the rows.

    Attributes:
        count_people: distinct contacts.
        loss: mean loss of the rows.
        error: standard error of observed - stated, rows of one person taken as one.
    """

    attribute: str
    level: str
    count_people: int
    stated: float
    observed: float
    loss: float
    error: float

    @property
    def is_off(self) -> bool:
        """Whether stated and observed are further apart than chance alone would often bring."""
        return abs(self.stated - self.observed) > CLEARLY * self.error


def segments_of(frame: pl.DataFrame, attributes: Sequence[str]) -> dict[str, np.ndarray]:
    """By attribute, the level of each row, text [n]: of a category its levels, the rarer ones as `other`; of a number
    low, middle or high. An attribute is a column of the frame, or a key of its `traits` JSON.

    Raises:
        KeyError: an attribute is no column, and the frame has no traits.
    """
    return {attribute: _levels(_column(frame, attribute)) for attribute in attributes}


def quality_by_segment(unseen: Unseen, minimum_people: int) -> tuple[SegmentQuality, ...]:
    """One row per attribute and level, in order; levels of fewer people than `minimum_people` are left out."""
    return tuple(_qualities(unseen, minimum_people))


def _qualities(unseen: Unseen, minimum_people: int) -> Iterator[SegmentQuality]:
    for attribute, levels in sorted(unseen.segments.items()):
        for level in np.unique(levels):
            rows = levels == level
            count = len(np.unique(unseen.people[rows]))
            if count >= minimum_people:
                figures = (unseen.stated, unseen.observed, unseen.loss)
                stated, observed, loss = (
                    float(np.average(each[rows], weights=unseen.weight[rows])) for each in figures
                )
                gap = unseen.observed[rows] - unseen.stated[rows]
                _, error = weighted_mean(gap, unseen.weight[rows], unseen.people[rows])
                yield SegmentQuality(attribute, str(level), count, stated, observed, loss, error)


def _column(frame: pl.DataFrame, attribute: str) -> pl.Series:
    if attribute in frame.columns:
        return frame[attribute]
    if TRAITS_COLUMN in frame.columns:
        return frame[TRAITS_COLUMN].str.json_path_match(f"$.{attribute}")
    raise KeyError(f"{attribute!r} is no feature, and there are no traits")


def _levels(values: pl.Series) -> np.ndarray:
    if values.dtype == pl.Boolean:
        values = values.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
    if values.dtype.is_numeric():
        return _thirds(values)
    known = values.cast(pl.String)
    common = known.drop_nulls().value_counts(sort=True).sort("count", known.name, descending=[True, False])
    kept = common[known.name].head(MOST_LEVELS)
    return np.array(
        [UNKNOWN if each is None else each if is_kept else "other"
         for each, is_kept in zip(known, known.is_in(kept.implode()), strict=True)]
    )  # fmt: skip


def _thirds(values: pl.Series) -> np.ndarray:
    numbers = values.cast(pl.Float64).to_numpy()
    known = ~np.isnan(numbers)
    levels = np.full(len(numbers), UNKNOWN, dtype=object)
    if known.any():
        borders = np.unique(np.quantile(numbers[known], [1 / 3, 2 / 3]))
        words = NUMBER_WORDS if len(borders) == 2 else (NUMBER_WORDS[0], NUMBER_WORDS[2])
        levels[known] = np.array(words, dtype=object)[np.searchsorted(borders, numbers[known], side="left")]
    return levels.astype(str)
