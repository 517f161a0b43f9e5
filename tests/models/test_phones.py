"""The fast way agrees with the library, and one number has one form however it is written."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, example_number_for_type, format_number

from models.phones import normalise_phone, normalise_phones

COUNTRIES = ["US", "CA", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "CH", "AT", "SE", "PL", "IN", "BR", "CN", "BE", "IE"]
EXAMPLES = {
    country: [
        number
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
        if (number := example_number_for_type(country, kind))
    ]
    for country in COUNTRIES
}


def normalise(pairs: list[tuple[str, str | None]]) -> dict[tuple[str, str | None], str | None]:
    frame = pl.DataFrame(sorted(set(pairs), key=str), {"phone": pl.String, "country_code": pl.String}, orient="row")
    return {(phone, country): e164 for phone, country, e164 in normalise_phones(frame).iter_rows()}


national_digits = st.text("0123456789", min_size=4, max_size=13).filter(lambda digits: not digits.startswith("00"))


@given(st.sampled_from(COUNTRIES), national_digits)
@settings(max_examples=400)
def test_fast_equals_slow(country: str, digits: str) -> None:
    assert normalise([(digits, country)])[digits, country] == normalise_phone(digits, country)


@given(st.sampled_from(COUNTRIES), st.integers(0, 1), st.sampled_from([" ", "-", ".", ""]), st.integers(0, 999))
@settings(max_examples=300)
def test_one_number_has_one_form(country: str, kind: int, separator: str, last_digits: int) -> None:
    example = EXAMPLES[country][kind]
    number = PhoneNumber(country_code=example.country_code, italian_leading_zero=example.italian_leading_zero)
    number.national_number = example.national_number // 1000 * 1000 + last_digits
    national = format_number(number, PhoneNumberFormat.NATIONAL)
    international = format_number(number, PhoneNumberFormat.INTERNATIONAL)
    e164 = format_number(number, PhoneNumberFormat.E164)
    written = [
        (national.replace(" ", separator), country),
        (international.replace(" ", separator), None),
        (international.replace("+", "00"), country),
        (e164, "US"),
    ]
    assert set(normalise(written).values()) == {e164}


@pytest.mark.parametrize(
    ("phone", "country", "e164"),
    [
        ("+49 (0)30 901820", None, "+4930901820"),
        ("(650) 555-1212 ext. 12", "US", "+16505551212"),
        ("0011 44 20 7946 0018", "AU", "+442079460018"),
        ("030 901820", None, None),
        ("030 901820", "XX", None),
        ("n/a", "US", None),
        ("12", "DE", None),
    ],
)
def test_as_people_write_them(phone: str, country: str | None, e164: str | None) -> None:
    assert normalise([(phone, country)])[phone, country] == e164


def test_no_phones() -> None:
    assert normalise([]) == {}
