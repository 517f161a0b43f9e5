"""The types of the policy: what the business wants, may do, and must not exceed. Money is in whole cents.

Each YAML key is a field here; `docs/policy.md` and `policy.schema.json` are made from these descriptions.
"""

import hashlib
import json
from datetime import date
from typing import Annotated, Self

import polars as pl
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from policy.conditions import Condition
from policy.contact_policy import ContactPolicy, Opening
from policy.guardrails import AutonomyRule, Guardrail, ReviewRule
from policy.ideal_customer import FitRule
from policy.kinds import (
    Activity,
    Address,
    AutonomyMode,
    ConsentBasis,
    ConsentChannel,
    ContactStage,
    Outcome,
    Platform,
    Stakes,
    TraitSource,
    TraitType,
)
from policy.levers import Lever
from policy.messages import Messages
from policy.offerings import BuyingGroups, Offering, default_offerings
from policy.routing import Routing
from policy.section import Hour, Identifier, NotNegative, Positive, Section, Share
from policy.stages import (
    AccountStageDefinition,
    BuyingGroupStageDefinition,
    ContactStageDefinition,
    default_account_stages,
    default_buying_group_stages,
    default_contact_stages,
)
from policy.volumes import Volume
from policy.watch import Watch
from policy.words import Words, packaged_words


class Goal(Section):
    """An outcome that is worth money within a horizon."""

    goal_id: Identifier = Field(description="Name that the other sections and all tables use.")
    name: str = Field(min_length=1, description="Name that people read.")
    outcome: Outcome = Field(description="Kind of outcome in `core.outcomes` that reaches the goal.")
    value_cents: int = Field(
        description="Worth of reaching it once, on top of the other goals, cents; negative for harm."
    )
    horizon_days: Positive = Field(description="Days after a decision within which the outcome counts.")
    weight: float = Field(
        default=1.0, ge=0, description="Factor on the value, to favour a goal for a while; 0: ignored."
    )
    target: Positive | None = Field(
        default=None, description="How many times it shall be reached from `since` to `by`; null: no target."
    )
    since: date | None = Field(default=None, description="First day that counts; null: the home's first night.")
    by: date | None = Field(
        default=None, description="Last day that counts, like 2026-12-31; must be given with a target."
    )


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


class Arms(Section):
    """Shares of the accounts; they add up to 1. Each account keeps its arm."""

    model: Share = Field(default=0.70, description="The optimiser chooses.")
    random_control: Share = Field(default=0.10, description="A random eligible action, to keep learning unbiased.")
    business_as_usual: Share = Field(default=0.10, description="Nightjar acts on nothing; the existing rules run.")
    holdout: Share = Field(default=0.10, description="No marketing at all.")


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


class Lifecycle(Section):
    """When an account, buying group or contact changes stage: the first of its stages whose conditions hold counts."""

    mql_points: float = Field(default=50.0, gt=0, description="Activity points in the window that make an MQL.")
    engagement_window_days: Positive = Field(
        default=30, description="Days over which activity points, replies, meetings and calls are added up."
    )
    lapsed_after_days: Positive = Field(
        default=180, description="Days without activity or payment after which a customer is lapsed."
    )
    at_risk_after_days: Positive = Field(
        default=60, description="Days without activity or payment after which a customer is at risk."
    )
    account_stages: tuple[AccountStageDefinition, ...] = Field(
        default_factory=default_account_stages, min_length=1, description="Stages of accounts, first match first."
    )
    buying_group_stages: tuple[BuyingGroupStageDefinition, ...] = Field(
        default_factory=default_buying_group_stages,
        min_length=1,
        description="Stages of buying groups, first match first.",
    )
    contact_stages: tuple[ContactStageDefinition, ...] = Field(
        default_factory=default_contact_stages, min_length=1, description="Stages of contacts, first match first."
    )


class ActivityPoints(Section):
    """What one activity counts towards engagement."""

    points: float = Field(ge=0, description="Points for each.")
    daily_cap: float = Field(ge=0, description="Most points per contact and day from this activity.")


class ConsentValidity(Section):
    """Days that a consent basis holds from the day it was given; null for without end."""

    express: Positive | None = Field(default=None, description="The person agreed.")
    implied_purchase: Positive | None = Field(default=730, description="The person bought.")
    implied_inquiry: Positive | None = Field(default=183, description="The person asked.")
    legitimate_interest: Positive | None = Field(default=None, description="The business weighed and recorded it.")


class Trait(Section):
    """A column of the business's own that becomes a feature."""

    trait: Identifier = Field(description="Name of the feature.")
    source: TraitSource = Field(description="Raw object that has it.")
    source_column: str = Field(min_length=1, description="Its column there, in snake_case; any column.")
    type: TraitType = Field(description="number, or category.")


class Audience(Section):
    """An audience on an ad platform, fed by an action."""

    audience_id: Identifier = Field(description="Name of the audience; unique.")
    platform: Platform = Field(description="Ad platform it lives on.")
    action_id: Identifier = Field(description="Action whose contacts are its members.")


def default_activity_points() -> dict[Activity, ActivityPoints]:
    """Points that grow with the effort the contact takes."""
    points: dict[Activity, tuple[float, float]] = {
        "email_open": (1, 2),
        "email_click": (5, 10),
        "page_view": (2, 10),
        "pricing_view": (10, 20),
        "form_submission": (20, 40),
        "product_event": (5, 15),
        "webinar": (20, 20),
        "reply": (25, 25),
        "meeting": (40, 40),
    }
    return {kind: ActivityPoints(points=each, daily_cap=cap) for kind, (each, cap) in points.items()}


class Policy(Section):
    """The whole policy. `goals`, `actions` and `channels` must be given; the rest has defaults."""

    goals: tuple[Goal, ...] = Field(min_length=1, description="What the business wants.")
    actions: tuple[Action, ...] = Field(min_length=1, description="What can be done.")
    channels: tuple[Channel, ...] = Field(min_length=1, description="How it travels, and how often at most.")
    ideal_customer: tuple[FitRule, ...] = Field(
        default=(), description="What makes an account a good customer, from 0 to 100 in `decisioning.account_fit`."
    )
    levers: tuple[Lever, ...] = Field(
        default=(), description="What is favoured beyond its value, in Pega's manner (P × C × V × L)."
    )
    autonomy: tuple[AutonomyRule, ...] = Field(
        default=(), description="Where less runs without a person than an action's own `autonomy_mode` says."
    )
    guardrails: tuple[Guardrail, ...] = Field(
        default=(), description="Bounds of a night; what is beyond waits for a person."
    )
    review_rules: tuple[ReviewRule, ...] = Field(
        default=(), description="What a named person looks at before it leaves."
    )
    volumes: tuple[Volume, ...] = Field(
        default=(), description="How many actions a night must or may hold, and what they may cost together."
    )
    audiences: tuple[Audience, ...] = Field(default=(), description="Ad audiences that actions feed.")
    traits: tuple[Trait, ...] = Field(default=(), description="Own columns to learn from.")
    arms: Arms = Field(default_factory=Arms, description="How accounts are split, so that lift is measured.")
    limits: Limits = Field(default_factory=Limits, description="Limits over all channels; evidence thresholds.")
    contact_policy: ContactPolicy = Field(
        default_factory=ContactPolicy, description="How often people, accounts and buying groups are approached."
    )
    routing: Routing = Field(default_factory=Routing, description="Who acts where an action needs an owner.")
    offerings: tuple[Offering, ...] = Field(
        default_factory=default_offerings, min_length=1, description="What is sold, and whom a purchase needs."
    )
    buying_groups: BuyingGroups = Field(
        default_factory=BuyingGroups, description="Who decides a purchase together, and when they are engaged."
    )
    lifecycle: Lifecycle = Field(default_factory=Lifecycle, description="When stages change.")
    activity_points: dict[Activity, ActivityPoints] = Field(
        default_factory=default_activity_points,
        description="What each activity counts; one not listed counts 0.",
    )
    messages: Messages = Field(
        default_factory=Messages, description="When messages leave, and which content they carry."
    )
    consent_validity: ConsentValidity = Field(default_factory=ConsentValidity, description="How long consent holds.")
    watch: Watch = Field(default_factory=Watch, description="What is watched in the models, and how much is too much.")
    words: Words = Field(default_factory=packaged_words, description="In which words decisions are explained.")

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        from policy.agreement import find_contradictions  # noqa: PLC0415 - that module needs these types

        if problems := find_contradictions(self):
            raise PydanticCustomError("contradiction", "the sections contradict each other", {"problems": problems})
        return self

    @property
    def trait_types(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each trait: what conditions can ask for beside the documented columns."""
        return tuple((trait.trait, trait.type) for trait in self.traits)

    @property
    def version(self) -> str:
        """First 12 hex digits of the SHA-256 of the content, defaults included; the order of keys doesn't matter."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def tables(self) -> dict[str, pl.DataFrame]:
        """The policy as frames, by table name `policy_<list>`; columns typed also when empty."""
        from policy.tables import policy_tables  # noqa: PLC0415 - that module needs these types

        return policy_tables(self)
