from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sandbox import names
from sandbox.accounts import make_accounts
from sandbox.company_mess import company_variant
from sandbox.mess_labels import CRM, HUBSPOT, WEB
from sandbox.truth import Truth
from tests.sandbox.exported import read_object

KEYS = ["source", "object", "source_id"]


@pytest.fixture(scope="module")
def kinds(made: Path) -> pl.DataFrame:
    return Truth.load(made).record_kinds()


@pytest.fixture(scope="module")
def contacts(made: Path) -> pl.DataFrame:
    people = Truth.load(made).people()
    records = Truth.load(made).records().filter(source="salesforce", object="contact").select("source_id", "person_id")
    exported = read_object(made, "salesforce/contact").rename({"id": "source_id"})
    return exported.join(records, on="source_id").join(people, on="person_id", suffix="_true")


def of_kind(rows: pl.DataFrame, kinds: pl.DataFrame, kind: str) -> pl.DataFrame:
    return rows.join(kinds.filter(source="salesforce", object="contact", kind=kind), on="source_id")


def test_every_kind_occurs_and_belongs_to_a_known_record(made: Path, kinds: pl.DataFrame) -> None:
    truth = Truth.load(made)
    others = {"free_address", "duplicate_live", "duplicate_merged", "lead_converted", "shared_device", "test_cookie",
              "namesake", "father_and_son", "subsidiary", "missing_website", "social_website"}  # fmt: skip
    assert set(kinds["kind"]) == {*CRM, *HUBSPOT, *WEB} | others
    known = pl.concat([truth.records().select(KEYS), truth.accounts().select(KEYS)])
    assert kinds.join(known, on=KEYS, how="anti").is_empty()
    assert kinds.is_unique().all()
    messy = kinds.filter(pl.col("kind") != "switchboard").select(KEYS).unique()
    assert len(messy) < 0.5 * len(known)  # clean records are the majority


def test_labels_say_what_the_records_show(contacts: pl.DataFrame, kinds: pl.DataFrame) -> None:
    assert of_kind(contacts, kinds, "missing_address")["email"].is_null().all()
    assert of_kind(contacts, kinds, "placeholder_address")["email"].is_in(names.PLACEHOLDER_EMAILS).all()
    domains = of_kind(contacts, kinds, "reseller_address")["email"].str.strip_chars().str.split("@").list.last()
    assert domains.is_in(names.RESELLERS).all()
    nicknames = of_kind(contacts, kinds, "nickname")
    assert nicknames["first_name"].ne(nicknames["first_name_true"]).all()
    swapped = of_kind(contacts, kinds, "swapped_names")
    assert (swapped["last_name"].str.slice(0, 1) == swapped["first_name_true"].str.slice(0, 1)).all()
    typos = of_kind(contacts, kinds, "typo_in_address")
    assert (typos["email"].str.strip_chars().str.to_lowercase() != typos["email_true"]).all()
    labels = kinds.filter(source="salesforce", object="contact")
    plain = contacts.join(labels, on="source_id", how="anti")
    for column in ("email", "first_name", "last_name"):
        assert (plain[column] == plain[f"{column}_true"]).all(), column


def test_lookalikes_are_different_people_of_one_name_and_company(made: Path) -> None:
    people = Truth.load(made).people()
    marked = people.filter(pl.col("lookalike").is_not_null())
    others = people.select("first_name", "last_name", "account", other="person_id", birth="birth_date")
    pairs = marked.join(others, on=["first_name", "last_name", "account"]).filter(
        pl.col("person_id") != pl.col("other")
    )
    assert set(pairs["person_id"]) == set(marked["person_id"])
    own = people.filter(pl.col("own_last_name").is_not_null())
    assert (own["own_first_name"] != own["own_last_name"]).all()
    families = pairs.filter(lookalike="father_and_son")
    assert ((families["birth"] - families["birth_date"]).abs() > timedelta(days=20 * 365)).all()


def test_a_subsidiary_is_a_company_of_its_own(made: Path) -> None:
    companies = Truth.load(made).accounts()
    assert companies.select(KEYS).is_unique().all()
    children = companies.filter(pl.col("parent_id").is_not_null())
    assert len(children) > 5
    assert children["parent_id"].is_in(companies["company_id"].implode()).all()
    assert (children["parent_id"] != children["company_id"]).all()
    exported = read_object(made, "salesforce/account")
    parents = exported.join(companies.filter(source="salesforce"), left_on="id", right_on="source_id")
    known = parents.filter(pl.col("parent_id").is_not_null())
    ids = companies.filter(source="salesforce").select(above="source_id", parent_id_right="company_id")
    assert known.join(
        ids, left_on=["parent_id", "parent_id_right"], right_on=["above", "parent_id_right"]
    ).height == len(known)


def test_domains_stay_unique_with_subsidiaries_and_second_domains() -> None:
    count = 20_000
    accounts = make_accounts(np.random.default_rng(1), np.arange(count), np.full(count, 4), 8, 20_000)
    domains = pl.concat([accounts["domain"], accounts["alias_domain"].drop_nulls()])
    assert domains.is_unique().all()
    assert 0.02 < accounts["alias_domain"].is_not_null().mean() < 0.06


def test_a_variant_keeps_the_name_of_the_company_recognisable() -> None:
    rng = np.random.default_rng(2)
    variants = {company_variant(rng, "Apexbridge Manufacturing GmbH & Co. KG") for _ in range(200)}
    assert len(variants) >= 8
    assert all("apexbridge" in variant.lower() for variant in variants)
