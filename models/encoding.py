"""Features as the numbers that the learners see. Fitted once at training; travels inside the registered model."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import polars as pl

KEYS = ("contact_id", "account_id", "as_of_date")
TRAITS_COLUMN = "traits"
MOST_LEVELS = 12
LEAST_SHARE_OF_A_LEVEL = 0.005


class EncodingError(ValueError):
    """A feature is missing or has a value or type that the model can't read; the message names the column."""


@dataclass(frozen=True)
class Trait:
    """A key of the `traits` JSON that becomes a feature."""

    name: str
    kind: Literal["number", "category"]


@dataclass(frozen=True)
class EncodedColumn:
    """How one feature becomes one number, or for a category one indicator per level and one for all other levels.

    Attributes:
        name: column of the feature table, or key of the `traits` JSON.
        levels: the levels that were frequent at training, by name; empty for a number.
    """

    name: str
    kind: Literal["number", "category"]
    is_trait: bool = False
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureEncoder:
    """An ordered list of features. Equal encoders give equal arrays for equal frames, whatever the order of columns."""

    columns: tuple[EncodedColumn, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the array's columns, in order."""
        return tuple(name for column in self.columns for name in _names(column))

    def encode(self, features: pl.DataFrame) -> np.ndarray:
        """The features as float32 [row × feature name]; columns that the encoder doesn't know are left out.

        A null becomes NaN, which XGBoost takes as missing. A level that was rare or unknown at training counts as
        "other". Text that isn't a number, in a trait that should be one, is missing.

        Raises:
            EncodingError: a column is missing, has another type than at training, or holds NaN or an infinity.
        """
        self._check(features)
        values = features.select(expression for column in self.columns for expression in _expressions(column))
        return np.ascontiguousarray(values.to_numpy(), dtype=np.float32)

    def without(self, names: Collection[str]) -> "FeatureEncoder":
        """The encoder of the other features, named as columns of the feature table or as traits."""
        return FeatureEncoder(tuple(column for column in self.columns if column.name not in names))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "FeatureEncoder":
        columns = json.loads(text)["columns"]
        return cls(tuple(EncodedColumn(**{**column, "levels": tuple(column["levels"])}) for column in columns))

    def _check(self, features: pl.DataFrame) -> None:
        for column in self.columns:
            name = TRAITS_COLUMN if column.is_trait else column.name
            if name not in features.columns:
                raise EncodingError(f"feature {name!r} is missing; the model was trained with it")
            kind = "category" if column.is_trait else _kind(name, features.schema[name])
            if not column.is_trait and kind != column.kind:
                raise EncodingError(f"feature {name!r} was a {column.kind} at training and is a {kind} now")
        _check_finite(features, [column.name for column in self.columns if not column.is_trait])


def fit_encoder(features: pl.DataFrame, traits: tuple[Trait, ...] = ()) -> FeatureEncoder:
    """An encoder of every column but keys and `traits`, sorted by name, then of the given traits.

    Args:
        features: one row per contact and date; numbers, booleans and text.
        traits: keys of the JSON text column `traits` to expand.

    Raises:
        EncodingError: a column is neither number, boolean nor text, or holds NaN or an infinity.
    """
    names = sorted(set(features.columns) - {*KEYS, TRAITS_COLUMN})
    columns = [EncodedColumn(name, _kind(name, features.schema[name])) for name in names]
    _check_finite(features, names)
    if traits and TRAITS_COLUMN not in features.columns:
        raise EncodingError(f"feature {TRAITS_COLUMN!r} is missing; the policy lists traits")
    columns += [EncodedColumn(trait.name, trait.kind, is_trait=True) for trait in traits]
    return FeatureEncoder(tuple(_with_levels(column, features) for column in columns))


def raw_value(column: EncodedColumn) -> pl.Expr:
    """The feature's own value, before it becomes indicators: text of a category, else a number; null: not known."""
    text = _text(column)
    if column.kind == "category":
        return text
    number = text.cast(pl.Float64, strict=False) if column.is_trait else pl.col(column.name).cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def _with_levels(column: EncodedColumn, features: pl.DataFrame) -> EncodedColumn:
    if column.kind == "number":
        return column
    values = features.select(_text(column).alias("level")).drop_nulls()
    counts = values.group_by("level").len().sort(["len", "level"], descending=[True, False])
    frequent = counts.filter(pl.col("len") >= LEAST_SHARE_OF_A_LEVEL * values.height)
    levels = tuple(sorted(frequent["level"].head(MOST_LEVELS).to_list()))
    return EncodedColumn(column.name, "category", column.is_trait, levels)


def _names(column: EncodedColumn) -> list[str]:
    if column.kind == "number":
        return [column.name]
    return [f"{column.name}={level}" for level in column.levels] + [f"{column.name} is other"]


def _expressions(column: EncodedColumn) -> list[pl.Expr]:
    if column.kind == "category":
        text = _text(column)
        is_other = ~text.is_in(list(column.levels)) if column.levels else text.is_not_null()
        indicators = [*(text == level for level in column.levels), pl.when(text.is_not_null()).then(is_other)]
    elif column.is_trait:
        number = _text(column).cast(pl.Float32, strict=False)
        indicators = [pl.when(number.is_finite()).then(number)]
    else:
        indicators = [pl.col(column.name)]
    names = _names(column)
    return [value.cast(pl.Float32).fill_null(np.nan).alias(name) for value, name in zip(indicators, names, strict=True)]


def _text(column: EncodedColumn) -> pl.Expr:
    if column.is_trait:
        return pl.col(TRAITS_COLUMN).str.json_path_match(f"$.{column.name}")
    return pl.col(column.name).cast(pl.String)


def _kind(name: str, dtype: pl.DataType) -> Literal["number", "category"]:
    if dtype.is_numeric() or dtype == pl.Boolean:
        return "number"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "category"
    raise EncodingError(f"feature {name!r} has type {dtype}; features are numbers, booleans or text")


def _check_finite(features: pl.DataFrame, names: list[str]) -> None:
    floats = [name for name in names if features.schema[name].is_float()]
    if not floats:
        return
    broken = features.select((~pl.col(floats).is_finite()).any()).row(0, named=True)
    for name, is_broken in broken.items():
        if is_broken:
            raise EncodingError(f"feature {name!r} holds NaN or an infinity; a missing value is null")
