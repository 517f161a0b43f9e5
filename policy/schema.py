"""The types of the policy: what the business wants, may do, and must not exceed. Money is in whole cents.

Each YAML key is a field here; `docs/policy.md` and `policy.schema.json` are made from these descriptions.
"""

import hashlib
import json
from datetime import date
from typing import Self

import polars as pl
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from policy.action import Action
from policy.channel import Channel
from policy.contact_policy import ContactPolicy
from policy.guardrails import AutonomyRule, Guardrail, ReviewRule
from policy.ideal_customer import FitRule
from policy.kinds import (
    Activity,
    Outcome,
    Platform,
    TraitSource,
    TraitType,
)
from policy.levers import Lever
from policy.limits import Limits
from policy.messages import Messages
from policy.offerings import BuyingGroups, Offering, default_offerings
from policy.routing import Routing
from policy.section import Identifier, Positive, Section, Share
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


class Arms(Section):
    """Shares of the accounts; they add up to 1. Each account keeps its arm."""

    model: Share = Field(default=0.70, description="The optimiser chooses.")
    random_control: Share = Field(default=0.10, description="A random eligible action, to keep learning unbiased.")
    business_as_usual: Share = Field(default=0.10, description="Nightjar acts on nothing; the existing rules run.")
    holdout: Share = Field(default=0.10, description="No marketing at all.")


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
