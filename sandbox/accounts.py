"""The companies of the simulated market."""

import numpy as np
import polars as pl

from sandbox import mess, names
from sandbox.company_mess import add_company_mess
from sandbox.places import COUNTRIES
from sandbox.seasons import SECONDS
from sandbox.seeds import Ints

NEVER = 10_000_000
CODES = [country.code for country in COUNTRIES]


def contacts_per_account(rng: np.random.Generator, people: int) -> Ints:
    """How many people each account has; heavy tailed, mean about 5, sums to `people`."""
    sizes = np.minimum(1 + rng.pareto(1.6, people) * 3.2, 60).astype(np.int64)
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, people)) + 1
    sizes = sizes[:count]
    sizes[-1] -= int(sizes.sum()) - people
    return sizes


def make_accounts(
    rng: np.random.Generator, account_ids: Ints, count_contacts: Ints, count_users: int, before_day: int
) -> pl.DataFrame:
    """New accounts.

    Args:
        rng: source of randomness.
        account_ids: [n] numbers, unique in the market.
        count_contacts: [n] people of each.
        count_users: how many sellers there are to own them.
        before_day: they were created in the three years before this day.

    Returns:
        One row per account.
    """
    size = len(account_ids)
    country = rng.choice(len(COUNTRIES), size, p=_shares([c.weight for c in COUNTRIES]))
    industry = rng.choice(len(names.INDUSTRIES), size, p=_shares(names.INDUSTRY_SHARES))
    employees = np.minimum(5 + count_contacts * 6 + rng.pareto(1.1, size) * 25 * count_contacts**0.7, 250_000)
    name, domain = _names(rng, account_ids, country, industry)
    is_customer = rng.random(size) < 0.10
    customer_since = np.where(is_customer, before_day - rng.integers(5, 900, size), NEVER)
    fit = 0.35 * np.isin(industry, (0, 1, 6)) + 0.15 * (np.log10(employees) - 2)
    accounts = pl.DataFrame(
        {
            "account_id": account_ids,
            "name": name,
            "domain": domain,
            "industry": pl.Series(names.INDUSTRIES).gather(industry),
            "employees": employees.astype(np.int64),
            "revenue": (employees * rng.lognormal(11.9, 0.5, size)).round(-3),
            "country": country,
            "city": (rng.random(size) * [len(COUNTRIES[code].cities) for code in country.tolist()]).astype(np.int64),
            "owner": rng.integers(0, count_users, size),
            "switchboard": mess.phone_numbers(account_ids, country, is_mobile=False),
            "interest": (rng.normal(0, 0.8, size) + fit - 0.2).astype(np.float32),
            "created_at": before_day * SECONDS - (rng.random(size) * 1000 * SECONDS).astype(np.int64),
            "has_role_mailbox": rng.random(size) < 0.05,
            "role_mailbox": pl.Series(names.ROLE_MAILBOXES).gather(rng.integers(0, len(names.ROLE_MAILBOXES), size)),
            "has_salesforce_copy": rng.random(size) < 0.015,
            "is_in_hubspot": rng.random(size) < 0.8,
            "customer_since": customer_since,
            "churn_day": np.where(is_customer, before_day + rng.exponential(1500, size).astype(np.int64) - 170, NEVER),
            "mrr_cents": (rng.lognormal(0, 0.8, size) * 60_000 * (employees / 100) ** 0.3).astype(np.int64)
            // 100
            * 100,
            "project_start": before_day - 210 + rng.integers(0, 230, size) + np.where(rng.random(size) < 0.6, NEVER, 0),
            "project_days": rng.integers(20, 60, size),
        }
    )
    # Of its own, so that what is drawn here doesn't change the rest of the market.
    return add_company_mess(rng.spawn(1)[0], accounts)


def _names(rng: np.random.Generator, account_ids: Ints, country: Ints, industry: Ints) -> tuple[list[str], list[str]]:
    firsts, seconds = len(names.COMPANY_FIRST), len(names.COMPANY_SECOND)
    combinations = firsts * seconds * 3
    chosen_form = rng.random(len(account_ids))
    company_names, domains = [], []
    for number, code, kind, form in zip(
        account_ids.tolist(), country.tolist(), industry.tolist(), chosen_form.tolist(), strict=True
    ):
        mixed = (number * 104_729 + 7) % combinations
        stem = names.COMPANY_FIRST[mixed % firsts] + names.COMPANY_SECOND[mixed // firsts % seconds]
        branch = names.COMPANY_KINDS[names.INDUSTRIES[kind]][mixed // firsts // seconds]
        forms = names.LEGAL_FORMS[CODES[code]]
        company_names.append(f"{stem} {branch} {forms[int(form * len(forms))]}")
        round_number = number // combinations
        domains.append(f"{stem}-{branch}{round_number or ''}".lower() + f".{COUNTRIES[code].tld}")
    return company_names, domains


def _shares(weights: list[float] | tuple[float, ...]) -> np.ndarray:
    return np.asarray(weights) / np.sum(weights)
