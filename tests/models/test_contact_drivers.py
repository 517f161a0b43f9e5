"""What is told speaks for the action, most of all, once per subject, and never what is private."""

import numpy as np
import polars as pl

from models.contact_drivers import MOST_DRIVERS, driver_phrases, first_facts
from models.encoding import fit_encoder
from models.phrases import Phrases, phrases_by_feature

FEATURES = pl.DataFrame({
    "count_reply_30d": [2, 0], "count_reply_90d": [4, 0], "industry": ["Steel", "Retail"], "age": [44, 30],
    "country_code": ["DE", "FR"],
})  # fmt: skip
ENCODER = fit_encoder(FEATURES)
NAMES = [column.name for column in ENCODER.columns]
WORDS = pl.DataFrame([
    {"feature": "count_reply_*d", "subject": "replies", "some": "replied {value} times in {*} days"},
    {"feature": "industry", "subject": "industry", "some": "industry {value}"},
    {"feature": "age", "subject": "age", "some": "{value} years old", "is_private": True},
    {"feature": "country_code", "subject": "country", "some": "country {value}"},
], schema={
    "feature": pl.String, "subject": pl.String, "some": pl.String, "is_private": pl.Boolean,
}).with_columns(
    pl.col("is_private").fill_null(False), shown_as=pl.lit("number"), place=pl.int_range(pl.len()),
    **{name: pl.lit("") for name in ("one", "zero", "unknown", "growing", "shrinking")},
)  # fmt: skip
PHRASES: dict[str, Phrases] = phrases_by_feature(WORDS, NAMES)


def told(whole: float = 0.1, **parts: float) -> list[str]:
    values = np.zeros((2, len(NAMES)))
    values[0] = [parts.get(name, 0.0) for name in NAMES]
    return driver_phrases(values, np.array([whole, 0.0]), ENCODER, FEATURES, PHRASES)[0].to_list()


def test_the_strongest_come_first_and_at_most_two():
    assert told(industry=0.02, country_code=0.05) == ["country DE", "industry Steel"]
    three = told(industry=0.02, country_code=0.03, count_reply_30d=0.01)
    assert three == ["country DE", "industry Steel"]
    assert len(three) == MOST_DRIVERS


def test_features_of_one_subject_add_up_and_are_told_once():
    assert told(industry=0.03, count_reply_30d=0.01, count_reply_90d=0.025) == [
        "replied 4 times in 90 days",
        "industry Steel",
    ]


def test_what_speaks_against_or_hardly_counts_is_not_told():
    assert told(industry=-0.05, country_code=0.02) == ["country DE"]
    assert told(industry=0.05, country_code=0.002) == ["industry Steel"]
    assert told(industry=-0.05) == []
    assert told(whole=10.0, industry=0.05) == []
    assert told(count_reply_30d=0.02, count_reply_90d=-0.03) == []


def test_what_is_private_is_never_told():
    assert told(age=0.5, industry=0.06) == ["industry Steel"]


def test_a_value_without_words_is_passed_over():
    values = np.zeros((2, len(NAMES)))
    values[1, [NAMES.index("count_reply_30d"), NAMES.index("industry")]] = 0.05, 0.02
    lists = driver_phrases(values, np.array([0.0, 0.1]), ENCODER, FEATURES, PHRASES)
    assert lists.to_list() == [[], ["industry Retail"]]


def test_a_contact_is_told_the_same_whoever_else_is_in_the_batch():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(300, len(NAMES)))
    features = pl.concat([FEATURES] * 150)
    whole = generator.normal(size=300)
    together = driver_phrases(values, whole, ENCODER, features, PHRASES).to_list()
    alone = [
        driver_phrases(values[[row]], whole[[row]], ENCODER, features[row], PHRASES)[0].to_list() for row in range(30)
    ]
    assert together[:30] == alone
    assert driver_phrases(values[:0], whole[:0], ENCODER, features[:0], PHRASES).to_list() == []


def test_the_first_count_that_is_not_0_is_the_fact():
    facts = first_facts(FEATURES, ["age", "count_reply_30d"], PHRASES)
    assert facts.to_list() == ["replied 2 times in 30 days", None]
