"""Numbers that name a person are found by name; honest numbers stay."""

import json

import numpy as np
import polars as pl
import pytest

from models.encoding import Trait, fit_encoder
from models.identifying import find_identifiers

COUNT = 500
RNG = np.random.default_rng(3)


def rows(number: np.ndarray, people: int = COUNT) -> pl.DataFrame:
    traits = [json.dumps({"number": each}) for each in number.tolist()]
    return pl.DataFrame({"contact_id": [f"c{each % people}" for each in range(len(traits))], "traits": traits})


def found(number: np.ndarray, people: int = COUNT) -> list[str]:
    frame = rows(number, people)
    encoder = fit_encoder(frame, (Trait("number", "number"),))
    return [f"{each.feature}: {each.reason}" for each in find_identifiers(frame, encoder)]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (RNG.permutation(COUNT) + 70_000, "given in turn"),
        (RNG.choice(9_000_000_000, COUNT, replace=False) + 1_000_000_000, "of 10 digits"),
        (np.tile(RNG.choice(90_000_000, COUNT, replace=False) + 10_000_000, 3), "of 8 digits"),
        ((RNG.permutation(COUNT) + 1).astype(float), "given in turn"),
    ],
)
def test_numbers_of_people_are_found(number: np.ndarray, says: str) -> None:
    (reason,) = found(number)
    assert reason.startswith("number: names a person")
    assert says in reason


@pytest.mark.parametrize(
    "number",
    [
        RNG.normal(size=COUNT),
        RNG.integers(0, 100, COUNT),
        np.unique(np.round(np.exp(RNG.normal(11, 2, 4 * COUNT))).astype(int))[:COUNT],
        np.repeat(RNG.choice(90_000_000, COUNT // 2, replace=False), 2),
        np.concatenate([np.arange(COUNT), np.arange(COUNT) + 7_000]),
    ],
)
def test_measures_amounts_shared_and_changing_numbers_stay(number: np.ndarray) -> None:
    assert found(number) == []


def test_few_people_tell_nothing() -> None:
    assert found(np.arange(100), people=100) == []
