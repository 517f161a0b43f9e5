"""The simulated market with all its mess: who is who and which company, against the truth, by kind of mess."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.identity.agreement import Agreement, agree, cluster_sizes
from benchmarks.identity.nights import NIGHT, contact_ids, identity_night
from dagster_project.resources.warehouse import Warehouse
from sandbox.block import BLOCK_STRIDE
from sandbox.market import create_market
from sandbox.truth import Truth

# A user_id that no identify call describes says nothing about its person: devices with only such logins aren't judged.
EXPORTED = """
    select 'salesforce' as source, 'contact' as object, _key as source_id
    from raw.salesforce__contact where not _is_deleted
    union all select 'salesforce', 'lead', _key from raw.salesforce__lead where not _is_deleted
    union all select 'hubspot', 'contact', _key from raw.hubspot__contact where not _is_deleted
    union all select distinct 'billing', 'customer', customer_id from raw.billing__subscription
    union all select distinct 'segment', 'user', user_id from raw.segment__identifies where user_id is not null
    union all select distinct 'segment', 'anonymous', anonymous_id from (
        select anonymous_id, user_id from raw.segment__pages
        union select anonymous_id, user_id from raw.segment__tracks
        union select anonymous_id, user_id from raw.segment__identifies
    ) where anonymous_id is not null and user_id in (select user_id from raw.segment__identifies)
"""
COMPANIES = """
    select 'salesforce' as source, 'account' as object, id as source_id
    from raw.salesforce__account where not _is_deleted
    union all select 'hubspot', 'company', id from raw.hubspot__company where not _is_deleted
"""


@dataclass(frozen=True)
class MarketResult:
    """How well one market was understood.

    Attributes:
        all_records: people's records of all systems and devices that someone was logged in on, shared ones aside.
        by_system: the same figures for pairs that touch a system's records.
        by_mess: for pairs that touch a record with that kind of mess.
        companies: CRM and HubSpot company records, all and by kind of mess; and people's records by the company they
            are given ("people's companies").
        shared_devices: devices of several people; how many of them were given to one contact.
        mistakes: one row per record in a wrong group.
    """

    seed: int
    seconds: float
    all_records: Agreement
    by_system: dict[str, Agreement]
    by_mess: dict[str, Agreement]
    companies: dict[str, Agreement]
    shared_devices: tuple[int, int]
    sizes: dict[str, dict[str, int]]
    mistakes: pl.DataFrame


def judge_market(people: int, seed: int) -> MarketResult:
    """Make a market, run its first night until identity, compare."""
    folder = Path(tempfile.mkdtemp(prefix="nightjar-market-"))
    try:
        create_market(folder / "exports", people, NIGHT, seed)
        seconds = identity_night(folder / "exports", folder / "home")
        return compare(Truth.load(folder / "exports"), folder / "home", seed, seconds)
    finally:
        shutil.rmtree(folder)


def compare(truth: Truth, home: Path, seed: int, seconds: float) -> MarketResult:
    """A night's identities against the truth of the market."""
    warehouse = Warehouse(home=str(home))
    known = truth.records().select("source", "object", "source_id", true="person_id")
    exported = warehouse.query(EXPORTED).unique(maintain_order=True).sort(pl.all())
    found = contact_ids(home)
    of_several = known.filter(pl.struct("source", "object", "source_id").is_duplicated())
    keys = ["source", "object", "source_id"]
    records = (
        exported.join(known, on=keys, maintain_order="left")
        .join(of_several.select(keys), on=keys, how="anti", maintain_order="left")
        .join(found.rename({"contact_id": "found"}), on=keys, how="left", maintain_order="left")
    )
    kinds = truth.record_kinds().select(*keys, "kind").unique()
    messy = records.select(keys).with_row_index("row").join(kinds, on=keys)
    rows = pl.int_range(len(records), eager=True)
    system = records.select(pl.format("{}/{}", "source", "object")).to_series()
    shared = of_several.select(keys).unique().join(exported, on=keys)
    return MarketResult(
        seed=seed,
        seconds=seconds,
        all_records=agree(records),
        by_system={name: agree(records, system == name) for name in sorted(system.unique())},
        by_mess={
            name: agree(records, rows.is_in(messy.filter(kind=name)["row"].implode()))
            for name in sorted(messy["kind"].unique())
        },
        companies=_companies(truth, warehouse, records, kinds),
        shared_devices=(len(shared), len(shared.join(found.drop_nulls("contact_id"), on=keys, how="semi"))),
        sizes={"true": cluster_sizes(records, "true"), "found": cluster_sizes(records, "found")},
        mistakes=_mistakes(records, kinds),
    )


def _companies(truth: Truth, warehouse: Warehouse, people: pl.DataFrame, kinds: pl.DataFrame) -> dict[str, Agreement]:
    """Company records, and the companies of people's records. Empty before there is an account_id_map."""
    has_map = "select count(*) from information_schema.tables where table_name = 'account_id_map'"
    if not warehouse.query(has_map).item():
        return {}
    keys = ["source", "object", "source_id"]
    exported = warehouse.query(COMPANIES).sort(pl.all())
    records = exported.join(truth.accounts().rename({"company_id": "true"}), on=keys, maintain_order="left").join(
        warehouse.query(FOUND_COMPANIES), on=keys, how="left", maintain_order="left"
    )
    rows = pl.int_range(len(records), eager=True)
    messy = records.select(keys).with_row_index("row").join(kinds, on=keys)
    by_mess = {
        f"companies, {name}": agree(records, rows.is_in(messy.filter(kind=name)["row"].implode()))
        for name in sorted(messy["kind"].unique())
    }
    everyone = truth.people()
    block = pl.col("person_id") // BLOCK_STRIDE * BLOCK_STRIDE
    employers = everyone.select(true="person_id", company=block + pl.col("account"))
    of_people = people.filter(pl.col("object").is_in(["contact", "lead"])).join(
        employers, on="true", maintain_order="left"
    )
    given = of_people.select(true="company", found="account_id")
    return {"companies": agree(records), **by_mess, "people's companies": agree(given)}


FOUND_COMPANIES = """
    select 'salesforce' as source, 'account' as object, identifier as source_id, account_id as found
    from identity.account_id_map where kind = 'salesforce_account'
    union all
    select 'hubspot', 'company', identifier, account_id from identity.account_id_map where kind = 'hubspot_company'
"""


def _mistakes(records: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """One row per record in a wrong group, with its kinds of mess."""
    keys = ["source", "object", "source_id"]
    found = pl.coalesce("found", pl.format("alone {}", "source_id"))
    wrong = records.with_columns(group=found).filter(
        (pl.col("group").n_unique().over("true") > 1) | (pl.col("true").n_unique().over("group") > 1)
    )
    messes = kinds.group_by(keys).agg(pl.col("kind").sort().str.join(" ").alias("mess"))
    return wrong.join(messes, on=keys, how="left").sort("true", "group", *keys)
