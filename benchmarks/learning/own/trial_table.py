"""A randomised trial as a table: who got what with which probability, and whether the outcome came."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from models.choices import NO_ACTION
from models.encoding import Trait

OWN_COLUMNS = ("id", "email", "action", "probability", "outcome", "is_training")
# The policy's names are at most 60 characters.
LONGEST_NAME = 60


class TrialError(ValueError):
    """A table can't be read as a trial; the message names the column."""


@dataclass(frozen=True)
class TrialTable:
    """A trial.

    Attributes:
        frame: one row per person: id, email, action, probability, outcome (0/1), is_training, and the traits.
        actions: `none` first.
    """

    frame: pl.DataFrame
    actions: tuple[str, ...]
    traits: tuple[Trait, ...]

    @property
    def training(self) -> pl.DataFrame:
        """Whom the night knows the outcomes of."""
        return self.frame.filter("is_training")

    @property
    def test(self) -> pl.DataFrame:
        """On whom its choice is judged."""
        return self.frame.filter(~pl.col("is_training"))


def make_trial(
    people: pl.DataFrame,
    treatment: str,
    outcome: str,
    control: str,
    *,
    probability: str | None = None,
    left_out: tuple[str, ...] = (),
    training_share: float = 0.5,
    seed: int = 0,
) -> TrialTable:
    """Read a table of people as a trial; all columns that aren't named or left out become traits.

    Args:
        control: the treatment that is no action.
        probability: column with the probability of the treatment that the person got; None: shares of the whole trial.

    Raises:
        TrialError: a column is missing or has values that can't be read.
    """
    named = [treatment, outcome, *([probability] if probability else []), *left_out]
    for column in named:
        if column not in people.columns:
            raise TrialError(f"there is no column {column!r}; there are {', '.join(people.columns)}")
    arms = people[treatment].cast(pl.String)
    if control not in arms:
        raise TrialError(f"no one got {control!r} in {treatment!r}; there are {', '.join(sorted(arms.unique()))}")
    names = {arm: NO_ACTION if arm == control else as_name(arm) for arm in sorted(arms.unique())}
    action = arms.replace_strict(names)
    columns = {column: as_name(column) for column in people.columns if column not in named}
    for kind, given in (("treatments", names), ("columns", columns)):
        if len(set(given.values())) < len(given):
            raise TrialError(f"two {kind} have the same name in small letters: {', '.join(given)}")
    shares = action.value_counts(normalize=True)
    traits = people.select(pl.col(column).alias(f"trait_{name}") for column, name in columns.items())
    frame = traits.with_row_index("id").with_columns(
        # A domain of one's own (RFC 2606): nobody is anybody's colleague.
        email=pl.format("person@p{}.example", "id"),
        action=action,
        probability=people[probability]
        if probability
        else action.replace_strict(shares[treatment], shares["proportion"]),
        outcome=_as_outcome(people[outcome]),
        is_training=pl.Series(
            np.random.default_rng(seed).permutation(len(people)) < round(training_share * len(people))
        ),
    )
    kinds = ((name, "number" if dtype.is_numeric() else "category") for name, dtype in traits.schema.items())
    actions = (NO_ACTION, *sorted(set(names.values()) - {NO_ACTION}))
    return TrialTable(frame, actions, tuple(Trait(name, kind) for name, kind in kinds))


def read_trial(path: Path) -> pl.DataFrame:
    """A CSV, gzipped or not, or Parquet."""
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)


def as_name(text: str) -> str:
    """A name as the policy takes it: small letters, digits and underscores, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (name if name[:1].isalpha() else f"n_{name}")[: LONGEST_NAME - len("trait_")]


def _as_outcome(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values.cast(pl.Int64)
    if values.null_count() or set(values.unique()) - {0, 1}:
        raise TrialError(f"the outcome {values.name!r} must be 0 or 1 in every row")
    return values.cast(pl.Int64)
