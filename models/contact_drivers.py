"""Which features speak most for a contact's action, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from models.encoding import EncodedColumn, FeatureEncoder
from models.phrases import Phrases, phrase_of

MOST_DRIVERS = 2
# Subjects looked at until enough have words, and features of each.
CANDIDATES, FEATURES_OF_A_SUBJECT = 4, 3
# A subject is worth telling from this share of all that speaks for or against on, and of the whole effect.
LEAST_SHARE = 0.05


def driver_phrases(
    values: np.ndarray,
    whole: np.ndarray,
    encoder: FeatureEncoder,
    features: pl.DataFrame,
    phrases: Mapping[str, Phrases],
) -> pl.Series:
    """What speaks most for each contact's action, in words: lists of at most two texts, the strongest first.

    Features of one subject add up, and the one of them that speaks most is told. What is private, has no words for the
    value, speaks against or hardly counts isn't told.

    Args:
        values: what each feature adds, positive for good, [n × column of the encoder].
        whole: what all add up to with the base, [n]; its size is what the least share is of.
        features: the contacts' features, n rows.
    """
    subjects = _columns_by_subject(encoder, phrases)
    if not subjects or not len(values):
        return pl.Series([[]] * len(values), dtype=pl.List(pl.String))
    sums = np.stack([values[:, columns].sum(axis=1) for columns in subjects.values()], axis=1)
    least = LEAST_SHARE * np.maximum(np.abs(sums).sum(axis=1), np.abs(whole))
    order = np.argsort(-sums, axis=1, kind="stable")[:, :CANDIDATES]
    is_told = np.take_along_axis(sums, order, axis=1) > least[:, None]
    places = [_candidates(values, order, is_told, number, columns) for number, columns in enumerate(subjects.values())]
    told = _with_phrases(pl.concat(places), encoder, features, phrases)
    lists = (
        told.drop_nulls("phrase")
        .sort("row", "rank", "place")
        .unique(["row", "rank"], keep="first", maintain_order=True)
        .unique(["row", "phrase"], keep="first", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(pl.col("phrase").head(MOST_DRIVERS))
    )
    rows = pl.DataFrame({"row": np.arange(len(values), dtype=np.int64)})
    joined = rows.join(lists, on="row", how="left", validate="1:1", maintain_order="left")
    return joined["phrase"].fill_null([])


def _columns_by_subject(encoder: FeatureEncoder, phrases: Mapping[str, Phrases]) -> dict[str, list[int]]:
    subjects: dict[str, list[int]] = {}
    for position, column in enumerate(encoder.columns):
        known = phrases.get(column.name)
        if known and not known.is_private:
            subjects.setdefault(known.subject, []).append(position)
    return subjects


def _candidates(
    values: np.ndarray, order: np.ndarray, is_told: np.ndarray, subject: int, columns: list[int]
) -> pl.DataFrame:
    """One row per contact for whom the subject may be told, and feature of it: row, rank, place, column."""
    row, rank = np.nonzero((order == subject) & is_told)
    own = values[row[:, None], np.array(columns)]
    best = np.argsort(-own, axis=1, kind="stable")[:, :FEATURES_OF_A_SUBJECT]
    speaks = np.take_along_axis(own, best, axis=1) > 0
    width = best.shape[1]
    frame = pl.DataFrame({
        "row": np.repeat(row, width).astype(np.int64), "rank": np.repeat(rank, width).astype(np.int64),
        "place": np.tile(np.arange(width, dtype=np.int64), len(row)),
        "column": np.array(columns, dtype=np.int64)[best].ravel(),
    })  # fmt: skip
    return frame.filter(pl.Series(speaks.ravel(), dtype=pl.Boolean))


def _with_phrases(
    places: pl.DataFrame, encoder: FeatureEncoder, features: pl.DataFrame, phrases: Mapping[str, Phrases]
) -> pl.DataFrame:
    parts = []
    for (position,), part in places.group_by("column", maintain_order=True):
        column = encoder.columns[int(str(position))]
        phrase = phrase_of(phrases[column.name], column, features[part["row"].to_numpy()])
        parts.append(part.with_columns(phrase.alias("phrase")))
    return pl.concat(parts) if parts else places.with_columns(phrase=pl.lit(None, dtype=pl.String))


def first_facts(features: pl.DataFrame, names: Sequence[str], phrases: Mapping[str, Phrases]) -> pl.Series:
    """What is said of the first of these counts that isn't 0, text [n]; null where all are, or have no words."""
    facts = []
    for name in names:
        if name in features.columns and name in phrases and not phrases[name].is_private:
            phrase = phrase_of(phrases[name], EncodedColumn(name, "number"), features)
            facts.append(pl.when(features[name] > 0).then(phrase))
    return pl.select(pl.coalesce(facts) if facts else pl.repeat(None, features.height, dtype=pl.String)).to_series()
