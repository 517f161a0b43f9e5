"""What can be done, and with which content."""

from typing import Annotated

from pydantic import Field

from policy.conditions import Condition
from policy.contact_policy import Opening
from policy.kinds import (
    AutonomyMode,
    ContactStage,
    Stakes,
)
from policy.section import Identifier, NotNegative, Section


class ContentVariant(Section):
    """A text or picture for one place of an action's template. What isn't listed is never sent."""

    content_variant_id: Identifier = Field(description="Name that the sending platform knows the content by.")
    slot: Identifier = Field(
        default="message",
        description="Place in the template that the variant fills (subject, hero, body, call_to_action, ...). One "
        "variant per slot is drawn, each slot on its own.",
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        description="How often it is drawn, relative to the slot's others, as far as none is known to be better.",
    )
    is_active: bool = Field(default=True, description="false: drawn no more; what was learnt from it stays.")


class Action(Section):
    """Something that can be done to a contact. Doing nothing is always possible and isn't listed."""

    action_id: Identifier = Field(description="Name that all tables use.")
    name: str = Field(min_length=1, description="Name that people read; the subject of a task in the CRM.")
    channel: Identifier = Field(description="Channel it travels through; one of `channels`.")
    cost_cents: NotNegative = Field(description="Full cost of doing it once to one contact, cents.")
    prior_uplift: dict[Identifier, Annotated[float, Field(ge=-1, le=1)]] = Field(
        min_length=1,
        description="Per goal: by how much the action is believed to change the probability of reaching it "
        "(0.01 = one percentage point). Used until enough is learnt.",
    )
    stages: tuple[ContactStage, ...] = Field(
        default=(), description="Contact stages for which it is meant; empty means all."
    )
    who: Condition | None = Field(
        default=None, description="Condition on the contact: whoever else isn't eligible; null: everybody is."
    )
    suits: Condition | None = Field(
        default=None,
        description="Condition under which it does the contact good: whoever else it doesn't suit (gate suitability); "
        "null: it suits everybody.",
    )
    opens_after: tuple[Opening, ...] = Field(
        default=(), description="What must come before, any one of these; empty: nothing. A path emerges from it."
    )
    offer: Identifier | None = Field(
        default=None,
        description="Name of the offer that it makes (a trial, a discount); people of one account are never made two "
        "different ones. null: it makes none.",
    )
    is_priority: bool = Field(
        default=False,
        description="true: passes the caps and cool-downs that others have used up (a renewal notice), but never "
        "consent, suppression or its own cool_down_days; it counts for the others.",
    )
    variants: tuple[ContentVariant, ...] = Field(default=(), description="Texts and pictures to draw from.")
    needs_owner: bool = Field(default=False, description="Only for contacts that an active owner looks after.")
    is_seller_action: bool = Field(default=False, description="Takes a place in the owner's daily capacity.")
    cool_down_days: NotNegative = Field(default=0, description="Days before the action may reach the contact again.")
    autonomy_mode: AutonomyMode = Field(
        default="assisted",
        description="shadow: recorded, never sent; assisted: a person approves each; supervised: runs inside "
        "guardrails, the rest is queued; autonomous: runs.",
    )
    discount_percent: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="Discount that it offers, percent of the price; for guardrails."
    )
    stakes: Stakes = Field(default="normal", description="high: a mistake is dear; autonomy can't go above assisted.")
    is_active: bool = Field(default=True, description="false takes the action out of the choice and keeps its history.")
