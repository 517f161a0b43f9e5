"""The kinds of mess, and which record has which. A kind belongs to the record that shows it."""

import polars as pl

from sandbox.company_mess import NO_PARENT
from sandbox.crm_records import COPY_STRIDE
from sandbox.hubspot_records import company_ids
from sandbox.places import FREE_MAIL
from sandbox.scene import account_ids

CRM = (
    "typo_in_address", "careless_case", "role_mailbox", "job_change", "missing_address", "placeholder_address",
    "reseller_address", "shared_address", "switchboard", "unaccented", "name_typo", "nickname", "initial",
    "swapped_names", "wrong_birth_date",
)  # fmt: skip
HUBSPOT = (
    "typo_in_address", "careless_case", "second_address", "missing_address", "missing_name", "domain_alias",
    "unaccented", "name_typo", "nickname", "married_name", "transliterated", "company_variant", "wrong_birth_date",
)  # fmt: skip
WEB = ("login_without_address", "company_variant")
_CONTACT = ("salesforce", "contact", "contact_id")
_LEAD = ("salesforce", "lead", "lead_id")
_HUBSPOT = ("hubspot", "contact", "hubspot_id")
_USER = ("segment", "user", "user_id")
_PEOPLE = (_CONTACT, _LEAD, _HUBSPOT, _USER)
_Key = tuple[str, str, str]


def person_record_kinds(people: pl.DataFrame) -> pl.DataFrame:
    """One row per record of a person, and kind of mess: source, object, source_id, kind."""
    uses_free_mail = people["email"].str.split("@").list.last().is_in(FREE_MAIL)
    people = people.with_columns(uses_free_mail=uses_free_mail)
    is_crm_free = uses_free_mail & ~pl.any_horizontal(
        *(f"crm_is_{kind}" for kind in CRM[2:8])
    )  # fmt: skip
    parts = [_part(people, key, f"crm_is_{kind}", kind) for kind in CRM for key in (_CONTACT, _LEAD)]
    parts += [_part(people, _HUBSPOT, f"hubspot_is_{kind}", kind) for kind in HUBSPOT]
    parts += [_part(people, _USER, f"web_is_{kind}", kind) for kind in WEB]
    parts += [_part(people, key, is_crm_free, "free_address") for key in (_CONTACT, _LEAD)]
    parts += [
        _part(people, _LEAD, "lead_is_company_variant", "company_variant"),
        _part(people, _HUBSPOT, uses_free_mail & ~pl.col("hubspot_is_missing_address"), "free_address"),
        _part(people, _USER, uses_free_mail, "free_address"),
        _part(people, ("salesforce", "contact", "copy_contact_id"), "has_contact_copy", _copy("is_copy_deleted")),
        _part(people, ("hubspot", "contact", "copy_hubspot_id"), "has_hubspot_copy", _copy("is_hubspot_copy_merged")),
        _part(people, _LEAD, pl.col("has_lead") & pl.col("contact_at").is_between(0, LAST), "lead_converted"),
        _part(people, ("segment", "anonymous", "anonymous_id"), "shares_device", "shared_device"),
        _part(people, ("segment", "anonymous", "second_anonymous_id"), "device_is_test_cookie", "test_cookie"),
    ]
    for kind in ("namesake", "father_and_son"):
        parts += [_part(people, key, pl.col("lookalike") == kind, kind) for key in _PEOPLE]
    return pl.concat(parts)


LAST = 253_402_300_799  # epoch seconds of the year 9999: whoever never becomes a CRM contact has a later moment


def _copy(is_merged: str) -> pl.Expr:
    return pl.when(is_merged).then(pl.lit("duplicate_merged")).otherwise(pl.lit("duplicate_live"))


def _part(people: pl.DataFrame, key: _Key, condition: str | pl.Expr | pl.Series, kind: str | pl.Expr) -> pl.DataFrame:
    source, name, column = key
    rows = people.filter(condition, pl.col(column).is_not_null())
    if key == _LEAD:
        rows = rows.filter("has_lead")
    if key == _HUBSPOT:
        rows = rows.filter("is_in_hubspot")
    return rows.select(
        source=pl.lit(source),
        object=pl.lit(name),
        source_id=column,
        kind=pl.lit(kind) if isinstance(kind, str) else kind,
    )


def company_record_kinds(accounts: pl.DataFrame) -> pl.DataFrame:
    """One row per company record and kind of mess: source, object, source_id, kind."""
    crm, copies = account_ids(accounts["account_id"]), account_ids(accounts["account_id"] + COPY_STRIDE)
    hubspot = company_ids(accounts["account_id"])
    is_subsidiary, in_hubspot = accounts["parent"] != NO_PARENT, accounts["is_in_hubspot"]
    has_alias = (accounts["hubspot_domain"] != accounts["domain"]).fill_null(False)
    has_page = (accounts["website"] != accounts["domain"]).fill_null(False)
    rows = (
        ("salesforce", "account", copies, accounts["has_salesforce_copy"], "duplicate_live"),
        ("salesforce", "account", crm, is_subsidiary, "subsidiary"),
        ("salesforce", "account", crm, accounts["website"].is_null(), "missing_website"),
        ("salesforce", "account", crm, has_page, "social_website"),
        ("hubspot", "company", hubspot, accounts["hubspot_domain"].is_null() & in_hubspot, "missing_website"),
        ("hubspot", "company", hubspot, is_subsidiary & in_hubspot, "subsidiary"),
        ("hubspot", "company", hubspot, has_alias & in_hubspot, "domain_alias"),
        ("hubspot", "company", hubspot, accounts["has_hubspot_name_variant"] & in_hubspot, "company_variant"),
    )
    return pl.concat(
        pl.DataFrame({"source_id": ids.filter(condition)}).select(
            source=pl.lit(source), object=pl.lit(name), source_id="source_id", kind=pl.lit(kind)
        )
        for source, name, ids, condition, kind in rows
    )
