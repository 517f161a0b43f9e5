"""People and companies as HubSpot, the consent tool and billing hold them."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl

from sandbox.accounts import NEVER
from sandbox.marketing_activity import consent_rows, mailed_address, suppression_rows
from sandbox.places import COUNTRIES
from sandbox.scene import Scene, constant, moment
from sandbox.seasons import SECONDS
from sandbox.seeds import scramble


def hubspot_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of HubSpot's records that are new in the window."""
    people = scene.block.people[0 if scene.is_first else scene.new_people :].filter("is_in_hubspot")
    contacts = _contacts(scene, people)
    copied = people.filter("has_hubspot_copy")
    copies = _contacts(scene, copied).with_columns(
        id=copied["copy_hubspot_id"],
        property_email=pl.when(copied["second_email"].is_not_null())
        .then(copied["second_email"])
        .otherwise(copied["crm_email"]),
        property_firstname=copied["first_name"],
        property_hs_merged_object_ids=pl.lit(None, dtype=pl.String),
        _fivetran_deleted=copied["is_hubspot_copy_merged"],
    )
    yield "hubspot/contact", pl.concat([contacts, copies])
    yield "hubspot/company", _companies(scene)
    merged = copied.filter("is_hubspot_copy_merged")
    at = moment(merged["created_at"] + 3600)
    yield (
        "hubspot/contact_merge_audit",
        pl.DataFrame(
            {
                "canonical_vid": merged["hubspot_id"],
                "vid_to_merge": merged["copy_hubspot_id"],
                "contact_id": merged["hubspot_id"],
                "timestamp": at,
                "_fivetran_synced": at,
                "emit_at": at,
            }
        ),
    )


def _contacts(scene: Scene, people: pl.DataFrame) -> pl.DataFrame:
    at = moment(people["created_at"])
    company = scene.accounts(people["account"], "name", "account_id", "is_in_hubspot")
    size, nothing = len(people), constant(None, len(people))
    merges = people["has_hubspot_copy"] & people["is_hubspot_copy_merged"]
    return pl.DataFrame(
        {
            "id": people["hubspot_id"],
            "property_email": people["hubspot_email"],
            "property_email_1": nothing,
            "property_hs_additional_emails": people["second_email"].zip_with(people["shows_second_email"], nothing),
            "property_firstname": people["hubspot_first_name"],
            "property_lastname": people["hubspot_last_name"],
            "property_phone": people["hubspot_phone"],
            "property_mobilephone": nothing,
            "property_company": company["name"],
            "property_jobtitle": people["title"],
            "property_country": people["hubspot_country"],
            "property_state": nothing,
            "property_city": pl.Series(
                [COUNTRIES[c].cities[n][0] for c, n in people.select("country", "city").iter_rows()], dtype=pl.String
            ),
            "property_zip": nothing,
            "property_hs_timezone": nothing,
            "property_lifecyclestage": constant("lead", size),
            "property_hubspot_owner_id": nothing,
            "property_associatedcompanyid": _company_ids(company["account_id"]).zip_with(
                company["is_in_hubspot"], nothing
            ),
            "property_hs_merged_object_ids": people["copy_hubspot_id"].zip_with(merges, nothing),
            "property_createdate": at,
            "property_lastmodifieddate": at,
            "_fivetran_deleted": constant(False, size),
            "_fivetran_synced": at + timedelta(hours=1),
            "emit_at": at,
        }
    )


def _company_ids(accounts: pl.Series) -> pl.Series:
    return pl.Series(scramble(accounts.to_numpy(), 8)).cast(pl.String)


def _companies(scene: Scene) -> pl.DataFrame:
    accounts = scene.block.accounts[0 if scene.is_first else scene.new_accounts :].filter("is_in_hubspot")
    at = moment(accounts["created_at"])
    return pl.DataFrame(
        {
            "id": _company_ids(accounts["account_id"]),
            "property_name": accounts["name"],
            "property_domain": accounts["domain"],
            "property_website": accounts["domain"],
            "property_phone": accounts["switchboard"],
            "property_industry": accounts["industry"].str.to_uppercase().str.replace_all("[^A-Z]+", "_"),
            "property_numberofemployees": accounts["employees"],
            "property_annualrevenue": accounts["revenue"],
            "property_country": pl.Series([c.names[0] for c in COUNTRIES]).gather(accounts["country"]),
            "property_state": constant(None, len(accounts)),
            "property_city": pl.Series(
                [COUNTRIES[c].cities[n][0] for c, n in accounts.select("country", "city").iter_rows()], dtype=pl.String
            ),
            "property_createdate": at,
            "property_hs_lastmodifieddate": at,
            "_fivetran_deleted": constant(False, len(accounts)),
            "_fivetran_synced": at + timedelta(hours=1),
            "emit_at": at,
        }
    )


def consent_records(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of consent given, and of opt-outs, objections and forbidden companies known from the start."""
    block = scene.block
    person = pl.Series(np.arange(0 if scene.is_first else scene.new_people, len(block.people)))
    people = block.people[person.to_numpy()].with_columns(address=mailed_address(scene, person))
    for channel in ("email", "phone", "ads"):
        given = people.filter(pl.col(f"consent_{channel}").is_not_null())
        phone = given["crm_mobile"].fill_null(given["crm_phone"]) if channel == "phone" else None
        rows = consent_rows(
            given["address"],
            channel,
            given[f"consent_{channel}"],
            "subscribed",
            moment(given["consent_at"]),
            "form",
            phone,
        )
        yield "consent/subscription_status", rows
    left = people.filter("is_unsubscribed_at_start")
    at = moment(left["consent_at"] + 5 * SECONDS)
    yield (
        "consent/subscription_status",
        consent_rows(left["address"], "email", None, "unsubscribed", at, "preference_center"),
    )
    objects = people.filter("objects")
    reason = constant("objection", len(objects))
    yield (
        "consent/suppression",
        suppression_rows(objects["address"], None, "all", reason, moment(objects["consent_at"])),
    )
    rivals = block.accounts[0 if scene.is_first else scene.new_accounts :].filter(pl.col("account_id") % 400 == 7)
    reason = constant("competitor", len(rivals))
    yield "consent/suppression", suppression_rows(None, rivals["domain"], "all", reason, moment(rivals["created_at"]))


def billing_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of billing: subscriptions that begin or end, invoices of the window."""
    state = scene.block.account_state
    rows = scene.block.accounts.with_columns(
        since=pl.Series(state.customer_since),
        churn=pl.Series(state.churn_day),
        row=pl.Series(np.arange(len(scene.block.accounts))),
    )
    customers = rows.filter(pl.col("since") < NEVER)
    yield "billing/subscription", _subscriptions(scene, customers)
    yield "billing/invoice", _invoices(scene, customers)


def _subscriptions(scene: Scene, customers: pl.DataFrame) -> pl.DataFrame:
    """The versions of the window: begun, and ended."""
    first = 0 if scene.is_first else scene.first_day
    begun = customers.filter(pl.col("since").is_between(first, scene.after_last, closed="left"))
    ended = customers.filter(pl.col("churn").is_between(first, scene.after_last, closed="left"))
    return pl.concat([_subscription_version(scene, begun, False), _subscription_version(scene, ended, True)])


def _subscription_version(scene: Scene, customers: pl.DataFrame, has_ended: bool) -> pl.DataFrame:
    size = len(customers)
    started, ended = moment(customers["since"] * SECONDS + 36_000), moment(customers["churn"] * SECONDS + 36_000)
    return pl.DataFrame(
        {
            "id": "sub_" + _billing_number(customers),
            "customer_id": "cus_" + _billing_number(customers),
            "email": _billing_emails(scene, customers),
            "company": customers["name"],
            "plan": pl.Series(("team", "business", "enterprise")).gather(
                (customers["mrr_cents"] // 60_000).clip(0, 2).cast(pl.UInt32)
            ),
            "status": constant("canceled" if has_ended else "active", size),
            "mrr_cents": customers["mrr_cents"],
            "currency": constant("USD", size),
            "started_at": started,
            "ended_at": ended if has_ended else pl.Series([None] * size, dtype=pl.Datetime("us")),
            "updated_at": ended if has_ended else started,
            "emit_at": ended if has_ended else started,
        }
    )


def _billing_number(customers: pl.DataFrame) -> pl.Series:
    return pl.Series(scramble(customers["account_id"].to_numpy(), 9)).cast(pl.String)


def billing_contacts(block_people: pl.DataFrame) -> pl.DataFrame:
    """The person who gets the invoices: the first of each account. One row per account."""
    return block_people.unique("account", keep="first", maintain_order=True).select("account", "person_id", "email")


def _billing_emails(scene: Scene, customers: pl.DataFrame) -> pl.Series:
    payer = customers.join(
        billing_contacts(scene.block.people), left_on="row", right_on="account", how="left", maintain_order="left"
    )
    return payer.select(
        pl.when(pl.col("account_id") % 5 < 2)
        .then(pl.concat_str(pl.lit("billing@"), "domain"))
        .otherwise("email")
        .alias("email")
    )["email"]


def _invoices(scene: Scene, customers: pl.DataFrame) -> pl.DataFrame:
    """Monthly invoices, issued and then mostly paid."""
    since, churn = customers["since"].to_numpy(), customers["churn"].to_numpy()
    first = np.maximum(0, -((since - scene.first_day) // 30))
    count = np.maximum(0, -((since - scene.after_last) // 30) - first)
    row = np.repeat(np.arange(len(customers)), count)
    month = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    day = since[row] + 30 * month
    kept = (day >= scene.first_day) & (day < scene.after_last) & (day < churn[row])
    row, month, day = row[kept], month[kept], day[kept]
    payer = customers[row]
    number = _billing_number(payer)
    issued_at = day * SECONDS + 40_000
    paid_at = issued_at + scene.rng.integers(3_600, 20 * SECONDS, len(row))
    issued = pl.DataFrame(
        {
            "id": "in_" + number + "_" + pl.Series(month).cast(pl.String),
            "customer_id": "cus_" + number,
            "subscription_id": "sub_" + number,
            "amount_cents": payer["mrr_cents"],
            "currency": constant("USD", len(row)),
            "status": constant("open", len(row)),
            "issued_at": moment(issued_at),
            "paid_at": pl.Series([None] * len(row), dtype=pl.Datetime("us")),
            "emit_at": moment(issued_at),
        }
    )
    paid = issued.with_columns(status=pl.lit("paid"), paid_at=moment(paid_at), emit_at=moment(paid_at))
    return pl.concat([issued, paid.filter(pl.Series(scene.rng.random(len(row)) < 0.95))])
