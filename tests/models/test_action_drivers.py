"""Drivers are the features that move an effect, with the values where they do most and least."""

import numpy as np
import polars as pl

from models.action_drivers import driver_text, find_drivers
from models.encoding import fit_encoder
from models.phrases import Phrases

PEOPLE = 20
COUNT = 1_000
GENERATOR = np.random.default_rng(3)
FEATURES = pl.DataFrame({
    "country": GENERATOR.choice(["DE", "FR", "IT"], COUNT), "days": GENERATOR.integers(0, 90, COUNT),
    "has_phone": GENERATOR.random(COUNT) < 0.5, "nothing": GENERATOR.normal(size=COUNT),
    "rare": np.where(np.arange(COUNT) < 10, "odd", "usual"),
}).with_columns(days=pl.when(pl.col("days") > 4).then("days"))  # fmt: skip
ENCODER = fit_encoder(FEATURES)
WORDS = Phrases("subject", "it is {value}", "", "it is none", "never", "", "", "number", False)


def parts() -> np.ndarray:
    """Germans +2 points, Italians -1; the sooner the better; never: worst."""
    country = FEATURES["country"].replace_strict({"DE": 0.02, "FR": 0.0, "IT": -0.01})
    days = (0.03 - FEATURES["days"] / 2_000).fill_null(-0.05)
    by_name = {"country": country, "days": days, "has_phone": FEATURES["has_phone"] * 0.001, "rare": None}
    columns = [by_name.get(each.name) for each in ENCODER.columns]
    rare = (FEATURES["rare"] == "odd").cast(pl.Float64) * 5.0
    return np.stack([
        rare.to_numpy() if each.name == "rare" else np.zeros(COUNT) if own is None else own.to_numpy()
        for each, own in zip(ENCODER.columns, columns, strict=True)
    ], axis=1)  # fmt: skip


def test_drivers_come_by_size_and_name_where_the_effect_is_largest_and_smallest() -> None:
    drivers = {driver.feature: driver for driver in find_drivers(parts(), ENCODER.columns, FEATURES, PEOPLE)}
    assert list(drivers) == ["days", "country", "has_phone"]
    assert (drivers["country"].most, drivers["country"].least) == ("DE", "IT")
    assert drivers["country"].most_part == 0.02
    assert drivers["days"].least is None and drivers["days"].least_part == -0.05
    assert isinstance(drivers["days"].most, float) and 5 <= drivers["days"].most <= 22
    assert (drivers["has_phone"].most, drivers["has_phone"].least) == (1.0, 0.0)
    assert 0 < drivers["days"].share < 1


def test_few_people_are_never_named() -> None:
    assert "rare" not in {driver.feature for driver in find_drivers(parts(), ENCODER.columns, FEATURES, PEOPLE)}
    assert find_drivers(parts()[:19], ENCODER.columns, FEATURES[:19], PEOPLE) == ()


def test_drivers_in_words() -> None:
    country, days = (
        next(each for each in find_drivers(parts(), ENCODER.columns, FEATURES, PEOPLE) if each.feature == name)
        for name in ("country", "days")
    )
    assert driver_text(country, {"country": WORDS}) == "subject: most where “it is DE”, least where “it is IT”"
    assert driver_text(days, {"days": WORDS}).endswith("least where “never”")
    private = Phrases("age", "{value} years old", "", "", "", "", "", "number", True)
    assert driver_text(days, {"days": private}) == "age"
    assert driver_text(days, {}) == "days"
