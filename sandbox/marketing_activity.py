"""Marketing activity: e-mail events and forms in HubSpot, rule fires, opt-outs, delivery results, webinar members."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl

from sandbox import facts as kinds
from sandbox.effects import ACTION_NUMBER, ACTIONS
from sandbox.rules import RULES
from sandbox.scene import Scene, constant, moment

NIGHTJAR_CAMPAIGNS = 100
FORMS = (("demo-request", "/demo", "Request a demo"), ("whitepaper", "/resources/guide", "Buyer's guide"),
         ("newsletter", "/blog", "Newsletter"), ("webinar", "/webinars/live", "Webinar registration"))  # fmt: skip
SITE = "https://www.brightline.example"


def campaign_ids(numbers: pl.Series) -> pl.Series:
    """HubSpot's ids of e-mail campaigns."""
    return (numbers + 7000).cast(pl.String)


def email_campaigns() -> pl.DataFrame:
    """One row per e-mail campaign: those of the old rules and those of Nightjar's actions."""
    rows = [(number, rule.name, rule.action_id) for number, rule in enumerate(RULES)]
    rows += [
        (NIGHTJAR_CAMPAIGNS + number, f"Nightjar {action.action_id}", action.action_id)
        for number, action in enumerate(ACTIONS)
    ]
    rows = [row for row in rows if row[2].startswith("email_")]
    return pl.DataFrame(
        {
            "id": campaign_ids(pl.Series([row[0] for row in rows])),
            "name": [row[1] for row in rows],
            "subject": [row[2].removeprefix("email_").replace("_", " ").capitalize() for row in rows],
            "type": ["AUTOMATED_EMAIL" if row[0] < NIGHTJAR_CAMPAIGNS else "BATCH_EMAIL" for row in rows],
            "app_name": ["Workflows" if row[0] < NIGHTJAR_CAMPAIGNS else "Reverse ETL" for row in rows],
        }
    )


def marketing_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of marketing activity."""
    yield "hubspot/email_event", _email_events(scene)
    yield "hubspot/form_submission", _forms(scene)
    yield "automation/rule_fire", _rule_fires(scene)
    yield "consent/subscription_status", _opt_outs(scene)
    yield "consent/suppression", _suppressions(scene)
    yield "salesforce/campaign_member", _webinar_members(scene)
    results = scene.happened.frame("result")
    ids = scene.decisions["decision_id"].gather(results["touch"].cast(pl.UInt32))
    yield "delivery/result", result_rows(ids, results["status"], results["at"])


def mailed_address(scene: Scene, person: pl.Series) -> pl.Series:
    """The address that the e-mail tool has: HubSpot's, or the CRM's when the person isn't in HubSpot.

    Where that record has none, people gave their own when they signed up.
    """
    people = scene.people(person, "is_in_hubspot", "hubspot_email", "crm_email", "email")
    recorded = people["hubspot_email"].zip_with(people["is_in_hubspot"], people["crm_email"])
    return recorded.zip_with(recorded.is_not_null(), people["email"]).str.strip_chars()


def _email_events(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("email")
    size, at = len(facts), moment(facts["at"])
    row = facts["touch"].replace(-1, None).cast(pl.UInt32)
    recipient = mailed_address(scene, facts["person"]).str.to_lowercase()
    decided = scene.decisions["recipient"].gather(row)
    is_robot = (scene.rng.random(size) < 0.12) & (facts["type"] == kinds.OPEN).to_numpy()
    is_click = facts["type"] == kinds.CLICK
    url = constant(f"{SITE}/resources/case-study", size)
    return pl.DataFrame(
        {
            "id": scene.ids(size, "ee-"),
            "type": pl.Series(kinds.EMAIL_TYPES).gather(facts["type"].cast(pl.UInt32)),
            "created": at,
            "recipient": decided.zip_with(decided.is_not_null(), recipient),
            "email_campaign_id": campaign_ids(facts["campaign"]),
            "url": url.zip_with(is_click, constant(None, size)),
            "decision_id": scene.decisions["decision_id"].gather(row),
            "filtered_event": pl.Series(is_robot),
            "_fivetran_synced": at + timedelta(hours=1),
            "emit_at": at,
        }
    )


def _forms(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("form")
    size, at = len(facts), moment(facts["at"])
    people = scene.people(facts["person"], "is_in_hubspot", "hubspot_id", "hubspot_email", "crm_email", "anonymous_id")
    nothing = constant(None, size)
    shows_device = pl.Series(scene.rng.random(size) < 0.7)
    form = facts["form"].cast(pl.UInt32)
    return pl.DataFrame(
        {
            "form_id": pl.Series([f[0] for f in FORMS]).gather(form),
            "contact_id": people["hubspot_id"].zip_with(people["is_in_hubspot"], nothing),
            "email": mailed_address(scene, facts["person"]),
            "anonymous_id": people["anonymous_id"].zip_with(shows_device, nothing),
            "conversion_id": scene.ids(size, "conv-"),
            "page_url": pl.Series([SITE + f[1] for f in FORMS]).gather(form),
            "title": pl.Series([f[2] for f in FORMS]).gather(form),
            "timestamp": at,
            "emit_at": at,
        }
    )


def _rule_fires(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("rule_fire")
    at, rule = moment(facts["at"]), facts["rule"].cast(pl.UInt32)
    return pl.DataFrame(
        {
            "rule_id": pl.Series([r.rule_id for r in RULES]).gather(rule),
            "email": mailed_address(scene, facts["person"]),
            "action": pl.Series([r.action_id for r in RULES]).gather(rule),
            "channel": pl.Series([ACTIONS[ACTION_NUMBER[r.action_id]].channel for r in RULES]).gather(rule),
            "fired_at": at,
            "emit_at": at,
        }
    )


def _opt_outs(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("unsubscribe")
    return consent_rows(
        mailed_address(scene, facts["person"]),
        "email",
        basis=None,
        status="unsubscribed",
        at=moment(facts["at"]),
        source="preference_center",
    )


def consent_rows(
    email: pl.Series,
    channel: str,
    *,
    basis: pl.Series | None,
    status: str,
    at: pl.Series,
    source: str,
    phone: pl.Series | None = None,
) -> pl.DataFrame:
    """Rows of consent/subscription_status, one per element of `email`."""
    size = len(email)
    nothing = constant(None, size)
    return pl.DataFrame(
        {
            "email": email,
            "phone": nothing if phone is None else phone,
            "channel": constant(channel, size),
            "basis": nothing if basis is None else basis,
            "status": constant(status, size),
            "occurred_at": at,
            "source": constant(source, size),
            "evidence": constant(f"{SITE}/consent/{channel}/{status}", size),
            "emit_at": at,
        }
    )


def _suppressions(scene: Scene) -> pl.DataFrame:
    facts = scene.happened.frame("suppression")
    reason = pl.Series(kinds.REASONS).gather(facts["reason"].cast(pl.UInt32))
    return suppression_rows(mailed_address(scene, facts["person"]), None, "email", reason, moment(facts["at"]))


def suppression_rows(
    email: pl.Series | None, domain: pl.Series | None, channel: str, reason: pl.Series, at: pl.Series
) -> pl.DataFrame:
    """Rows of consent/suppression, one per element of `reason`."""
    size = len(reason)
    nothing = constant(None, size)
    return pl.DataFrame(
        {
            "email": nothing if email is None else email,
            "phone": nothing,
            "domain": nothing if domain is None else domain,
            "channel": constant(channel, size),
            "reason": reason,
            "occurred_at": at,
            "emit_at": at,
        }
    )


def result_rows(decision_id: pl.Series, status: pl.Series, at: pl.Series) -> pl.DataFrame:
    """Rows of delivery/result; `status` as index into facts.STATUSES."""
    return pl.DataFrame(
        {
            "decision_id": decision_id,
            "status": pl.Series(kinds.STATUSES).gather(status.cast(pl.UInt32)),
            "occurred_at": moment(at),
            "detail": constant(None, len(status)),
            "emit_at": moment(at),
        }
    )


def _webinar_members(scene: Scene) -> pl.DataFrame:
    """Who clicks on a webinar invitation is a member of the webinar's campaign."""
    invitations = (
        [number for number, rule in enumerate(RULES) if rule.action_id == "email_webinar_invite"]
        + [NIGHTJAR_CAMPAIGNS + ACTION_NUMBER["email_webinar_invite"]]
    )  # fmt: skip
    facts = scene.happened.frame("email").filter(pl.col("type") == kinds.CLICK, pl.col("campaign").is_in(invitations))
    size, at = len(facts), moment(facts["at"])
    people = scene.people(facts["person"], "contact_id", "lead_id", "has_lead")
    is_contact = pl.Series(scene.block.people_state.contact_at[facts["person"].to_numpy()] <= facts["at"].to_numpy())
    attended = pl.Series(scene.rng.random(size) < 0.45)
    nothing = constant(None, size)
    frame = pl.DataFrame(
        {
            "id": scene.ids(size, "00v", "A"),
            "campaign_id": constant("701000000000002AAA", size),
            "contact_id": people["contact_id"].zip_with(is_contact, nothing),
            "lead_id": people["lead_id"].zip_with(people["has_lead"] & ~is_contact, nothing),
            "status": constant("Attended", size).zip_with(attended, constant("Registered", size)),
            "has_responded": constant(True, size),
            "first_responded_date": at.cast(pl.Date),
            "is_deleted": pl.Series(np.zeros(size, dtype=bool)),
            "created_date": at,
            "last_modified_date": at,
            "system_modstamp": at,
            "emit_at": at,
        }
    )
    return frame.filter(pl.col("contact_id").is_not_null() | pl.col("lead_id").is_not_null())
