"""Phone numbers in E.164 form, the fast way for the ordinary ones."""

import re

import polars as pl
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)

# 00 in front of a country code, and Australia's 0011: no national number begins so
DIALLED_PLUS = "^(?:0011|00)"
SHORTEST = len("+12345678")


def normalise_phones(phones: pl.DataFrame) -> pl.DataFrame:
    """The E.164 form of numbers as people write them.

    Numbers in the ordinary national way of their country are brought into form by column, and what has a country code
    and 8 to 15 digits is taken as it is; what remains (extensions, prefixes, letters) goes through `phonenumbers` one
    by one.

    Args:
        phones: `phone` (text as found) and `country_code` (ISO 3166 two letters or null), one row per pair.

    Returns:
        the same rows and `phone_e164`; null for what is no possible number, or national without a country.
    """
    cleaned = phones.with_columns(
        digits=pl.col("phone")
        .str.replace_all(r"\(0\)", "")
        .str.replace_all(r"[\s\-./()\u00a0\u2010-\u2015]", "")
        .str.replace(DIALLED_PLUS, "+")
    )
    direct = cleaned.with_columns(
        phone_e164=pl.when(pl.col("digits").str.contains(r"^\+[1-9]\d{7,14}$")).then("digits")
    )
    plans = {code: _plan(code) for code in direct["country_code"].unique().drop_nulls().sort()}
    national = pl.coalesce(["phone_e164", *[_national(code, plan) for code, plan in plans.items() if plan]])
    done = direct.with_columns(phone_e164=national)
    open_rows = done.filter(pl.col("phone_e164").is_null())
    slowly = [
        normalise_phone(phone, code) for phone, code in zip(open_rows["phone"], open_rows["country_code"], strict=True)
    ]
    parsed = open_rows.with_columns(phone_e164=pl.Series(slowly, dtype=pl.String))
    result = pl.concat([done.filter(pl.col("phone_e164").is_not_null()), parsed])
    return result.select("phone", "country_code", "phone_e164").sort("phone", "country_code")


def normalise_phone(phone: str, country_code: str | None) -> str | None:
    """The E.164 form of one number, or None."""
    text = re.sub(DIALLED_PLUS, "+", phone.strip())
    try:
        number = parse(text.replace("(0)", "") if text.startswith("+") else text, country_code)
    except NumberParseException:
        return None
    e164 = format_number(number, PhoneNumberFormat.E164)
    return e164 if is_possible_number(number) and len(e164) >= SHORTEST else None


def _plan(country_code: str) -> PhoneMetadata | None:
    """The numbering plan of a country that only strips a trunk prefix; None where a plan rewrites digits."""
    plan = PhoneMetadata.metadata_for_region(country_code, None)
    return plan if plan is not None and plan.national_prefix_transform_rule is None else None


def _national(country_code: str, plan: PhoneMetadata) -> pl.Expr:
    """E.164 of an ordinary national number of this country, with or without the trunk prefix; else null."""
    if plan.general_desc is None:
        return pl.lit(None, pl.String)
    pattern = f"^(?:{plan.general_desc.national_number_pattern})$"
    digits = pl.col("digits")
    prefix, any_prefix = plan.national_prefix, plan.national_prefix_for_parsing
    has_prefix = digits.str.starts_with(prefix) if prefix else pl.lit(False)
    has_any_prefix = digits.str.contains(f"^(?:{any_prefix})") if any_prefix else pl.lit(False)
    rest = digits.str.strip_prefix(prefix) if prefix else digits
    is_whole = digits.str.contains(pattern)
    subscriber = (
        pl.when(has_prefix & ~is_whole & rest.str.contains(pattern))
        .then(rest)
        .when(is_whole & ~has_any_prefix)
        .then(digits)
    )
    e164 = pl.lit(f"+{plan.country_code}") + subscriber
    is_here = (pl.col("country_code") == country_code) & pl.col("phone_e164").is_null()
    return pl.when(is_here & (e164.str.len_chars() >= SHORTEST)).then(e164)
