"""The types of what is sold: which opportunities belong to an offering, and whom its purchase needs."""

from pydantic import Field

from policy.kinds import BuyingRole
from policy.section import Identifier, NotNegative, Positive, Section, Text


class NeededRole(Section):
    """A role that a purchase needs."""

    role: BuyingRole = Field(description="Part that a person takes in the purchase.")
    weight: float = Field(
        default=1.0, gt=0, description="How much the role counts in completeness, relative to others."
    )
    count: Positive = Field(default=1, description="People needed in the role.")


def default_roles() -> tuple[NeededRole, ...]:
    """All six roles; who pays and who wants it weigh most."""
    weights: dict[BuyingRole, float] = {
        "economic_buyer": 3,
        "champion": 3,
        "technical_evaluator": 2,
        "user": 1,
        "procurement": 1,
        "executive_sponsor": 2,
    }
    return tuple(NeededRole(role=role, weight=weight) for role, weight in weights.items())


class Offering(Section):
    """Something that is sold. An opportunity belongs to the offering of its products, else of its type or name."""

    offering_id: Identifier = Field(description="Name that all tables use.")
    name: Text = Field(description="Name that people read.")
    is_default: bool = Field(default=False, description="Takes what belongs to no other; exactly one offering does.")
    products: tuple[Text, ...] = Field(
        default=(),
        description="Ids, names or families of products; an opportunity with one on a line item belongs here.",
    )
    opportunity_types: tuple[Text, ...] = Field(
        default=(), description="Types of opportunities that belong here, if their products don't say."
    )
    name_words: tuple[Text, ...] = Field(
        default=(), description="Words in the name of an opportunity by which it belongs here, if nothing else says."
    )
    roles: tuple[NeededRole, ...] = Field(
        default_factory=default_roles, min_length=1, description="Roles that its purchase needs."
    )


class BuyingGroups(Section):
    """Who belongs to a buying group, and when its members are engaged."""

    minimum_contacts: Positive = Field(
        default=2, description="People known at an account from which it has a group for the default offering."
    )
    engagement_window_days: Positive = Field(default=30, description="Days over which members' points are added up.")
    engaged_points: float = Field(default=10.0, gt=0, description="Points in the window that make a member engaged.")
    daily_cap: NotNegative | None = Field(
        default=100, description="Most points per member and day over all activities; null for no limit."
    )


def default_offerings() -> tuple[Offering, ...]:
    """One offering that takes every opportunity."""
    return (Offering(offering_id="default", name="What we sell", is_default=True),)
