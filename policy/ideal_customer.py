"""The ideal customer: what makes an account fit, each with its weight."""

from pydantic import Field

from policy.conditions import Condition
from policy.section import Identifier, Section


class FitRule(Section):
    """Something that speaks for, or against, an account as a customer."""

    name: Identifier = Field(description="Name of the rule, as the fit's reasons show it.")
    who: Condition = Field(
        description="Holds for an account if it holds for any of its contacts; usually asks for columns of the account."
    )
    points: float = Field(
        description="What it counts; negative speaks against. The fit is the sum in percent of all positive points, "
        "between 0 and 100."
    )
