"""Which records of which system are about whom, and about which company."""

import polars as pl

from sandbox.billing import customer_ids, has_shared_address
from sandbox.block import BLOCK_STRIDE
from sandbox.company_mess import NO_PARENT
from sandbox.crm_records import COPY_STRIDE
from sandbox.hubspot_records import company_ids
from sandbox.scene import account_ids

RECORD_COLUMNS = ("source", "object", "source_id", "person_id", "email", "is_valid")
_RECORDS = (
    # source, object, id, e-mail, whether it works, condition
    ("salesforce", "contact", "contact_id", "crm_email", "is_crm_email_valid", None),
    ("salesforce", "contact", "copy_contact_id", "second_email", None, "has_contact_copy"),
    ("salesforce", "lead", "lead_id", "crm_email", "is_crm_email_valid", "has_lead"),
    ("hubspot", "contact", "hubspot_id", "hubspot_email", "is_hubspot_email_valid", "is_in_hubspot"),
    ("hubspot", "contact", "copy_hubspot_id", "second_email", None, "has_hubspot_copy"),
    ("segment", "user", "user_id", "email", None, None),
    ("segment", "anonymous", "anonymous_id", None, None, None),
    ("segment", "anonymous", "second_anonymous_id", None, None, None),
)  # fmt: skip
RECORD_SOURCES = dict.fromkeys(
    ["person_id", "account", "email", "is_dead_mailbox"]
    + [column for row in _RECORDS for column in row[2:] if column is not None]
)


def person_records(people: pl.DataFrame) -> pl.DataFrame:
    """One row per source record and person, e-mails normalised (trimmed, lower case)."""
    parts = []
    for source, kind, key, email, is_valid, condition in _RECORDS:
        rows = people.filter(condition) if condition else people
        address = pl.col(email).str.strip_chars().str.to_lowercase() if email else pl.lit(None, dtype=pl.String)
        works = pl.col(is_valid) if is_valid else ~pl.col("is_dead_mailbox")
        part = rows.select(
            "person_id", source=pl.lit(source), object=pl.lit(kind), source_id=key, email=address, is_valid=works
        )
        parts.append(part.filter(pl.col("source_id").is_not_null()))
    return pl.concat([*parts, _payers(people)])


def _payers(people: pl.DataFrame) -> pl.DataFrame:
    """The people to whom invoices would go: the first of each account that has no shared address for them."""
    account_id = pl.col("person_id") // BLOCK_STRIDE * BLOCK_STRIDE + pl.col("account")
    first = people.with_columns(account_id=account_id).unique("account_id", keep="first", maintain_order=True)
    first = first.filter(~has_shared_address(pl.col("account_id")))
    return first.select(
        "person_id",
        source=pl.lit("billing"),
        object=pl.lit("customer"),
        source_id=customer_ids(first["account_id"]),
        email="email",
        is_valid=~pl.col("is_dead_mailbox"),
    )


def company_records(accounts: pl.DataFrame) -> pl.DataFrame:
    """One row per company record: source, object, source_id, company_id, parent_id (null for most)."""
    in_hubspot = accounts.filter("is_in_hubspot")
    parts = [
        _companies("salesforce", "account", account_ids(accounts["account_id"]), accounts),
        _companies("hubspot", "company", company_ids(in_hubspot["account_id"]), in_hubspot),
    ]
    copied = accounts.filter("has_salesforce_copy")
    parts.append(_companies("salesforce", "account", account_ids(copied["account_id"] + COPY_STRIDE), copied))
    return pl.concat(parts)


def _companies(source: str, kind: str, ids: pl.Series, accounts: pl.DataFrame) -> pl.DataFrame:
    parent = pl.when(pl.col("parent") != NO_PARENT).then("parent")
    return accounts.select(
        source=pl.lit(source), object=pl.lit(kind), source_id=ids, company_id="account_id", parent_id=parent
    )
