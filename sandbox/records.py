"""How each person is recorded: in which systems, and with which mistakes."""

import numpy as np
import polars as pl

from sandbox import mess, names
from sandbox.accounts import NEVER
from sandbox.misrecorded import misrecord
from sandbox.places import COUNTRIES
from sandbox.seasons import SECONDS
from sandbox.seeds import scramble

BASES = ("express", "implied_inquiry", "legitimate_interest")


def record_people(rng: np.random.Generator, people: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The people with what each system holds about them. One row per person.

    Adds the CRM's and HubSpot's version of e-mail, name and telephone, whether the address works, the kinds of records,
    their ids, and consent.
    """
    frame = _kinds_of_records(rng, people)
    frame = _emails(rng, frame, accounts)
    frame = _names(rng, frame)
    frame = _phones(rng, frame)
    frame = _consent(rng, frame)
    # Of its own, so that what is drawn here doesn't change the rest of the market.
    return misrecord(rng.spawn(1)[0], frame, accounts)


def _kinds_of_records(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    size = len(people)
    kind = rng.random(size)
    has_contact, has_lead = kind < 0.58, (kind < 0.14) | ((kind >= 0.58) & (kind < 0.86))
    created_at, now = people["created_at"].to_numpy(), people["created_at"].to_numpy().max()
    converted_at = np.minimum(created_at + (rng.exponential(30, size) * SECONDS).astype(np.int64), now)
    contact_at = np.where(has_contact, np.where(has_lead, converted_at, created_at), NEVER * SECONDS)
    person_ids = people["person_id"].to_numpy()
    spread = rng.random((5, size))
    changes_job = (rng.random(size) < 0.02) & (people["account"].to_numpy() > 0) & has_contact
    former = (people["account"].to_numpy() * spread[4]).astype(np.int64)
    return people.with_columns(
        contact_id=pl.format("003{}AAA", pl.Series(scramble(person_ids, 1)).cast(pl.String).str.zfill(12)),
        copy_contact_id=pl.format("003{}AAA", pl.Series(scramble(person_ids, 2)).cast(pl.String).str.zfill(12)),
        lead_id=pl.format("00Q{}AAA", pl.Series(scramble(person_ids, 3)).cast(pl.String).str.zfill(12)),
        hubspot_id=pl.Series(scramble(person_ids, 4)).cast(pl.String),
        copy_hubspot_id=pl.Series(scramble(person_ids, 6)).cast(pl.String),
        contact_at=contact_at,
        has_lead=has_lead,
        is_in_hubspot=pl.Series((spread[0] < 0.66) | (kind >= 0.86)),
        has_contact_copy=pl.Series((spread[1] < 0.03) & has_contact),
        is_copy_deleted=pl.Series(spread[2] < 0.5),
        has_hubspot_copy=pl.Series(spread[3] < 0.04) & pl.Series((spread[0] < 0.66) | (kind >= 0.86)),
        is_hubspot_copy_merged=pl.Series(rng.random(size) < 0.5),
        is_lead_deleted=pl.Series((rng.random(size) < 0.01) & has_lead & has_contact),
        former_account=np.where(changes_job, former, -1),
        sales_owner=rng.integers(0, 1 << 30, size),
    )


def _emails(rng: np.random.Generator, frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    former = frame["former_account"].to_numpy()
    company = accounts[frame["account"].to_numpy()]
    uses_role = company["has_role_mailbox"].to_numpy() & (rng.random(len(frame)) < 0.6) & (former < 0)
    old_domain = accounts["domain"].gather(np.maximum(former, 0))
    true_crm = frame.select(
        pl.when(pl.Series(uses_role))
        .then(pl.concat_str(company["role_mailbox"], pl.lit("@"), company["domain"]))
        .when(pl.Series(former >= 0))
        .then(pl.concat_str(pl.col("email").str.split("@").list.first(), pl.lit("@"), old_domain))
        .otherwise("email")
        .alias("email")
    )["email"]
    crm, crm_wrong = mess.change_some(rng, true_crm, 0.012, mess.typo)
    hubspot, hubspot_wrong = mess.change_some(rng, frame["email"], 0.008, mess.typo)
    uses_second = pl.Series(rng.random(len(frame)) < 0.25) & frame["second_email"].is_not_null()
    hubspot = hubspot.zip_with(~uses_second, frame["second_email"])
    crm_typed, crm_careless = mess.change_some(rng, crm, 0.05, mess.careless)
    hubspot_typed, hubspot_careless = mess.change_some(rng, hubspot, 0.03, mess.careless)
    return frame.with_columns(
        crm_email=crm_typed,
        is_crm_email_valid=pl.Series(~crm_wrong & ~frame["is_dead_mailbox"].to_numpy() & (former < 0)),
        hubspot_email=hubspot_typed,
        is_hubspot_email_valid=pl.Series(~hubspot_wrong & ~frame["is_dead_mailbox"].to_numpy()),
        crm_is_role_mailbox=pl.Series(uses_role),
        crm_is_job_change=pl.Series(former >= 0),
        crm_is_typo_in_address=pl.Series(crm_wrong),
        crm_is_careless_case=pl.Series(crm_careless),
        hubspot_is_second_address=uses_second,
        hubspot_is_typo_in_address=pl.Series(hubspot_wrong) & ~uses_second,
        hubspot_is_careless_case=pl.Series(hubspot_careless),
        shows_second_email=pl.Series(rng.random(len(frame)) < 0.5),
    )


def _names(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    first, _ = mess.change_some(rng, frame["first_name"], 0.05, mess.unaccented)
    last, _ = mess.change_some(rng, frame["last_name"], 0.05, mess.unaccented)
    is_unaccented = (first != frame["first_name"]) | (last != frame["last_name"])
    last, has_typo = mess.change_some(rng, last, 0.015, mess.typo)
    nick = frame["first_name"].replace(names.NICKNAMES)
    hubspot_first = frame["first_name"].zip_with(pl.Series(rng.random(len(frame)) < 0.8), nick)
    hubspot_last = mess.change_some(rng, frame["last_name"], 0.04, mess.unaccented)[0]
    return frame.with_columns(
        crm_first_name=first,
        crm_last_name=last,
        crm_is_unaccented=is_unaccented,
        crm_is_name_typo=pl.Series(has_typo),
        hubspot_first_name=hubspot_first,
        hubspot_last_name=hubspot_last,
        hubspot_is_nickname=hubspot_first != frame["first_name"],
        hubspot_is_unaccented=hubspot_last != frame["last_name"],
    )


def _phones(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    size, country = len(frame), frame["country"].to_numpy()
    shows_switchboard = pl.Series(rng.random(size) < 0.4)
    phone = frame.select(pl.when(shows_switchboard).then("switchboard").alias("phone"))["phone"]
    names_of_country = [COUNTRIES[code].names for code in country.tolist()]
    picks, shown = rng.random((2, size)).tolist(), rng.random((2, size)) < 0.93
    return frame.with_columns(
        crm_is_switchboard=phone.is_not_null(),
        crm_phone=mess.phones_as_typed(rng, phone, country),
        crm_mobile=mess.phones_as_typed(rng, frame["mobile"], country),
        hubspot_phone=mess.phones_as_typed(
            rng, frame["mobile"].zip_with(pl.Series(rng.random(size) < 0.6), phone), country
        ),
        crm_country=pl.Series([
            choices[0 if pick < 0.7 else int(pick * len(choices))] if show else None
            for choices, pick, show in zip(names_of_country, picks[0], shown[0].tolist(), strict=True)
        ]),
        hubspot_country=pl.Series([
            choices[int(pick * len(choices))] if show else None
            for choices, pick, show in zip(names_of_country, picks[1], shown[1].tolist(), strict=True)
        ]),
    )  # fmt: skip


def _consent(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    size = len(frame)
    none = pl.Series([*BASES, None], dtype=pl.String)
    email = none.gather(rng.choice(4, size, p=(0.50, 0.12, 0.30, 0.08)))
    phone = none.gather(rng.choice(4, size, p=(0.30, 0.10, 0.35, 0.25)))
    ads = none.gather(rng.choice(4, size, p=(0.55, 0.00, 0.15, 0.30)))
    return frame.with_columns(
        consent_email=email,
        consent_phone=pl.when(pl.col("mobile").is_not_null() | pl.col("crm_phone").is_not_null()).then(phone),
        consent_ads=ads,
        consent_at=frame["created_at"] + pl.Series((rng.exponential(3, size) * SECONDS).astype(np.int64)),
        is_unsubscribed_at_start=pl.Series(rng.random(size) < 0.05),
        objects=pl.Series(rng.random(size) < 0.003),
    )
