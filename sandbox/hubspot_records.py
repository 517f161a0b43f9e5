"""People and companies as HubSpot holds them, with copies and merges."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from sandbox.places import COUNTRIES
from sandbox.scene import Scene, constant, moment
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
    company = scene.accounts(people["account"], "account_id", "is_in_hubspot")
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
            "property_company": people["hubspot_company"],
            "property_date_of_birth": people["hubspot_birth_date"].cast(pl.String),
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
            "property_associatedcompanyid": company_ids(company["account_id"]).zip_with(
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


def company_ids(accounts: pl.Series) -> pl.Series:
    """HubSpot's ids of companies by account_id."""
    return pl.Series(scramble(accounts.to_numpy(), 8)).cast(pl.String)


def _companies(scene: Scene) -> pl.DataFrame:
    accounts = scene.block.accounts[0 if scene.is_first else scene.new_accounts :].filter("is_in_hubspot")
    at = moment(accounts["created_at"])
    return pl.DataFrame(
        {
            "id": company_ids(accounts["account_id"]),
            "property_name": accounts["hubspot_name"],
            "property_domain": accounts["hubspot_domain"],
            "property_website": accounts["hubspot_domain"],
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
