"""The types of contact policy: how often a person, account or buying group is approached, and what comes after what."""

from typing import Literal

from pydantic import Field

from policy.kinds import Outcome
from policy.section import Identifier, NotNegative, Positive, Section

Counted = Literal["touches", "ignored"] | Outcome
CountedPer = Literal["contact", "account", "buying_group"]


class ContactRule(Section):
    """A cap or a cool-down: so much of this within these days, and the actions named here wait."""

    name: Identifier = Field(description="Name of the rule; it is told with every action that it holds back.")
    counts: Counted = Field(
        default="touches",
        description="touches: whoever made them, on any system; ignored: touches without one of `messages.responses` "
        "within `messages.response_days`; or a kind of outcome in `core.outcomes`.",
    )
    channels: tuple[Identifier, ...] = Field(
        default=(), description="Channels whose touches count; empty: all. Outcomes have no channel."
    )
    per: CountedPer = Field(
        default="contact", description="Whose touches and outcomes are counted together, and who then waits."
    )
    at_least: Positive = Field(default=1, description="From how many on the actions wait.")
    within_days: Positive = Field(description="Days within which these are counted; the window moves with the night.")
    pause_days: Positive | None = Field(
        default=None,
        description="Days that the actions wait after the last one that made it so many; null: until fewer are left "
        "in the window.",
    )
    applies_to_channels: tuple[Identifier, ...] = Field(
        default=(), description="Channels whose actions wait; with `applies_to_actions` empty too: all."
    )
    applies_to_actions: tuple[Identifier, ...] = Field(default=(), description="Actions that wait.")


class ContactPolicy(Section):
    """Rules beside the caps of `limits` and `channels` and the cool-downs of `actions`, which hold as well."""

    rules: tuple[ContactRule, ...] = Field(
        default=(),
        max_length=500,
        description="Caps and cool-downs per contact, account and buying group. Priority actions pass them.",
    )
    offer_days: Positive = Field(
        default=30,
        description="Days for which an account that got an offer (`actions[].offer`) gets no other; nobody there is "
        "told something else.",
    )
    roles_first_days: Positive | None = Field(
        default=None,
        description="Whoever of a buying group was approached within so many days waits, while a needed role has "
        "somebody who may be approached and wasn't; null: nobody waits.",
    )


class Opening(Section):
    """Something after which an action opens: an earlier action, or an outcome."""

    action: Identifier | None = Field(default=None, description="The contact got this action; null: see outcome.")
    outcome: Outcome | None = Field(default=None, description="The contact did this; null: see action.")
    after_days: NotNegative = Field(default=0, description="Days to wait after it.")
    within_days: Positive = Field(default=30, description="Days after it within which the action stays open.")
