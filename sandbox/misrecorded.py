"""What systems hold about people that is missing, wrong or somebody else's, and which record has which kind of mess.

Shares are of the records of a system. They are assumptions: each kind is frequent enough to be measured among 100,000
records, and clean records stay the majority.
"""

import numpy as np
import polars as pl

from sandbox import mess, names
from sandbox.company_mess import employers
from sandbox.places import COUNTRIES
from sandbox.seeds import hexadecimal

CRM_WITHOUT_ADDRESS = 0.035
CRM_PLACEHOLDER, CRM_RESELLER, CRM_COLLEAGUE = 0.006, 0.006, 0.004
CRM_SWAPPED, CRM_NICKNAME, CRM_FIRST_TYPO, CRM_INITIAL = 0.006, 0.03, 0.008, 0.008
HUBSPOT_WITHOUT_ADDRESS, HUBSPOT_NAMELESS = 0.008, 0.02
HUBSPOT_OTHER_SURNAME, HUBSPOT_NAME_TYPO = 0.007, 0.015
ALIAS_USED = 0.4
PEOPLE_PER_RESELLER = 8
LOGIN_WITHOUT_ADDRESS, TEST_COOKIE = 0.09, 0.006
BIRTH_DATE_KNOWN, BIRTH_DATE_WRONG = 0.12, 0.04
COOKIE_STRIDE, COOKIE_SALT = 100_000, 3


def misrecord(rng: np.random.Generator, people: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The recorded people with more that goes wrong. One row per person.

    Args:
        rng: source of randomness.
        people: what `record_people` made of names, addresses and telephone numbers.
        accounts: the accounts of the block.

    Returns:
        The same rows; truth values `crm_is_<kind>`, `hubspot_is_<kind>`, `web_is_<kind>` say what is wrong where.
    """
    frame = _crm_addresses(rng, people)
    frame = _crm_names(rng, frame)
    frame = _hubspot(rng, frame, accounts)
    frame = _employers(rng, frame, accounts)
    frame = _birth_dates(rng, frame)
    return _web(rng, frame)


def _crm_addresses(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """At most one kind each, and none for those whose address is wrong already."""
    size = len(frame)
    is_wrong = pl.any_horizontal("crm_is_role_mailbox", "crm_is_job_change", "crm_is_typo_in_address")
    is_plain = frame.select(~is_wrong).to_series().to_numpy()
    luck = rng.random(size)
    bounds = np.cumsum((CRM_WITHOUT_ADDRESS, CRM_PLACEHOLDER, CRM_RESELLER, CRM_COLLEAGUE))
    kind = pl.Series(np.where(is_plain, np.searchsorted(bounds, luck, side="right"), 4))
    is_missing, is_placeholder, is_reseller = (kind == number for number in range(3))
    colleague = frame.select(pl.when(pl.col("account") == pl.col("account").shift(1)).then(pl.col("email").shift(1)))
    is_colleague = (kind == 3) & colleague.to_series().is_not_null()
    placeholder = pl.Series(names.PLACEHOLDER_EMAILS).gather(rng.integers(0, len(names.PLACEHOLDER_EMAILS), size))
    reseller = _reseller_addresses(rng, size, int(is_reseller.sum()))
    email = (
        pl.when(is_missing).then(pl.lit(None, dtype=pl.String)).when(is_placeholder).then(placeholder)
        .when(is_reseller).then(reseller).when(is_colleague).then(colleague.to_series()).otherwise("crm_email")
    )  # fmt: skip
    wrong = is_missing | is_placeholder | is_reseller | is_colleague
    return frame.with_columns(
        crm_email=email,
        is_crm_email_valid=pl.col("is_crm_email_valid") & ~wrong,
        crm_is_careless_case=pl.col("crm_is_careless_case") & ~wrong,
        crm_is_missing_address=is_missing,
        crm_is_placeholder_address=is_placeholder,
        crm_is_reseller_address=is_reseller,
        crm_is_shared_address=is_colleague,
    )


def _reseller_addresses(rng: np.random.Generator, size: int, count_used: int) -> pl.Series:
    """[size] addresses of a few sellers at resellers, who give their own for their customers' people."""
    count = max(1, count_used // PEOPLE_PER_RESELLER)
    first, last = names.FIRST_NAMES["de"].split(), names.LAST_NAMES["nl"].split()
    picks = rng.integers(0, 1_000_000, (3, count)).tolist()
    sellers = [
        f"{mess.ascii_text(first[a % len(first)])}.{last[b % len(last)]}@{names.RESELLERS[c % len(names.RESELLERS)]}"
        for a, b, c in zip(*picks, strict=True)
    ]
    return pl.Series(sellers).str.to_lowercase().gather(rng.integers(0, count, size))


def _crm_names(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    size = len(frame)
    luck, junior = rng.random((3, size)), rng.random(size)
    nick = frame["first_name"].replace(names.NICKNAMES)
    is_nick = pl.Series(luck[0] < CRM_NICKNAME) & (nick != frame["first_name"])
    first = nick.zip_with(is_nick, frame["crm_first_name"])
    first, has_typo = mess.change_some(rng, first, CRM_FIRST_TYPO, mess.typo)
    is_initial = pl.Series(luck[1] < CRM_INITIAL) & ~pl.Series(has_typo) & ~is_nick
    first = (first.str.slice(0, 1) + ".").zip_with(is_initial, first)
    # A son comes right after his father and bears all of his name.
    is_son = (
        (frame["lookalike"] == "father_and_son")
        & (frame["first_name"] == frame["first_name"].shift(1))
        & (frame["last_name"] == frame["last_name"].shift(1))
    ).fill_null(False)
    last = (frame["crm_last_name"] + " Jr.").zip_with(is_son & pl.Series(junior < 0.5), frame["crm_last_name"])
    swapped = pl.Series(luck[2] < CRM_SWAPPED)
    return frame.with_columns(
        crm_first_name=last.zip_with(swapped, first),
        crm_last_name=first.zip_with(swapped, last),
        crm_is_nickname=is_nick,
        crm_is_name_typo=pl.col("crm_is_name_typo") | (pl.Series(has_typo) & (first != frame["crm_first_name"])),
        crm_is_initial=is_initial,
        crm_is_swapped_names=swapped,
    )


def _hubspot(rng: np.random.Generator, frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    size = len(frame)
    luck = rng.random((4, size))
    alias = accounts["alias_domain"].gather(frame["account"])
    at_work = frame["email"].str.split("@").list.last() == frame["domain"]
    plain = (frame["hubspot_email"] == frame["email"]) & at_work
    is_alias = pl.Series(luck[0] < ALIAS_USED) & alias.is_not_null() & plain
    is_missing = pl.Series(luck[1] < HUBSPOT_WITHOUT_ADDRESS)
    is_nameless = pl.Series(luck[2] < HUBSPOT_NAMELESS) & ~is_missing
    first, first_typo = mess.change_some(rng, frame["hubspot_first_name"], HUBSPOT_NAME_TYPO / 2, mess.typo)
    last, last_typo = mess.change_some(rng, frame["hubspot_last_name"], HUBSPOT_NAME_TYPO / 2, mess.typo)
    married = pl.Series(luck[3] < HUBSPOT_OTHER_SURNAME) & ~pl.Series(last_typo)
    former = pl.Series([names.LAST_NAMES[COUNTRIES[code].language].split() for code in frame["country"].to_list()])
    former = pl.select(former.list.get(pl.Series(rng.integers(0, 14, size)))).to_series()
    married = married & (former != frame["last_name"])
    own = frame["own_last_name"].is_not_null()
    nothing = pl.lit(None, dtype=pl.String)
    local = pl.col("email").str.split("@").list.first()
    return frame.with_columns(
        hubspot_email=pl.when(is_missing).then(nothing).when(is_alias).then(pl.concat_str(local, pl.lit("@"), alias))
        .otherwise("hubspot_email"),
        hubspot_first_name=pl.when(is_nameless).then(nothing)
        .otherwise(pl.coalesce("own_first_name", first)),
        hubspot_last_name=pl.when(is_nameless).then(nothing).when(married).then(former)
        .otherwise(pl.coalesce("own_last_name", last)),
        is_hubspot_email_valid=pl.col("is_hubspot_email_valid") & ~is_missing,
        hubspot_is_missing_address=is_missing,
        hubspot_is_careless_case=pl.col("hubspot_is_careless_case") & ~is_missing,
        hubspot_is_typo_in_address=pl.col("hubspot_is_typo_in_address") & ~is_missing,
        hubspot_is_second_address=pl.col("hubspot_is_second_address") & ~is_missing,
        hubspot_is_domain_alias=is_alias & ~is_missing,
        hubspot_is_missing_name=is_nameless,
        hubspot_is_name_typo=(pl.Series(first_typo) | pl.Series(last_typo)) & ~own & ~is_nameless & ~married,
        hubspot_is_married_name=married & ~is_nameless,
        hubspot_is_transliterated=own & ~is_nameless,
        hubspot_is_nickname=pl.col("hubspot_is_nickname") & ~own & ~is_nameless,
        hubspot_is_unaccented=pl.col("hubspot_is_unaccented") & ~own & ~is_nameless,
    )  # fmt: skip


def _employers(rng: np.random.Generator, frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The company's name in each person's record, as somebody wrote it."""
    for system in ("lead", "hubspot", "web"):
        texts, varies = employers(rng, accounts["name"], frame["account"].to_numpy())
        frame = frame.with_columns(texts.alias(f"{system}_company"), varies.alias(f"{system}_is_company_variant"))
    return frame


def _birth_dates(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Birth dates as the CRM and HubSpot hold them: seldom, and a few with day and month swapped or a day off."""
    for system in ("crm", "hubspot"):
        known, wrong, style = rng.random((3, len(frame)))
        true = frame["birth_date"]
        date = pl.col("birth_date").dt
        swapped = frame.select(pl.date(date.year(), date.day().clip(upper_bound=12), date.month())).to_series()
        day = true.dt.day()
        other = swapped.zip_with(pl.Series(style < 0.5) & (day <= 12), true.dt.offset_by("1d"))
        is_wrong = pl.Series(wrong < BIRTH_DATE_WRONG)
        typed = other.zip_with(is_wrong, true)
        is_known = pl.Series(known < BIRTH_DATE_KNOWN)
        frame = frame.with_columns(
            pl.when(is_known).then(typed).alias(f"{system}_birth_date"),
            (is_known & is_wrong & (typed != true)).alias(f"{system}_is_wrong_birth_date"),
        )
    return frame


def _web(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Logins that never show an address, and users who once used the test team's browser."""
    hides, tests = pl.Series(rng.random(len(frame)) < LOGIN_WITHOUT_ADDRESS), rng.random(len(frame)) < TEST_COOKIE
    cookie = hexadecimal(frame["person_id"].to_numpy() // COOKIE_STRIDE, COOKIE_SALT)
    is_tester = pl.Series(tests) & frame["user_id"].is_not_null()
    return frame.with_columns(
        second_anonymous_id=pl.when(is_tester).then(pl.Series(cookie)).otherwise("second_anonymous_id"),
        web_is_login_without_address=hides & frame["user_id"].is_not_null(),
        device_is_test_cookie=is_tester,
    )
