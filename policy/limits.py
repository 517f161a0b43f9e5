"""Limits over all channels, and when evidence is enough."""

from pydantic import Field

from policy.section import NotNegative, Positive, Section, Share


class Limits(Section):
    """Limits over all channels, and when evidence is enough to learn from."""

    contact_cap_count: Positive = Field(default=3, description="Most touches per contact within `contact_cap_days`.")
    contact_cap_days: Positive = Field(default=7, description="Days that `contact_cap_count` looks back.")
    contact_price_half_life_days: Positive = Field(
        default=7, description="Days after which a touch adds half as much to a channel's `contact_price_cents`."
    )
    account_daily_cap: Positive = Field(default=5, description="Most contacts of one account touched in one night.")
    account_daily_seller_cap: Positive = Field(
        default=1, description="Most seller actions (calls) per account and night."
    )
    account_daily_message_cap: Positive | None = Field(
        default=2,
        description="Most messages (neither a seller's actions nor ads) per account and night; null: no limit.",
    )
    buying_group_daily_cap: Positive | None = Field(
        default=None, description="Most contacts of one buying group touched in one night; null: no limit."
    )
    relax_minimums: bool = Field(
        default=True,
        description="Where the minimums of `volumes` can't be met within all other limits, true: the night goes on "
        "with what is possible; false: the night stops. Both name the limits in conflict.",
    )
    rep_daily_capacity: NotNegative = Field(default=8, description="Most seller actions per owner and night.")
    exploration_share: Share = Field(
        default=0.10,
        description="Probability that a contact of the model arm explores: it gets what may be the best as far as is "
        "known (Thompson sampling), instead of what is.",
    )
    exploration_floor: Share = Field(
        default=0.30,
        description="Share of exploring that draws evenly among the allowed actions and nothing, so that none is left "
        "out; the rest favours actions that may be the best. 1: all of it evenly.",
    )
    reject_limit: Share = Field(default=0.05, description="Share of bad rows of an object above which a night stops.")
    minimum_exposures: Positive = Field(
        default=250,
        description="Logged uses of an action before a model may speak about it; before, the prior does.",
    )
    minimum_outcomes: Positive = Field(default=25, description="Reached goals before a model of that goal is trained.")
    evidence_days: Positive = Field(
        default=30,
        description="Days, up to an action's newest choice whose outcome is known, within which `minimum_exposures` "
        "and `minimum_outcomes` must be reached.",
    )
    evidence_half_life_days: Positive = Field(
        default=30,
        description="Days after which a logged choice counts half: what an action does may change, and newer choices "
        "tell more.",
    )
    retrain_after_days: Positive = Field(default=7, description="Age at which models are trained again at the latest.")
    training_window_days: Positive = Field(default=180, description="Days of logged choices that training looks back.")
    minimum_group_size: Positive = Field(
        default=20,
        description="People in a group before any figure of it is reported; fewer would tell of persons.",
    )
