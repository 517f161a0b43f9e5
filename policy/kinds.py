"""The words a policy may use where it names something that Nightjar itself defines."""

from typing import Literal

Outcome = Literal[
    "email_click",
    "reply",
    "meeting",
    "form_submission",
    "site_visit",
    "opportunity_created",
    "opportunity_won",
    "product_event",
    "invoice_paid",
    "churn",
    "unsubscribe",
    "purchase",
]
Activity = Literal[
    "email_click",
    "email_open",
    "page_view",
    "pricing_view",
    "form_submission",
    "product_event",
    "webinar",
    "reply",
    "meeting",
]
ContactStage = Literal["lead", "engaged", "mql", "sal", "sql", "sqo", "customer", "at_risk", "lapsed"]
AccountStage = Literal["target", "engaged", "opportunity", "customer", "at_risk", "lapsed"]
BuyingGroupStage = Literal["identified", "engaged", "opportunity", "customer", "at_risk", "lapsed"]
BuyingRole = Literal["economic_buyer", "champion", "technical_evaluator", "user", "procurement", "executive_sponsor"]
ConsentBasis = Literal["express", "implied_purchase", "implied_inquiry", "legitimate_interest"]
ConsentChannel = Literal["email", "sms", "phone", "push", "ads", "post"]
Address = Literal["email", "phone", "address", "none"]
AutonomyMode = Literal["shadow", "assisted", "supervised", "autonomous"]
Stakes = Literal["normal", "high"]
Platform = Literal["google", "meta", "linkedin"]
TraitSource = Literal["salesforce__contact", "hubspot__contact", "segment__identifies", "billing__subscription"]
TraitType = Literal["number", "category"]
# What is known of contacts that is a category, seldom changes, and no message changes.
ContactTrait = Literal["job_level", "job_function", "industry", "country_code", "lead_source", "account_stage"]
