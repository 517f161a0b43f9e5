"""The volumes of a night, from policy: how many actions of a kind it must or may hold, and what they may cost."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.limits import LimitFamily

VOLUMES = {
    "name": pl.String, "minimum": pl.Int64, "maximum": pl.Int64, "maximum_cents": pl.Int64, "condition_id": pl.String,
}  # fmt: skip
VOLUME_ACTIONS = {"name": pl.String, "action_id": pl.String}
MATCHES = {"contact_id": pl.String, "condition_id": pl.String}


@dataclass(frozen=True)
class Volumes:
    """Bounds on the actions of a night.

    Attributes:
        volumes: one row per volume; name, minimum, maximum, maximum_cents (null: none), condition_id (null: everybody).
        actions: one row per volume and action that it counts; name, action_id.
        matches: one row per contact and condition that it meets; contact_id, condition_id.
    """

    volumes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VOLUMES))
    actions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VOLUME_ACTIONS))
    matches: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MATCHES))

    def counts(self, pairs: pl.DataFrame, name: str, condition_id: str | None) -> np.ndarray:
        """Which pairs a volume counts. bool [pairs]."""
        actions = self.actions.filter(pl.col("name") == name)["action_id"].implode()
        is_counted = pairs["action_id"].is_in(actions)
        if condition_id is not None:
            who = self.matches.filter(pl.col("condition_id") == condition_id)["contact_id"].implode()
            is_counted &= pairs["contact_id"].is_in(who)
        return is_counted.to_numpy()


def volume_limits(pairs: pl.DataFrame, volumes: Volumes) -> list[LimitFamily]:
    """The maximums, in actions and in cents."""
    families, cost = [], pairs["cost_cents"].to_numpy().astype(np.float64)
    for row in volumes.volumes.sort("name").iter_rows(named=True):
        is_counted = volumes.counts(pairs, row["name"], row["condition_id"])
        if row["maximum"] is not None:
            families.append(one_limit(f"maximum:{row['name']}", row["maximum"], is_counted))
        if row["maximum_cents"] is not None:
            families.append(one_limit(f"maximum_cents:{row['name']}", row["maximum_cents"], is_counted, cost))
    return families


def volume_floors(pairs: pl.DataFrame, volumes: Volumes) -> tuple[LimitFamily, ...]:
    """The minimums; their capacity is the least number of actions."""
    return tuple(
        one_limit(f"minimum:{row['name']}", row["minimum"], volumes.counts(pairs, row["name"], row["condition_id"]))
        for row in volumes.volumes.sort("name").iter_rows(named=True)
        if row["minimum"] is not None
    )


def one_limit(limit_id: str, capacity: float, is_counted: np.ndarray, usage: np.ndarray | None = None) -> LimitFamily:
    """A family of one limit that the counted pairs use, each once or as `usage` says; those that use nothing don't."""
    usage = np.ones(len(is_counted)) if usage is None else usage
    member = np.where(is_counted & (usage > 0), 0, -1)
    return LimitFamily(limit_id, (limit_id,), np.array([float(capacity)]), member, usage)
