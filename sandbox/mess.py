"""How clean facts get dirty when people type them."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.places import COUNTRIES
from sandbox.seeds import Ints

TextChange = Callable[[np.random.Generator, str], str]


def change_some(
    rng: np.random.Generator, texts: pl.Series, share: float, change: TextChange
) -> tuple[pl.Series, NDArray[np.bool_]]:
    """The texts with a share of them changed, and which ones were (a change may leave a text as it was)."""
    chosen = (rng.random(len(texts)) < share) & texts.is_not_null().to_numpy()
    if not chosen.any():
        return texts, chosen
    index = np.flatnonzero(chosen)
    changed = texts.clone().scatter(index, [change(rng, text) for text in texts.gather(index).to_list()])
    return changed, chosen & (changed != texts).fill_null(False).to_numpy()


def typo(rng: np.random.Generator, text: str) -> str:
    """Two neighbouring letters swapped, one lost or one doubled, inside the text (inside what is before an @)."""
    length = len(text.split("@", maxsplit=1)[0])
    if length < 3:
        return text
    at = int(rng.integers(1, length - 1))
    return (
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + text[at + 1 :],
        text[: at + 1] + text[at:],
    )[int(rng.integers(3))]


def careless(rng: np.random.Generator, text: str) -> str:
    """Capitals or white space that don't change which address it is."""
    return (text.upper(), text.title(), f" {text}", f"{text} ", f"{text}\t")[int(rng.integers(5))]


def unaccented(rng: np.random.Generator, text: str) -> str:
    """A name without its accents, as a keyboard without them gives it."""
    return ascii_text(text)


_ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ê": "e", "ï": "i", "î": "i", "ç": "c", "á": "a",
     "í": "i", "ó": "o", "ú": "u", "ñ": "n", "å": "a", "ı": "i", "ş": "s", "ô": "o", "â": "a", "ë": "e", "Ä": "Ae",
     "Ö": "Oe", "Ü": "Ue", "É": "E", "Á": "A", "Å": "A", "Í": "I", "Ø": "O", "Î": "I"}
)  # fmt: skip


def ascii_text(text: str) -> str:
    """The text without accents."""
    return text.translate(_ASCII)


def phone_numbers(numbers: Ints, country: Ints, *, is_mobile: bool) -> pl.Series:
    """Dialable E.164 numbers like `+4915112345678`, one-to-one with `numbers` inside a country."""
    plans = [(c.mobile, c.mobile_digits) if is_mobile else (c.landline, c.landline_digits) for c in COUNTRIES]
    texts = []
    for number, code in zip(numbers.tolist(), country.tolist(), strict=True):
        prefixes, digits = plans[code]
        size = 10**digits - 2 * 10 ** (digits - 1)
        mixed = (number * 7_368_787 + 12_345_679) % (size * len(prefixes))
        local = mixed % size + 2 * 10 ** (digits - 1)
        texts.append(f"+{COUNTRIES[code].dial}{prefixes[mixed // size].replace(' ', '')}{local}")
    return pl.Series(texts, dtype=pl.String)


def phones_as_typed(rng: np.random.Generator, phones: pl.Series, country: Ints) -> pl.Series:
    """E.164 numbers as people type them: mostly with the country code, some national, with all kinds of separators."""
    style = rng.choice(6, len(phones), p=(0.50, 0.20, 0.08, 0.10, 0.07, 0.05))
    rows = zip(phones.to_list(), style.tolist(), country.tolist(), strict=True)
    return pl.Series([_type_phone(phone, kind, code) for phone, kind, code in rows], dtype=pl.String)


def _type_phone(phone: str | None, style: int, country: int) -> str | None:
    if phone is None or style == 0:
        return phone
    dial, trunk = COUNTRIES[country].dial, COUNTRIES[country].trunk
    national = phone[1 + len(dial) :]
    a, b, c = national[:3], national[3:6], national[6:]
    return (
        f"+{dial} {a} {b} {c}",
        f"00{dial}{national}",
        f"({trunk}{a}) {b}-{c}" if not trunk else f"{trunk}{a} {b} {c}",
        f"+{dial} ({trunk}) {a}-{b}-{c}" if trunk else f"+{dial}-{a}-{b}-{c}",
        f"{trunk}{national}",
    )[style - 1]
