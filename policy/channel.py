"""How actions travel: consent, contact rules, hours and limits of a channel."""

from pydantic import Field

from policy.kinds import (
    Address,
    ConsentBasis,
    ConsentChannel,
)
from policy.section import Hour, Identifier, NotNegative, Positive, Section, Share


class Channel(Section):
    """A way to reach a contact, with its contact rules and limits."""

    channel: Identifier = Field(description="Name that actions refer to.")
    consent_channel: ConsentChannel = Field(description="Channel of `core.consent` that must allow it.")
    bases: tuple[ConsentBasis, ...] = Field(min_length=1, description="Consent bases that are good enough here.")
    is_addressed_by: Address = Field(description="What a contact must have to be reached.")
    cap_count: Positive = Field(description="Most touches per contact within `cap_days`, any action of this channel.")
    cap_days: Positive = Field(description="Days that `cap_count` looks back.")
    quiet_from_hour: Hour | None = Field(default=None, description="Local hour from which nothing is sent; null: none.")
    quiet_until_hour: Hour | None = Field(default=None, description="Local hour from which sending is allowed again.")
    send_hour: Hour = Field(
        default=10, description="Preferred local hour, until another is known to be better for the contact."
    )
    learns_send_hour: bool = Field(
        default=True,
        description="true: each contact gets its message at the allowed hour at which it is likely to respond; "
        "false: at send_hour. Only e-mail, sms and push leave by the hour.",
    )
    hour_exploration_share: Share = Field(
        default=0.10,
        description="Probability that a message leaves at a random allowed hour, so that better hours can be found.",
    )
    daily_budget_cents: NotNegative | None = Field(default=None, description="Most cents per night; null for no limit.")
    daily_volume: NotNegative | None = Field(default=None, description="Most sends per night; null for no limit.")
    hourly_volume: Positive | None = Field(
        default=None,
        description="Most sends per hour (of UTC): messages beyond it leave at the nearest hour that has room, and no "
        "more are chosen than fit. Only for e-mail, sms and push; null for no limit.",
    )
    contact_price_cents: NotNegative = Field(
        default=0,
        description="What one use takes out of a contact's patience, cents, counted as a cost in the choice; as much "
        "again for each recent touch (`limits.contact_price_half_life_days`). So a message that is worth little now "
        "waits until the contact has been left alone for a while; 0: contact is free.",
    )
