"""The types of messages: when they leave, which content they carry, and what both are learnt from."""

from typing import Annotated

from pydantic import Field

from policy.kinds import ContactTrait, Outcome
from policy.section import Positive, Section


class Messages(Section):
    """What counts as a response to a message, and how the hour and the content of the next ones follow from it."""

    response_days: Positive = Field(
        default=3,
        description="Days after a message within which a response counts; a change holds for messages from then on.",
    )
    responses: tuple[Outcome, ...] = Field(
        default=("email_click", "form_submission", "reply", "meeting"),
        min_length=1,
        description="Outcomes that count as a response, unless the contact unsubscribes in the same days.",
    )
    hour_segment: ContactTrait = Field(
        default="job_function",
        description="People alike in this share the hours at which they respond, as far as their own aren't known.",
    )
    content_context: tuple[ContactTrait, ...] = Field(
        default=("job_level", "job_function"),
        description="What may make one text better for some people and another for others; empty: one for all.",
    )
    content_floor: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.05,
        description="Least probability of each active variant of a slot (half of an equal share, if that is less).",
    )
    half_life_days: Positive = Field(
        default=60, description="Age in days at which a message counts half of what one of tonight counts."
    )
