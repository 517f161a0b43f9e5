"""Which features move the effect of an action most, over many contacts."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.encoding import FeatureEncoder, raw_value

# From this rank correlation between value and part on, a direction is stated.
CLEAR_CORRELATION = 0.5


@dataclass(frozen=True)
class Driver:
    """A feature's part in the effect of an action, over many contacts.

    Attributes:
        mean_absolute: mean size of its part, as a change of probability.
        direction: `up`: the higher (or: where true) the better for the goal; `down`; `mixed`; for a category `levels`.
        best, worst: the levels of a category whose parts are highest and lowest on average; None for numbers.
    """

    feature: str
    mean_absolute: float
    direction: str
    best: str | None = None
    worst: str | None = None


def find_drivers(
    values: np.ndarray, encoder: FeatureEncoder, features: pl.DataFrame, least_people: int
) -> tuple[Driver, ...]:
    """Features by the size of their parts, largest first; those without any part are left out.

    Args:
        values: parts of the effect in probability, [n × column of the encoder].
        features: the contacts' features, n rows.
        least_people: levels with fewer contacts aren't named.
    """
    sizes = np.abs(values).mean(axis=0) if len(values) else np.zeros(len(encoder.columns))
    drivers = []
    for position in np.argsort(-sizes, kind="stable"):
        if sizes[position] <= 0:
            break
        column, part = encoder.columns[position], values[:, position]
        own = pl.DataFrame({"value": features.select(raw_value(column).alias("value"))["value"], "part": part})
        about = _levels(own, least_people) if column.kind == "category" else (_direction(own), None, None)
        drivers.append(Driver(column.name, float(sizes[position]), *about))
    return tuple(drivers)


def _direction(own: pl.DataFrame) -> str:
    ranks = own.drop_nulls().select(pl.col("value", "part").rank("average"))
    if ranks.height < 2 or ranks["value"].std() == 0 or ranks["part"].std() == 0:
        return "mixed"
    correlation = ranks.select(pl.corr("value", "part")).item()
    return "up" if correlation >= CLEAR_CORRELATION else "down" if correlation <= -CLEAR_CORRELATION else "mixed"


def _levels(own: pl.DataFrame, least_people: int) -> tuple[str, str | None, str | None]:
    levels = own.drop_nulls().group_by("value").agg(pl.col("part").mean(), pl.len())
    named = levels.filter(pl.col("len") >= least_people).sort("part", "value")["value"].to_list()
    return ("levels", named[-1], named[0]) if len(named) > 1 else ("mixed", None, None)
