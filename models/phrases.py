"""What is said of a feature's value, by the policy's words. It follows from the value, so it can't contradict it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from models.encoding import EncodedColumn, raw_value

LONGEST_VALUE = 40
# What the features themselves write where nothing is known.
UNKNOWN = ("unknown", "none", "")


@dataclass(frozen=True)
class Phrases:
    """The words of one feature, as in `policy.words.FeatureWords`; `{value}` is still to be filled in."""

    subject: str
    some: str
    one: str
    zero: str
    unknown: str
    growing: str
    shrinking: str
    shown_as: str
    is_private: bool


def phrases_by_feature(words: pl.DataFrame, names: Sequence[str]) -> dict[str, Phrases]:
    """The words of each feature that an entry fits; the first entry that does counts.

    Args:
        words: one row per entry: place, feature (with at most one `*`), and the fields of `Phrases`.
    """
    entries = [(_pattern(row["feature"]), row) for row in words.sort("place").to_dicts()]
    found = {}
    for name in names:
        fits = ((match, row) for pattern, row in entries if (match := pattern.fullmatch(name)))
        match, row = next(fits, (None, None))
        if match and row:
            stands_for = match[1].replace("_", " ") if match.groups() else ""
            told: dict[str, Any] = {
                field: row[field].replace("{*}", stands_for) if isinstance(row[field], str) else row[field]
                for field in Phrases.__dataclass_fields__
            }
            found[name] = Phrases(**told)
    return found


def phrase_of(phrases: Phrases, column: EncodedColumn, features: pl.DataFrame) -> pl.Series:
    """What is said of each row's value, text [n]; null where nothing is.

    Args:
        features: one row per contact, with the column (for a trait, the JSON `traits`).
    """
    return phrase_of_values(phrases, features.select(raw_value(column).alias("value"))["value"])


def phrase_of_values(phrases: Phrases, value: pl.Series) -> pl.Series:
    """What is said of each value, text of a category or number; text [n], null where nothing is said."""
    told = _of_category(phrases, value) if value.dtype == pl.String else _of_number(phrases, value)
    return pl.select(pl.when(told != "").then(told)).to_series()


def _pattern(feature: str) -> re.Pattern[str]:
    start, star, end = feature.partition("*")
    return re.compile(re.escape(start) + ("(.*)" if star else "") + re.escape(end))


def _of_category(phrases: Phrases, value: pl.Series) -> pl.Series:
    is_unknown = value.is_null() | value.is_in(UNKNOWN)
    shown = value.str.replace_all("_", " ").str.slice(0, LONGEST_VALUE)
    return pl.select(
        pl.when(is_unknown).then(pl.lit(phrases.unknown)).otherwise(_filled(phrases.some, shown))
    ).to_series()


def _of_number(phrases: Phrases, value: pl.Series) -> pl.Series:
    if phrases.growing or phrases.shrinking:
        told = pl.when(value > 1).then(pl.lit(phrases.growing)).when(value < 1).then(pl.lit(phrases.shrinking))
        return pl.select(pl.when(value.is_null()).then(pl.lit(phrases.unknown)).otherwise(told)).to_series()
    one = pl.lit(phrases.one) if phrases.one else _filled(phrases.some, _shown(value, phrases.shown_as))
    return pl.select(
        pl.when(value.is_null()).then(pl.lit(phrases.unknown))
        .when(value == 0).then(pl.lit(phrases.zero))
        .when(value == 1).then(one)
        .otherwise(_filled(phrases.some, _shown(value, phrases.shown_as)))
    ).to_series()  # fmt: skip


def _filled(phrase: str, shown: pl.Series) -> pl.Expr:
    start, place, end = phrase.partition("{value}")
    return pl.concat_str(pl.lit(start), pl.lit(shown), pl.lit(end)) if place else pl.lit(phrase)


def _shown(value: pl.Series, shown_as: str) -> pl.Series:
    known = value.unique().drop_nulls().to_list()
    texts = {each: _number_text(each, shown_as) for each in known}
    return value.replace_strict(list(texts), list(texts.values()), default=None, return_dtype=pl.String)


def _number_text(value: float, shown_as: str) -> str:
    if shown_as == "percent":
        return f"{100 * value:.0f} %"
    if shown_as == "dollars":
        return f"${value / 100:,.0f}"
    number = math.expm1(value) if shown_as == "logarithm" else value
    nearest = round(number)
    is_whole = shown_as == "logarithm" or number == nearest
    return f"{nearest:,}" if is_whole else f"{number:,.3g}"
