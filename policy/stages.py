"""The types that define stages: which conditions put an account, a buying group or a contact into which stage."""

from typing import Any

from pydantic import Field

from policy.kinds import AccountStage, BuyingGroupStage, ContactStage
from policy.section import NotNegative, Positive, Section


class Condition(Section):
    """What must hold all at once. Points, replies, meetings and calls count as long as they are in the window."""

    points: float | None = Field(default=None, gt=0, description="At least so many activity points.")
    reaches_mql_points: bool | None = Field(default=None, description="The points reach `mql_points`, or don't.")
    replies: Positive | None = Field(default=None, description="At least so many replies.")
    meetings: Positive | None = Field(default=None, description="At least so many meetings held.")
    calls: Positive | None = Field(default=None, description="At least so many calls by a seller.")
    open_opportunities: Positive | None = Field(
        default=None, description="At least so many open opportunities; for a contact: in which it has a role."
    )
    is_customer: bool | None = Field(
        default=None, description="It (for a contact: its account) has bought, not churned since, and isn't lapsed."
    )
    is_silent: bool | None = Field(
        default=None, description="It is a customer, and nothing was done or paid there for `at_risk_after_days`."
    )
    was_customer: bool | None = Field(default=None, description="It has been a customer, now or before.")


class GroupCondition(Condition):
    """The same of a buying group's members, and of the opportunities and purchases of its offering."""

    account_stages: tuple[AccountStage, ...] | None = Field(
        default=None, min_length=1, description="The account is in one of these stages."
    )


class ContactCondition(GroupCondition):
    """The same of one contact."""

    buying_group_stages: tuple[BuyingGroupStage, ...] | None = Field(
        default=None, min_length=1, description="A buying group of the contact is in one of these stages."
    )


RANK = "How far along it is: a move to a lower rank is a move backward."
ANY_OF = "Conditions of which one must hold; empty: always."


class AccountStageDefinition(Section):
    """A stage of accounts."""

    stage: AccountStage = Field(description="Name of the stage.")
    rank: NotNegative = Field(description=RANK)
    any_of: tuple[Condition, ...] = Field(default=(), description=ANY_OF)


class BuyingGroupStageDefinition(Section):
    """A stage of buying groups."""

    stage: BuyingGroupStage = Field(description="Name of the stage.")
    rank: NotNegative = Field(description=RANK)
    any_of: tuple[GroupCondition, ...] = Field(default=(), description=ANY_OF)


class ContactStageDefinition(Section):
    """A stage of contacts."""

    stage: ContactStage = Field(description="Name of the stage.")
    rank: NotNegative = Field(description=RANK)
    any_of: tuple[ContactCondition, ...] = Field(default=(), description=ANY_OF)


StageDefinition = AccountStageDefinition | BuyingGroupStageDefinition | ContactStageDefinition

AT_RISK = {"is_silent": True}
UNIT_STAGES: list[dict[str, Any]] = [
    {"stage": "at_risk", "rank": 4, "any_of": (AT_RISK,)},
    {"stage": "customer", "rank": 5, "any_of": ({"is_customer": True},)},
    {"stage": "opportunity", "rank": 3, "any_of": ({"open_opportunities": 1},)},
    {"stage": "engaged", "rank": 2, "any_of": ({"reaches_mql_points": True},)},
    {"stage": "lapsed", "rank": 0, "any_of": ({"was_customer": True},)},
]
CONTACT_STAGES: list[dict[str, Any]] = [
    {"stage": "at_risk", "rank": 7, "any_of": (AT_RISK,)},
    {"stage": "customer", "rank": 8, "any_of": ({"is_customer": True},)},
    {"stage": "sqo", "rank": 6, "any_of": ({"open_opportunities": 1},)},
    {"stage": "sql", "rank": 5, "any_of": ({"meetings": 1},)},
    {"stage": "sal", "rank": 4, "any_of": ({"replies": 1}, {"reaches_mql_points": True, "calls": 1})},
    {"stage": "mql", "rank": 3, "any_of": ({"reaches_mql_points": True},)},
    {"stage": "engaged", "rank": 2, "any_of": ({"points": 0.01},)},
    {"stage": "lapsed", "rank": 0, "any_of": ({"was_customer": True},)},
    {"stage": "lead", "rank": 1},
]


def default_account_stages() -> tuple[AccountStageDefinition, ...]:
    """An account with its purchases and opportunities before its engagement."""
    target = {"stage": "target", "rank": 1}
    return tuple(AccountStageDefinition.model_validate(stage) for stage in [*UNIT_STAGES, target])


def default_buying_group_stages() -> tuple[BuyingGroupStageDefinition, ...]:
    """As accounts, but counting what concerns the group's own members and offering."""
    identified = {"stage": "identified", "rank": 1}
    return tuple(BuyingGroupStageDefinition.model_validate(stage) for stage in [*UNIT_STAGES, identified])


def default_contact_stages() -> tuple[ContactStageDefinition, ...]:
    """The funnel of a contact, from who bought down to who is only known."""
    return tuple(ContactStageDefinition.model_validate(stage) for stage in CONTACT_STAGES)
