"""The types of routing: which rep acts for a contact where an action needs an owner, and how fast."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from policy.conditions import Condition
from policy.kinds import Activity
from policy.section import Identifier, NotNegative, Positive, Section, Text

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
OwnerKind = Literal["account_owner", "contact_owner"]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


def rep_key(rep: str) -> str:
    """How a rep is compared: e-mails without regard to capitals, ids of the CRM as they are."""
    return rep.strip().lower() if "@" in rep else rep.strip()


class Territory(Section):
    """Accounts that belong together for selling. All parts that are given must hold; none given takes everybody."""

    territory: Identifier = Field(description="Name that reps and skills refer to.")
    name: Text = Field(description="Name that people read.")
    countries: tuple[Country, ...] = Field(
        default=(), description="Countries of the account, else of the contact, as two capital letters; empty: any."
    )
    states: tuple[Text, ...] = Field(
        default=(), description="States of the contact as the CRM writes them; capitals don't matter; empty: any."
    )
    industries: tuple[Text, ...] = Field(
        default=(), description="Industries of the account as the CRM writes them; capitals don't matter; empty: any."
    )
    who: Condition | None = Field(default=None, description="Contacts for whom this holds; null: any.")


class Absence(Section):
    """Days on which a rep gets nothing."""

    away_from: date = Field(description="First day away.")
    away_until: date | None = Field(default=None, description="Last day away; null: until further notice.")


class Rep(Section):
    """A seller, and what is special about her. Owners in the CRM who aren't listed here work every day, everywhere."""

    rep: Text = Field(description="E-mail or id of the user as the CRM has it.")
    daily_capacity: NotNegative | None = Field(
        default=None, description="Most seller actions per night; null: `limits.rep_daily_capacity`."
    )
    territories: tuple[Identifier, ...] = Field(
        default=(),
        description="Territories from which she takes what nobody else owns; empty: all. Her own accounts stay hers.",
    )
    skills: tuple[Identifier, ...] = Field(default=(), description="What she can do that `skills_needed` ask for.")
    working_days: tuple[Weekday, ...] = Field(
        default=(), description="Weekdays on which she gets something; empty: every day."
    )
    absences: tuple[Absence, ...] = Field(default=(), description="Days on which she gets nothing.")


class Team(Section):
    """Reps who share what nobody owns."""

    team: Identifier = Field(description="Name of the team.")
    name: Text = Field(description="Name that people read.")
    reps: tuple[Text, ...] = Field(min_length=1, description="Its members, as in `reps`.")
    actions: tuple[Identifier, ...] = Field(
        default=(),
        description="Actions that only its members (and those of other teams that name them) do, also for accounts of "
        "others; empty: it stands in for missing owners in all actions, and takes none from them.",
    )


class SkillNeeded(Section):
    """When an action takes a rep with a skill."""

    skill: Identifier = Field(description="The skill; one of those of the reps.")
    territories: tuple[Identifier, ...] = Field(
        default=(), description="For contacts in one of these territories; empty: for all."
    )
    actions: tuple[Identifier, ...] = Field(default=(), description="For these actions; empty: all that need an owner.")


class SpeedToLead(Section):
    """What a contact does that a seller should answer soon."""

    name: Text = Field(description="Name that people read.")
    activity: Activity = Field(description="What the contact does.")
    details: tuple[Text, ...] = Field(
        default=(),
        description="Texts of which one must be part of what the source says of it (the form, page or event); capitals "
        "don't matter; empty: any.",
    )
    who: Condition | None = Field(default=None, description="Contacts for whom this holds tonight; null: any.")
    hours: Positive = Field(description="Hours after it within which a seller should call, write or meet.")
    urgent_days: Positive = Field(default=7, description="Days after it on which a task is still urgent if unanswered.")


class Routing(Section):
    """Who acts for a contact where an action needs an owner: an owner who is there, else a member of a team."""

    owner_order: tuple[OwnerKind, ...] = Field(
        default=("account_owner", "contact_owner"),
        min_length=1,
        description="Whose contact it is, the first who is active, present, skilled and has room; else it goes to the "
        "team.",
    )
    counts_open_tasks: bool = Field(
        default=True,
        description="true: open tasks in the CRM that are due on the day take their place in a rep's daily capacity.",
    )
    territories: tuple[Territory, ...] = Field(default=(), description="Territories; the first that fits is named.")
    skills_needed: tuple[SkillNeeded, ...] = Field(default=(), description="Which contacts and actions need a skill.")
    reps: tuple[Rep, ...] = Field(default=(), description="Reps about whom there is something to say.")
    teams: tuple[Team, ...] = Field(
        default=(), description="Who takes what has no owner that can act; none: it waits for its owner."
    )
    speed_to_lead: tuple[SpeedToLead, ...] = Field(
        default=(), description="What sellers should answer soon: their tasks are urgent, and their speed is measured."
    )
