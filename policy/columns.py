"""What a condition may ask of a contact: the documented columns, each with its type and where it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from policy.kinds import AccountStage, Activity, BuyingGroupStage, BuyingRole, ContactStage

Kind = Literal["number", "text", "boolean"]

TRAIT_PREFIX = "trait_"


@dataclass(frozen=True)
class Column:
    """A column that conditions may name.

    Attributes:
        source: relation of `decisioning.condition_matches` that has it.
        column: its name there.
        choices: all values that it can have; empty where any value is possible.
    """

    name: str
    kind: Kind
    source: str
    column: str
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """Columns that differ in a word of their name only, told in one line. `{}` stands for the word."""

    pattern: str
    words: tuple[str, ...]
    days: tuple[str, ...]
    kind: Kind
    description: str

    def columns(self) -> Iterable[Column]:
        for word, days in product(self.words or ("",), self.days or ("",)):
            name = self.pattern.replace("{}", word).replace("{days}", days)
            yield Column(name, self.kind, "features", name, self.description)


ACTIVITIES = (*get_args(Activity), "session")
CHANNELS = ("email", "call", "ads")
UNKNOWN = ("unknown",)

FAMILIES = (
    Family("count_{}_{days}d", ACTIVITIES, ("7", "30", "90"), "number", "How often in the days before; 0: never."),
    Family("trend_{}_30d", ACTIVITIES, (), "number", "(1 + count of 30 days) / (1 + count of the 30 before)."),
    Family("days_since_{}", ACTIVITIES, (), "number", "Days since the last; null: none in 180 days."),
    Family("count_activities_{days}d", (), ("7", "30", "90"), "number", "Activities of all kinds."),
    Family("count_touches_{}_{days}d", CHANNELS, ("7", "30"), "number", "Touches on the channel, whoever made them."),
    Family("trend_touches_{}_30d", CHANNELS, (), "number", "As trend above, of touches on the channel."),
    Family("days_since_touch_{}", CHANNELS, (), "number", "Days since the last touch; null: none in 180 days."),
    Family("count_touches_{days}d", (), ("7", "30", "90"), "number", "Touches on all channels, whoever made them."),
)  # fmt: skip


def _feature(name: str, kind: Kind, description: str) -> Column:
    return Column(name, kind, "features", name, description)


SINGLE = (
    Column("contact_stage", "text", "current_stages", "stage", "Stage of the contact tonight.", get_args(ContactStage)),
    Column("account_stage", "text", "current_account_stages", "stage", "Stage of the account tonight; null: none.",
           get_args(AccountStage)),
    Column("buying_group_stage", "text", "roles", "stage", "Stage tonight of the buying group in which the contact "
           "weighs most; null: in none.", get_args(BuyingGroupStage)),
    Column("buying_role", "text", "roles", "role", "Part in that buying group; null: in none.",
           (*get_args(BuyingRole), *UNKNOWN)),
    Column("title", "text", "contacts", "title", "Job title, as the CRM has it."),
    Column("email_domain", "text", "contacts", "email_domain", "What follows the @ of the address, lower case."),
    Column("state", "text", "contacts", "state", "State or region, as the CRM has it."),
    Column("city", "text", "contacts", "city", "City, as the CRM has it."),
    Column("time_zone", "text", "contacts", "time_zone", "IANA time zone; null: not known."),
    Column("count_employees", "number", "accounts", "count_employees", "Employees of the account; null: not known."),
    Column("annual_revenue_cents", "number", "accounts", "annual_revenue_cents", "Its yearly revenue, cents."),
    _feature("country_code", "text", "Country of the contact, else of the account, two capital letters; or unknown."),
    _feature("industry", "text", "The account's industry, as the CRM has it; or unknown."),
    _feature("job_level", "text", "Level of the job; or unknown."),
    _feature("job_function", "text", "Function of the job; or unknown."),
    _feature("lead_source", "text", "Where the contact came from, as the CRM names it; or unknown."),
    _feature("days_in_contact_stage", "number", "Days in the contact's stage, up to yesterday."),
    _feature("previous_contact_stage", "text", "Stage before this one; none: there was none."),
    _feature("has_fallen_back", "boolean", "The last change of stage led backward."),
    _feature("days_in_account_stage", "number", "Days in the account's stage, up to yesterday."),
    _feature("is_account_at_risk", "boolean", "A customer whose people fell silent."),
    _feature("log_count_employees", "number", "Natural logarithm of 1 + the account's employees."),
    _feature("has_phone", "boolean", "A phone number is known."),
    _feature("is_role_mailbox", "boolean", "The address belongs to a function (info@), not to a person."),
    _feature("days_since_created", "number", "Days since the first record of the contact."),
    _feature("count_activities_30d_before", "number", "Activities of all kinds, 60 to 31 days before."),
    _feature("trend_activities_30d", "number", "As trend below, of activities of all kinds."),
    _feature("trend_touches_30d", "number", "As trend below, of touches on all channels."),
    _feature("days_since_activity", "number", "Days since the last activity; null: none in 180 days."),
    _feature("count_active_days_30d", "number", "Days with an activity, of the 30 before."),
    _feature("count_product_days_30d", "number", "Days on which the product was used, of the 30 before."),
    _feature("count_product_features_30d", "number", "Features of the product used in the 30 days before."),
    _feature("days_since_touch", "number", "Days since anyone reached out; null: not in 180 days."),
    _feature("days_since_response", "number", "Days since a click, form, reply or meeting; null: none in 180 days."),
    _feature("count_touches_since_response", "number", "Touches of 90 days on days after the last such response."),
    _feature("ignored_touch_share_91d", "number", "Of 13 weeks, those with a touch and no activity / with a touch."),
    _feature("account_count_contacts", "number", "Contacts of the account; 1 without an account."),
    _feature("account_count_active_contacts_30d", "number", "Contacts of the account with an activity in 30 days."),
    _feature("account_count_activities_30d", "number", "Activities of the account's contacts in 30 days."),
    _feature("account_momentum_30d", "number", "As trend below, of the account's activities."),
    _feature("account_count_touches_30d", "number", "Touches of the account's contacts in 30 days."),
    _feature("account_count_pricing_view_30d", "number", "Pricing views of the account's contacts in 30 days."),
    _feature("account_days_since_activity", "number", "Days since the last activity of any of the account's contacts."),
    _feature("count_open_opportunities", "number", "The account's open opportunities."),
    _feature("days_since_open_opportunity", "number", "Days since the oldest of these was created; null: none."),
    _feature("count_won_opportunities", "number", "The account's opportunities won."),
    _feature("count_lost_opportunities", "number", "The account's opportunities lost."),
    _feature("days_since_won_opportunity", "number", "Days since the last win; null: none."),
    _feature("count_payments", "number", "Invoices paid and purchases made, ever, by the account, else the contact."),
    _feature("payments_cents", "number", "Sum of those payments, cents."),
    _feature("days_since_payment", "number", "Days since the last of them; null: none."),
)  # fmt: skip

COLUMNS: dict[str, Column] = {
    column.name: column for column in (*SINGLE, *(each for family in FAMILIES for each in family.columns()))
}


def trait_column(trait: str, kind: str) -> Column:
    """The column of a trait of the policy: number or text."""
    name = TRAIT_PREFIX + trait
    return Column(name, "number" if kind == "number" else "text", "traits", name, "A trait of the policy.")
