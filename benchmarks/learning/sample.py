"""What a learner gets to see of a trial, and how it goes to a process of its own."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np

ARRAYS = ("features", "action", "probability", "outcome", "units")


@dataclass(frozen=True)
class Sample:
    """Logged choices with outcomes; every array [n] unless said.

    Attributes:
        names: of the features; actions: `none` first, then the action ids.
        features: float32 [n × d], NaN where missing.
        action: position in `actions`, taken with `probability`.
        outcome: 0/1; units: account.
    """

    names: tuple[str, ...]
    actions: tuple[str, ...]
    features: np.ndarray
    action: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    units: np.ndarray

    def take(self, rows: np.ndarray) -> Self:
        """Some of the rows."""
        arrays = [each.name for each in fields(self) if each.name not in ("names", "actions")]
        return replace(self, **{name: getattr(self, name)[rows] for name in arrays})

    def save(self, path: Path) -> None:
        """Write as `.npz`."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        np.savez(path, names=np.array(self.names), actions=np.array(self.actions), **arrays)

    @classmethod
    def load(cls, path: Path) -> "Sample":
        """The sample of `save`."""
        with np.load(path) as arrays:
            names, actions = (tuple(arrays[name].tolist()) for name in ("names", "actions"))
            return cls(names, actions, *(arrays[name] for name in ARRAYS))
