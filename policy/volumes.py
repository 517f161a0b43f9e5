"""Volumes: how many actions of a kind a night must or may hold, and what they may cost together."""

from pydantic import Field

from policy.conditions import Condition
from policy.section import Identifier, NotNegative, Positive, Section


class Volume(Section):
    """Bounds on the actions of one night that it counts: those listed and all of the channels listed; none: all."""

    name: Identifier = Field(description="Name of the limit, as prices, conflicts and reasons show it.")
    actions: tuple[Identifier, ...] = Field(default=(), description="Actions that it counts.")
    channels: tuple[Identifier, ...] = Field(
        default=(), description="Channels of which it counts every action; several share what is allowed."
    )
    who: Condition | None = Field(
        default=None, description="Only actions on contacts that meet this condition; null: on everybody."
    )
    minimum: Positive | None = Field(
        default=None,
        description="Least actions per night, even where doing nothing would bring more; null: none. Contacts of the "
        "model arm that explore can leave a night a little short of it.",
    )
    maximum: NotNegative | None = Field(default=None, description="Most actions per night; null: no limit.")
    maximum_cents: NotNegative | None = Field(
        default=None, description="Most cents per night, by `actions[].cost_cents`; null: no limit."
    )
