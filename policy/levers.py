"""Levers: what the business favours tonight, beyond what the figures say."""

from typing import Annotated

from pydantic import Field

from policy.conditions import Condition
from policy.section import Identifier, Section


class Lever(Section):
    """A factor on the value of some actions: the weights of all levers that apply are added, over 100, plus 1."""

    name: Identifier = Field(description="Name of the lever, as explanations show it.")
    weight: Annotated[float, Field(ge=-100)] = Field(
        description="Percent that the value counts more (or, negative, less): 55 makes 1.55 of it."
    )
    goal_id: Identifier | None = Field(
        default=None, description="Only actions that move this goal most; null: whatever the goal."
    )
    action_id: Identifier | None = Field(default=None, description="Only this action; null: every action.")
    channel: Identifier | None = Field(default=None, description="Only this channel; null: every channel.")
    who: Condition | None = Field(default=None, description="Only contacts that meet this condition; null: everybody.")
