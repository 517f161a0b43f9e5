"""What makes companies hard to tell apart: names written in many ways, second domains, parents and subsidiaries."""

import re

import numpy as np
import polars as pl

from sandbox import names
from sandbox.mess import ascii_text, change_some
from sandbox.places import COUNTRIES
from sandbox.seeds import Ints

SUBSIDIARIES = 0.04
PARENTS_KNOWN = 0.9
ALIASES = 0.04
LOCAL_NAMES = 0.3
NAME_VARIANTS = 0.3
WITHOUT_WEBSITE, SOCIAL_WEBSITE = 0.07, 0.01
NO_PARENT = -1


def add_company_mess(rng: np.random.Generator, accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts with names in their country's language, second domains and parents; adds how HubSpot writes them.

    Columns added: parent (account_id, or -1), is_parent_known (the CRM has it), alias_domain (null for most),
    website (as the CRM has it; some none, some a page of a network), hubspot_name, hubspot_domain (some none).
    """
    frame = _local_names(rng, accounts)
    frame = _subsidiaries(rng, frame)
    aliases = [
        domain.split(".")[0] + (".com" if not domain.endswith(".com") else ".io")
        for domain in frame["domain"].to_list()
    ]
    luck = rng.random((3, len(frame)))
    can = (frame["domain"].str.count_matches(r"\.") < 3) & (frame["parent"] == NO_PARENT)
    alias = pl.Series(aliases, dtype=pl.String).zip_with(
        pl.Series(luck[0] < ALIASES) & can, pl.Series([None] * len(frame), dtype=pl.String)
    )
    nothing = pl.Series([None] * len(frame), dtype=pl.String)
    page = "linkedin.com/company/" + frame["domain"].str.split(".").list.first()
    website = page.zip_with(pl.Series(luck[2] < SOCIAL_WEBSITE), frame["domain"])
    website = nothing.zip_with(pl.Series(luck[2] > 1 - WITHOUT_WEBSITE), website)
    in_hubspot = alias.zip_with(pl.Series(luck[1] < 0.5) & alias.is_not_null(), frame["domain"])
    in_hubspot = nothing.zip_with(pl.Series(luck[1] > 1 - WITHOUT_WEBSITE), in_hubspot)
    written, varies = change_some(rng, frame["name"], NAME_VARIANTS, company_variant)
    return frame.with_columns(
        alias_domain=alias,
        website=website,
        hubspot_name=written,
        has_hubspot_name_variant=pl.Series(varies),
        hubspot_domain=in_hubspot,
    )


def _local_names(rng: np.random.Generator, accounts: pl.DataFrame) -> pl.DataFrame:
    luck = rng.random(len(accounts))
    texts = []
    for name, code, chance in zip(
        accounts["name"].to_list(), accounts["country"].to_list(), luck.tolist(), strict=True
    ):
        local = names.LOCAL_KINDS.get(COUNTRIES[code].language, {}) if chance < LOCAL_NAMES else {}
        stem, kind, *form = name.split(" ")
        texts.append(" ".join([stem, local.get(kind, kind), *form]))
    return accounts.with_columns(name=pl.Series(texts, dtype=pl.String))


def _subsidiaries(rng: np.random.Generator, accounts: pl.DataFrame) -> pl.DataFrame:
    """Some companies belong to another one of the block, and mostly bear its name and something of its domain."""
    size = len(accounts)
    luck, pick, style, known = rng.random((4, size))
    parent_row = (pick * np.maximum(np.arange(size), 1)).astype(np.int64)
    is_free = luck >= SUBSIDIARIES
    belongs = ~is_free & (np.arange(size) > 0) & is_free[parent_row]
    name, domain = accounts["name"].to_list(), accounts["domain"].to_list()
    for row in np.flatnonzero(belongs).tolist():
        parent, place = int(parent_row[row]), COUNTRIES[accounts["country"][row]]
        stem = " ".join(name[parent].split(" ")[:2])
        if style[row] < 0.75:
            # Its own number keeps a second one of the same parent and country apart.
            form = name[row].split(" ", 2)[2] if name[row].count(" ") > 1 else name[row].split(" ")[-1]
            name[row] = f"{stem} {place.names[0]} {accounts['account_id'][row] % 97} {form}"
        if style[row] < 0.25:
            domain[row] = f"{place.code.lower()}{accounts['account_id'][row] % 99_991}.{domain[parent]}"
        elif style[row] < 0.75:
            number = accounts["account_id"][row]
            domain[row] = f"{domain[parent].split('.')[0]}-{place.code.lower()}{number}.{place.tld}"
    parents = accounts["account_id"].to_numpy()[parent_row]
    return accounts.with_columns(
        name=pl.Series(name, dtype=pl.String),
        domain=pl.Series(domain, dtype=pl.String),
        parent=np.where(belongs, parents, NO_PARENT),
        is_parent_known=belongs & (known < PARENTS_KNOWN),
    )


def company_variant(rng: np.random.Generator, name: str) -> str:
    """The same company as somebody else would write it."""
    style = int(rng.integers(6))
    form = next((form for form in sorted(names.LEGAL_FORM_VARIANTS, key=len, reverse=True) if name.endswith(form)), "")
    stem = name.removesuffix(form).rstrip()
    if style == 0:
        return stem
    if style == 1 and form:
        choices = names.LEGAL_FORM_VARIANTS[form]
        other = choices[int(rng.integers(len(choices)))]
        return stem + other if other.startswith(",") else f"{stem} {other}"
    if style == 2:
        return " ".join(names.ABBREVIATIONS.get(word, word) for word in name.split(" "))
    if style == 3:
        return ascii_text(name.upper() if rng.random() < 0.5 else name.lower())
    if style == 4:
        return f"The {stem}" if re.match("[A-Z]", stem) else stem
    return ascii_text(stem)


def employers(rng: np.random.Generator, written: pl.Series, account: Ints) -> tuple[pl.Series, pl.Series]:
    """[people] the company as each person's record has it, and whether that differs from the company's own name.

    Args:
        rng: source of randomness.
        written: [accounts] the companies' own names.
        account: [people] row numbers of accounts.
    """
    texts, varies = change_some(rng, written.gather(account), NAME_VARIANTS, company_variant)
    return texts, pl.Series(varies) & (texts != written.gather(account))
