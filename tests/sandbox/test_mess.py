from datetime import date

import numpy as np
import phonenumbers
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from sandbox import mess
from sandbox.places import COUNTRIES
from sandbox.seasons import day_number, day_of, season
from sandbox.seeds import hexadecimal, scramble

SEEDS = st.integers(0, 2**32)
EMAILS = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}@[a-z]{2,8}\.com", fullmatch=True)


@given(SEEDS, EMAILS)
def test_a_typo_changes_the_name_and_never_the_domain(seed: int, email: str) -> None:
    changed = mess.typo(np.random.default_rng(seed), email)
    assert changed.split("@")[1] == email.split("@")[1]
    assert abs(len(changed) - len(email)) <= 1


@given(SEEDS, EMAILS)
def test_careless_typing_is_still_the_same_address(seed: int, email: str) -> None:
    assert mess.careless(np.random.default_rng(seed), email).strip().lower() == email


def test_phone_numbers_are_valid_and_different() -> None:
    numbers = np.arange(5000)
    for place, country in enumerate(COUNTRIES):
        phones = mess.phone_numbers(numbers, np.full(5000, place), is_mobile=True)
        assert phones.is_unique().all(), country.code
        valid = [phonenumbers.is_possible_number(phonenumbers.parse(phone)) for phone in phones[:300]]
        assert all(valid), country.code


@given(SEEDS)
def test_phones_as_typed_mean_the_same_number(seed: int) -> None:
    rng = np.random.default_rng(seed)
    country = rng.integers(0, len(COUNTRIES), 20)
    phones = mess.phone_numbers(np.arange(20), country, is_mobile=True)
    typed = mess.phones_as_typed(rng, phones, country)
    for place, phone, text in zip(country.tolist(), phones.to_list(), typed.to_list(), strict=True):
        # A call abroad begins with 00 in most countries, but not where it is 011 or 0011.
        dialled = "+" + text[2:] if text.startswith("00") else text
        parsed = phonenumbers.parse(dialled, COUNTRIES[place].code)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone


def test_missing_texts_stay_missing() -> None:
    texts, changed = mess.change_some(np.random.default_rng(1), pl.Series(["abcde", None]), 1.0, mess.typo)
    assert texts[1] is None
    assert changed.tolist() == [True, False]


def test_scrambled_numbers_stay_different_and_tell_nothing_across_salts() -> None:
    numbers = np.arange(200_000)
    first, second = scramble(numbers, 1), scramble(numbers, 2)
    assert len(np.unique(first)) == len(numbers)
    assert not np.intersect1d(first, second).size > 100
    assert len(set(hexadecimal(numbers[:5000], 1))) == 5000


def test_weekends_are_quiet() -> None:
    days = np.arange(day_number(date(2026, 1, 5)), day_number(date(2026, 1, 5)) + 364)
    assert day_of(int(days[0])) == date(2026, 1, 5)
    weekly = season(days).reshape(52, 7).mean(axis=0)
    assert weekly[5:].max() < 0.5 * weekly[:5].min()
