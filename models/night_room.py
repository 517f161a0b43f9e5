"""What the caps of contact policy over several days leave for tonight, per account or buying group."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.limits import LimitFamily

ROOMS = {
    "rule": pl.String, "part": pl.String, "contact_id": pl.String, "entity_id": pl.String, "count_left": pl.Int64,
}  # fmt: skip
RULE_ACTIONS = {"rule": pl.String, "action_id": pl.String}


@dataclass(frozen=True)
class Rooms:
    """How many more touches the rules allow tonight, where that may be fewer than there are people.

    Attributes:
        rooms: one row per rule, part and contact; entity_id (its account or buying group), count_left (of the entity).
            Within a part a contact has one entity: the parts of buying groups are their offerings.
        actions: one row per rule and action that it both counts and holds back.
    """

    rooms: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROOMS))
    actions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RULE_ACTIONS))


def room_limits(pairs: pl.DataFrame, rooms: Rooms) -> list[LimitFamily]:
    """A family of limits per rule and part.

    Args:
        pairs: one row per contact and action; contact_id, action_id.
        rooms: of the night.
    """
    families = []
    for (rule, part), of_part in rooms.rooms.sort("rule", "part", "entity_id", "contact_id").group_by(
        "rule", "part", maintain_order=True
    ):
        entities = of_part.select("entity_id", "count_left").unique(maintain_order=True).with_row_index("number")
        members = of_part.select("contact_id", "entity_id").join(entities, on="entity_id", validate="m:1")
        numbers = pairs.select("contact_id", "action_id").join(
            members.select("contact_id", "number"), on="contact_id", how="left", validate="m:1", maintain_order="left"
        )
        counted = rooms.actions.filter(pl.col("rule") == rule)["action_id"]
        is_counted = numbers["action_id"].is_in(counted.implode()).to_numpy()
        name = f"contact_rule:{rule}" + (f":{part}" if part else "")
        families.append(
            LimitFamily(
                name,
                tuple(f"{name}:{entity_id}" for entity_id in entities["entity_id"]),
                entities["count_left"].to_numpy().astype(np.float64),
                np.where(is_counted, numbers["number"].cast(pl.Int64).fill_null(-1).to_numpy(), -1),
                np.ones(len(pairs)),
                is_local=True,
            )
        )
    return families
