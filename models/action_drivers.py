"""Which features move the effect of an action most, over many contacts, and where it is largest and smallest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.action_effects import ActionEffect
from models.contributions import effect_contributions
from models.encoding import EncodedColumn, raw_value
from models.phrases import Phrases, phrase_of_values, phrases_by_feature
from models.uplift import UpliftModel

# Numbers of more values than this are looked at in as many groups of equal size.
MOST_GROUPS = 5
MOST_IN_WORDS = 5


@dataclass(frozen=True)
class Driver:
    """A feature's part in the effect of an action, over many contacts.

    Attributes:
        mean_absolute: mean size of its part, as a change of probability.
        share: of the mean sizes of all features' parts.
        most, least: values for which its part is highest and lowest on average; None: not known. Of numbers with many
            values, the middle ones of the highest and lowest fifth.
        most_part, least_part: these averages, as changes of probability.
    """

    feature: str
    kind: str
    mean_absolute: float
    share: float
    most: str | float | None
    least: str | float | None
    most_part: float
    least_part: float


def drivers_of_effect(
    model: UpliftModel, goal_id: str, action_id: str, features: pl.DataFrame, least_people: int
) -> tuple[Driver, ...]:
    """Features by the size of their parts in an effect, largest first; those without any part are left out.

    Args:
        features: of the contacts to look at; a thousand are enough.
        least_people: values that fewer contacts have aren't named.

    Raises:
        KeyError: the action has no model for this goal.
    """
    boosters = model.explain_boosters(goal_id, action_id)
    goal = model.goal(goal_id)
    effect = goal.effect_of(action_id) if goal else None
    if effect is None:
        raise KeyError(f"action {action_id} has no model for goal {goal_id}")
    parts = effect_contributions(boosters, model.encoder, model.encoder.encode(features), effect.slope).values
    return find_drivers(parts, model.encoder.columns, features, least_people)


def find_drivers(
    parts: np.ndarray, columns: tuple[EncodedColumn, ...], features: pl.DataFrame, least_people: int
) -> tuple[Driver, ...]:
    """As `drivers_of_effect`, of parts in probability, [n × column]."""
    if len(parts) < least_people:
        return ()
    sizes = np.abs(parts).mean(axis=0)
    drivers = []
    for position in np.argsort(-sizes, kind="stable"):
        column = columns[position]
        own = pl.DataFrame(
            [features.select(raw_value(column).alias("value"))["value"], pl.Series("part", parts[:, position])]
        )
        groups = _groups(own, column).filter(pl.col("len") >= least_people)
        if sizes[position] > 0 and groups.height > 1:
            least, most = groups.row(0, named=True), groups.row(-1, named=True)
            drivers.append(
                Driver(
                    column.name, column.kind, float(sizes[position]), float(sizes[position] / sizes.sum()),
                    most["value"], least["value"], most["part"], least["part"],
                )
            )  # fmt: skip
    return tuple(drivers)


def driver_text(driver: Driver, phrases: Mapping[str, Phrases]) -> str:
    """Where the effect is largest and smallest, in words; of a private feature only what it is about."""
    words = phrases.get(driver.feature)
    if words is None or words.is_private:
        return words.subject if words else driver.feature.replace("_", " ")
    most, least = (_words_of(words, driver, value) for value in (driver.most, driver.least))
    return f"{words.subject}: most where “{most}”, least where “{least}”"


def _groups(own: pl.DataFrame, column: EncodedColumn) -> pl.DataFrame:
    """One row per value, or group of numbers: value (the middle one), mean part, len; by the part."""
    group = pl.col("value")
    if column.kind == "number" and own["value"].n_unique() > MOST_GROUPS + 1:
        known = own["value"].drop_nulls().len()
        group = ((pl.col("value").rank("average") - 1) * MOST_GROUPS / max(known, 1)).floor().cast(pl.Int64)
    return (
        own.group_by(group.alias("group"))
        .agg(pl.col("value").sort().slice(pl.len() // 2, 1).first(), pl.col("part").mean(), pl.len())
        .sort("part", "group")
    )


def _words_of(words: Phrases, driver: Driver, value: str | float | None) -> str:
    dtype = pl.String if driver.kind == "category" else pl.Float64
    told = phrase_of_values(words, pl.Series([value], dtype=dtype))[0]
    shown = "not known" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
    return told or f"{words.subject} {shown}"


def drivers_in_words(
    model: UpliftModel, effect: ActionEffect, features: pl.DataFrame, words: pl.DataFrame, least_people: int
) -> list[str]:
    """The five strongest drivers of an effect, such as `industry: most where “industry Steel”, least where …`.

    Args:
        effect: one that the model speaks of.
        features: as for `drivers_of_effect`; words: as for `phrases_by_feature`.
    """
    phrases = phrases_by_feature(words, [column.name for column in model.encoder.columns])
    drivers = drivers_of_effect(model, effect.goal_id, effect.action_id, features, least_people)
    return [driver_text(each, phrases) for each in drivers[:MOST_IN_WORDS]]
