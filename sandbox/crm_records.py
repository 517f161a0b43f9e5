"""Accounts, contacts and leads as Salesforce holds them, with copies, deletions and conversions."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sandbox.accounts import CODES
from sandbox.places import COUNTRIES
from sandbox.scene import Scene, account_ids, constant, moment
from sandbox.seasons import SECONDS
from sandbox.seeds import Ints

COPY_STRIDE = 500_000_000_000
LEAD_SOURCES = ("Web", "Webinar", "Trade Show", "Referral", "Purchased List", "Partner")


def crm_rows(scene: Scene) -> Iterator[tuple[str, pl.DataFrame]]:
    """(object, rows) of the CRM's records that are new or changed in the window."""
    yield "salesforce/account", _accounts(scene)
    yield "salesforce/contact", _contacts(scene)
    yield "salesforce/lead", _leads(scene)


def _is_new(scene: Scene) -> np.ndarray:
    created = scene.block.column("created_at")
    is_new = np.arange(len(created)) >= scene.new_people
    return is_new | scene.is_first


def _has_changed(scene: Scene) -> np.ndarray:
    """People whose record changed in the window: an opt-out, a conversion."""
    changed = scene.block.people_state.changed_day
    return (changed >= scene.window.first_day) & (changed < scene.window.after_last)


def _accounts(scene: Scene) -> pl.DataFrame:
    accounts = scene.block.accounts[0 if scene.is_first else scene.new_accounts :]
    copies = accounts.filter("has_salesforce_copy")
    country = pl.Series([c.names[0] for c in COUNTRIES])
    at = moment(accounts["created_at"])
    rows = pl.DataFrame(
        {
            "id": account_ids(accounts["account_id"]),
            "name": accounts["name"],
            "website": accounts["website"],
            "phone": accounts["switchboard"],
            "industry": accounts["industry"],
            "number_of_employees": accounts["employees"],
            "annual_revenue": accounts["revenue"],
            "billing_country": country.gather(accounts["country"]),
            "billing_country_code": pl.Series(CODES).gather(accounts["country"]),
            **_place(accounts, "billing_"),
            "parent_id": account_ids(accounts["parent"]).zip_with(
                accounts["is_parent_known"], constant(None, len(accounts))
            ),
            "master_record_id": constant(None, len(accounts)),
            "owner_id": scene.user_ids(accounts["owner"]),
            "type": constant("Prospect", len(accounts)).zip_with(
                accounts["customer_since"] > scene.window.after_last, constant("Customer", len(accounts))
            ),
            "is_deleted": constant(False, len(accounts)),
            "created_date": at,
            "last_modified_date": at,
            "system_modstamp": at,
            "emit_at": at,
        }
    ).with_columns(
        website=pl.when(scene_share(scene, len(accounts), 0.5))
        .then("https://www." + pl.col("website"))
        .otherwise("website"),
        number_of_employees=pl.when(scene_share(scene, len(accounts), 0.9)).then("number_of_employees"),
    )
    copy = rows.filter(accounts["has_salesforce_copy"]).with_columns(
        id=account_ids(copies["account_id"] + COPY_STRIDE),
        name=pl.col("name").str.to_uppercase(),
        number_of_employees=pl.lit(None, dtype=pl.Int64),
    )
    return pl.concat([rows, copy])


def _place(frame: pl.DataFrame, prefix: str) -> dict[str, pl.Series]:
    places = [COUNTRIES[c].cities[n] for c, n in frame.select("country", "city").iter_rows()]
    return {
        f"{prefix}state": pl.Series([place[1] for place in places], dtype=pl.String),
        f"{prefix}city": pl.Series([place[0] for place in places], dtype=pl.String),
        f"{prefix}postal_code": pl.Series([place[2] for place in places], dtype=pl.String),
    }


def scene_share(scene: Scene, size: int, share: float) -> pl.Series:
    """True for a random share of rows."""
    return pl.Series(scene.rng.random(size) < share)


def _rows_of(scene: Scene, mask: np.ndarray) -> tuple[Ints, pl.DataFrame]:
    person = np.flatnonzero(mask)
    return person, scene.block.people[person]


def _contacts(scene: Scene) -> pl.DataFrame:
    state = scene.block.people_state
    begins = state.contact_at < scene.window.after_last * SECONDS
    shown = begins & (_is_new(scene) | _has_changed(scene) | scene.window.holds(state.contact_at))
    person, people = _rows_of(scene, shown)
    account = np.where(
        people["former_account"].to_numpy() >= 0, people["former_account"].to_numpy(), people["account"].to_numpy()
    )
    created = state.contact_at[person]
    modified = np.maximum(created, state.changed_day[person].astype(np.int64) * SECONDS + 80_000)
    modified = np.minimum(modified, scene.window.after_last * SECONDS - 1)
    shows_code = scene_share(scene, len(people), 0.6) & people["crm_country"].is_not_null()
    rows = pl.DataFrame(
        {
            "id": people["contact_id"],
            "account_id": account_ids(scene.accounts(account, "account_id")["account_id"]),
            "email": people["crm_email"],
            "phone": people["crm_phone"],
            "mobile_phone": people["crm_mobile"],
            "salutation": constant(None, len(people)),
            "first_name": people["crm_first_name"],
            "last_name": people["crm_last_name"],
            "birthdate": people["crm_birth_date"].cast(pl.String),
            "title": people["title"],
            "reports_to_id": _reports_to(scene, begins)[person],
            "department": people["function"].str.to_titlecase(),
            "mailing_country": people["crm_country"],
            "mailing_country_code": pl.Series(CODES)
            .gather(people["country"])
            .zip_with(shows_code, constant(None, len(people))),
            **_place(people, "mailing_"),
            "owner_id": scene.user_ids(people["owner"]),
            "lead_source": pl.Series(LEAD_SOURCES).gather(people["sales_owner"] % len(LEAD_SOURCES)),
            "master_record_id": constant(None, len(people)),
            "has_opted_out_of_email": pl.Series(
                state.is_unsubscribed[person] & (people["sales_owner"].to_numpy() % 2 == 0)
            ),
            "do_not_call": people["objects"],
            "is_deleted": constant(False, len(people)),
            "created_date": moment(created),
            "last_modified_date": moment(modified),
            "system_modstamp": moment(modified),
            "emit_at": moment(modified),
        }
    )
    is_copied = people["has_contact_copy"] & pl.Series(_is_new(scene)[person])
    return pl.concat([rows, _contact_copies(rows.filter(is_copied), people.filter(is_copied))])


def _reports_to(scene: Scene, begins: np.ndarray) -> pl.Series:
    """[people] the contact of a colleague whom the CRM has as somebody's superior: seldom filled in."""
    people = scene.block.people
    is_colleague = (people["account"] == people["account"].shift(1)) & pl.Series(begins).shift(1)
    is_filled = (people["sales_owner"] % 7 == 0) & is_colleague.fill_null(False) & (people["former_account"] < 0)
    return people["contact_id"].shift(1).zip_with(is_filled, constant(None, len(people)))


def _contact_copies(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """A second record of the same person; half of them merged away since."""
    return rows.with_columns(
        id=people["copy_contact_id"],
        email=pl.when(people["second_email"].is_not_null()).then(people["second_email"]).otherwise("email"),
        first_name=people["first_name"],
        title=pl.lit(None, dtype=pl.String),
        mobile_phone=people["mobile"],
        is_deleted=people["is_copy_deleted"],
        master_record_id=pl.when(people["is_copy_deleted"]).then(people["contact_id"]),
    )


def _leads(scene: Scene) -> pl.DataFrame:
    state = scene.block.people_state
    changed = _is_new(scene) | _has_changed(scene) | scene.window.holds(state.contact_at)
    person, people = _rows_of(scene, scene.block.column("has_lead") & changed)
    converted_at = state.contact_at[person]
    is_converted = converted_at < scene.window.after_last * SECONDS
    modified = np.where(is_converted, converted_at, people["created_at"].to_numpy())
    modified = np.maximum(modified, state.changed_day[person].astype(np.int64) * SECONDS + 80_000)
    modified = np.maximum(np.minimum(modified, scene.window.after_last * SECONDS - 1), people["created_at"].to_numpy())
    company = scene.accounts(people["account"], "account_id", "domain", "industry", "employees")
    size, done = len(people), pl.Series(is_converted)
    nothing = constant(None, size)
    return pl.DataFrame(
        {
            "id": people["lead_id"],
            "email": people["crm_email"],
            "phone": people["crm_phone"],
            "mobile_phone": people["crm_mobile"],
            "first_name": people["crm_first_name"],
            "last_name": people["crm_last_name"],
            "company": people["lead_company"],
            "title": people["title"],
            "website": company["domain"].zip_with(people["sales_owner"] % 3 == 0, nothing),
            "industry": company["industry"].zip_with(people["sales_owner"] % 2 == 0, nothing),
            "number_of_employees": company["employees"],
            "country": people["crm_country"],
            "country_code": nothing,
            **_place(people, ""),
            "status": constant("Qualified", size).zip_with(done, constant("Open - Not Contacted", size)),
            "lead_source": pl.Series(LEAD_SOURCES).gather(people["sales_owner"] % len(LEAD_SOURCES)),
            "owner_id": scene.user_ids(people["sales_owner"]),
            "is_converted": done,
            "converted_date": moment(converted_at).zip_with(done, pl.Series([None] * size, dtype=pl.Datetime("us"))),
            "converted_contact_id": people["contact_id"].zip_with(done, nothing),
            "converted_account_id": account_ids(company["account_id"]).zip_with(done, nothing),
            "converted_opportunity_id": nothing,
            "master_record_id": nothing,
            "has_opted_out_of_email": pl.Series(
                state.is_unsubscribed[person] & (people["sales_owner"].to_numpy() % 2 == 0)
            ),
            "is_deleted": people["is_lead_deleted"],
            "created_date": moment(people["created_at"]),
            "last_modified_date": moment(modified),
            "system_modstamp": moment(modified),
            "emit_at": moment(modified),
        }
    )
