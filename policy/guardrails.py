"""Who may act without a person: modes by segment, guardrails of a night, and what a named person looks at."""

from typing import Annotated, Literal

from pydantic import Field

from policy.conditions import Condition
from policy.kinds import AutonomyMode
from policy.section import Identifier, NotNegative, Positive, Section, Share, Text

ANY_ACTION = "Only this action; null: every action."
ANY_CHANNEL = "Only this channel; null: every channel."
ANYBODY = "Only contacts that meet this condition; null: everybody."


class AutonomyRule(Section):
    """A stricter mode for some decisions. Of an action's own mode and all rules that apply, the strictest holds."""

    name: Identifier = Field(description="Name of the rule, as approvals show it.")
    mode: AutonomyMode = Field(description="Most that runs without a person where the rule applies.")
    action_id: Identifier | None = Field(default=None, description=ANY_ACTION)
    channel: Identifier | None = Field(default=None, description=ANY_CHANNEL)
    who: Condition | None = Field(default=None, description=ANYBODY)


class ReviewRule(Section):
    """Decisions that a named person looks at before they leave, whatever the mode."""

    name: Identifier = Field(description="Name of the rule, as approvals show it.")
    reviewer: Text = Field(description="Who decides: a name or an address, shown beside what waits.")
    action_id: Identifier | None = Field(default=None, description=ANY_ACTION)
    channel: Identifier | None = Field(default=None, description=ANY_CHANNEL)
    who: Condition | None = Field(default=None, description=ANYBODY)


class Guardrail(Section):
    """A bound on what runs without a person in one night. What is beyond waits for approval, with the reason.

    Of a bound over many decisions, the most valuable decisions stay inside.
    """

    name: Identifier = Field(description="Name of the guardrail, as approvals show it.")
    modes: tuple[Literal["supervised", "autonomous"], ...] = Field(
        default=("supervised",), min_length=1, description="Modes that it bounds."
    )
    action_id: Identifier | None = Field(default=None, description=ANY_ACTION)
    channel: Identifier | None = Field(default=None, description=ANY_CHANNEL)
    who: Condition | None = Field(default=None, description=ANYBODY)
    maximum_contact_share: Share | None = Field(
        default=None, description="Most decisions that run, as a share of all contacts; null: no bound."
    )
    maximum_volume_factor: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Most decisions of one action, times the median of those of the last 7 nights on which it was "
        "used; judged from the third such night on. Null: no bound.",
    )
    maximum_cost_cents: NotNegative | None = Field(
        default=None, description="Most that the decisions cost together, cents; null: no bound."
    )
    minimum_expected_value_cents: int | None = Field(
        default=None, description="Least expected value of a decision, cents; null: no bound."
    )
    maximum_uncertainty: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Most standard error of a decision's effect, as a multiple of the effect: 1 asks that it is at "
        "least as large as its error. Null: no bound.",
    )
    new_model_days: Positive | None = Field(
        default=None, description="Days for which the decisions of a new model version wait; null: none."
    )
    maximum_discount_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None, description="Most discount that an action may give, percent (`discount_percent`); null: no bound."
    )


BOUNDS = (
    "maximum_contact_share", "maximum_volume_factor", "maximum_cost_cents", "minimum_expected_value_cents",
    "maximum_uncertainty", "new_model_days", "maximum_discount_percent",
)  # fmt: skip
