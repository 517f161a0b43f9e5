"""What a model is to the nightly choice of its version: evidence, rows, training, and two versions on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl

from models.promotion import Paired
from models.segments import SegmentQuality

Rows = Mapping[str, pl.DataFrame]
# By name of the frame, the newest date that a version has learnt from; rows after it are new to it.
SeenUntil = Mapping[str, date]


@dataclass(frozen=True)
class Evidence:
    """What could be learnt from tonight, cheaply known.

    Attributes:
        count_outcomes: outcomes.
        features: names and types of the features.
        shortage: why it isn't enough for a model; empty if it is.
    """

    count_outcomes: int
    features: Mapping[str, str]
    shortage: str


@dataclass(frozen=True)
class Story:
    """What the model card tells, beyond figures.

    Attributes:
        predicts: what the model says of whom, in a sentence.
        learnt_from: from which rows, in a sentence.
        quality: lines on how good it is, on rows it didn't see.
        drivers: lines on for whom effects are larger or smaller.
        not_for: lines on whom and what it says nothing of.
    """

    predicts: str
    learnt_from: str
    quality: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A model just trained.

    Attributes:
        bundle: all that scoring needs, by file name.
        figures: PNG by file name.
        shortcoming: why it isn't good enough to decide anything; empty if it is.
        segments: quality by segment, on rows that it didn't see.
        importances: share of the trees' gain, by feature.
    """

    bundle: Mapping[str, bytes]
    metrics: Mapping[str, float]
    figures: Mapping[str, bytes]
    story: Story
    shortcoming: str = ""
    segments: tuple[SegmentQuality, ...] = ()
    importances: Mapping[str, float] = field(default_factory=dict)


class Learner(Protocol):
    """One model: what it learns from, how, and how two versions compare. `train` keeps what `compare` needs."""

    @property
    def name(self) -> str: ...

    def evidence(self) -> Evidence: ...

    def read(self) -> Rows: ...

    def parameters(self) -> dict[str, object]:
        """What the model depends on besides rows; `form` is raised when code would make another of the same."""
        ...

    def settings(self) -> dict[str, object]:
        """Of the parameters, those that make a training due when they change."""
        ...

    def check(self, files: Mapping[str, bytes], features: Mapping[str, str]) -> None: ...

    def train(self, rows: Rows) -> Candidate: ...

    def compare(self, champion: Mapping[str, bytes], rows: Rows, seen_until: SeenUntil) -> Paired | None: ...
