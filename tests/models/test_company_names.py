"""Names of one company are one name, and names of two companies stay two."""

from functools import cache

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.settings import DBT_PROJECT_DIR
from models.company_names import CompanyName, CompanyWords, normalise_company_name, normalise_company_names


@cache
def words() -> CompanyWords:
    forms, meanings = (
        pl.read_csv(DBT_PROJECT_DIR / "seeds" / f"{seed}.csv", infer_schema=False)
        for seed in ("legal_forms", "company_words")
    )
    return CompanyWords.from_frames(forms, meanings)


def normalised(name: str) -> CompanyName:
    found = normalise_company_name(name, words())
    assert found is not None, name
    return found


def are_alike(left: str, right: str) -> bool:
    one, other = normalised(left), normalised(right)
    return one.spelling_key == other.spelling_key or one.words_key == other.words_key


@pytest.mark.parametrize("names", [
    ("Müller Maschinenbau GmbH & Co. KG", "Mueller Maschinenbau", "MULLER MASCHINENBAU G.m.b.H."),
    ("The Acme Company, Inc.", "ACME", "Acme Corp.", "Acme Ltd (formerly Foo)", "acme, L.L.C."),
    ("Acme Int'l Corp", "Acme International", "Acme Intl.", "International Acme"),
    ("Baker Bros. Mfg. Co", "Baker Brothers Manufacturing"),
    ("ООО Яндекс", "Yandex LLC", "OOO Yandeks"),
    ("ПАО «Лукойл»", "Lukoil PJSC"),
    ("ТОВ Рошен", "Roshen"),
    ("株式会社トヨタ自動車", "トヨタ自動車（株）", "Toyota Motor Corporation"),
    ("삼성전자 주식회사", "Samsung Electronics Co., Ltd."),
    ("华为技术有限公司", "Huawei Technologies Co., Ltd."),
    ("Sp. z o.o. Wisła", "Wisla Sp. z o. o.", "Wisła Spółka z ograniczoną odpowiedzialnością"),
    ("Grupo Bimbo, S.A.B. de C.V.", "Bimbo"),
    ("S.C. Dacia S.R.L.", "Dacia"),
    ("Koç Holding A.Ş.", "Koc"),
    ("Ørsted A/S", "Orsted"),
    ("AB Volvo", "Volvo AB (publ)"),
    ("PT Astra Tbk", "Astra"),
    ("Amazon.com, Inc.", "Amazon"),
    ("AT&T Inc.", "AT & T"),
    ("J.P. Morgan", "JPMorgan"),
    ("L'Oréal S.A.", "Loreal"),
    ("Procter & Gamble", "Procter and Gamble Co."),
    ("Škoda a.s.", "Skoda"),
    ("Solarland Logistics Gesellschaft mbH", "Solarland Log. GmbH"),
    ("Banca Popolare S.p.A.", "Bank Popolare"),
])  # fmt: skip
def test_one_company_is_one_name(names: tuple[str, ...]) -> None:
    assert all(are_alike(names[0], name) for name in names[1:])


@pytest.mark.parametrize(("left", "right"), [
    ("Delta 1 GmbH", "Delta 2 GmbH"), ("Acme Software", "Acme Logistics"), ("Alpha Bank", "Alpha Insurance"),
    ("Norton Systems", "Morton Systems"), ("AG Barr", "AG Insurance"), ("Limited Brands", "Brand"), ("SAP", "SAS"),
    ("Bank of China", "Bank of Canada"), ("Sparkasse Köln", "Sparkasse Bonn"), ("AS Roma", "Roman"),
])  # fmt: skip
def test_two_companies_are_two_names(left: str, right: str) -> None:
    assert not are_alike(left, right)


@pytest.mark.parametrize("name", ["n/a", "N.A.", "-", "  ", "Self-Employed", "privat", "x", "selbständig", "Test"])
def test_what_says_nothing_is_null(name: str) -> None:
    assert normalise_company_name(name, words()) is None


def test_what_sets_a_name_apart_is_its_core() -> None:
    assert normalised("Acme Software GmbH").core_key == normalised("Acme").core_key
    assert normalised("International Systems Ltd").core_key is None
    assert normalised("Acme GmbH").legal_region == "german"
    assert normalised("Acme").legal_region is None


@given(st.lists(st.text(max_size=20)))
def test_the_order_of_names_means_nothing(names: list[str]) -> None:
    found = normalise_company_names(names, words())
    assert found.equals(normalise_company_names(reversed(names), words()))
    assert found["name"].to_list() == sorted(set(names))


@given(st.text(max_size=40))
def test_a_key_is_its_own_key_with_any_case_and_form(name: str) -> None:
    found = normalise_company_name(name, words())
    if found is not None and len(name) == len(name.lower()) and name.isascii():
        assert normalise_company_name(name.upper(), words()) == found
