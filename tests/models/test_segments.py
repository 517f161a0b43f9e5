import numpy as np
import polars as pl
import pytest

from models.segments import Unseen, quality_by_segment, segments_of


def test_levels_of_categories_numbers_booleans_and_traits() -> None:
    frame = pl.DataFrame({
        "industry": ["a", "b", None, "a"],
        "clicks": [0, 1, 5, 9],
        "is_known": [True, None, False, True],
        "traits": ['{"plan": "pro"}', "{}", None, '{"plan": "free"}'],
    })  # fmt: skip
    found = segments_of(frame, ("industry", "clicks", "is_known", "plan"))
    assert found["industry"].tolist() == ["a", "b", "unknown", "a"]
    assert found["clicks"].tolist() == ["low", "low", "middle", "high"]
    assert found["is_known"].tolist() == ["yes", "unknown", "no", "yes"]
    assert found["plan"].tolist() == ["pro", "unknown", "unknown", "free"]
    with pytest.raises(KeyError, match="colour"):
        segments_of(frame.drop("traits"), ("colour",))


def test_rare_levels_are_one() -> None:
    frame = pl.DataFrame({"country": [f"c{each:02d}" for each in range(20)] + ["c00"] * 5})
    levels = segments_of(frame, ("country",))["country"]
    assert len(set(levels)) == 13 and levels[0] == "c00" and levels[19] == "other"


def test_groups_of_few_people_are_not_reported() -> None:
    """Nineteen people with many rows each are still few."""
    count = 1_000
    people = np.concatenate([np.arange(count) % 19, 100 + np.arange(count)])
    levels = np.repeat(["few", "many"], count)
    stated, observed = np.full(2 * count, 0.2), np.tile([0.0, 1.0], count)
    unseen = Unseen(stated, observed, (stated - observed) ** 2, np.ones(2 * count), people, {"size": levels})
    (only,) = quality_by_segment(unseen, 20)
    assert (only.level, only.count_people, only.observed) == ("many", count, 0.5)
    assert len(quality_by_segment(unseen, 19)) == 2
