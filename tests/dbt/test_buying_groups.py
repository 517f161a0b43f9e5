"""Who buys together: offerings of opportunities, roles by the CRM or by job title, who is missing, who is engaged."""

from pathlib import Path

import pytest

from tests.dbt.identity_rows import Row, Rows, contact
from tests.dbt.warehouse import build_raw, dbt_build, query

TONIGHT = "2026-03-02"
POLICY: Rows = {
    "policy_offerings": [
        {"offering_id": "platform", "name": "Platform", "is_default": True},
        {"offering_id": "support", "name": "Support", "is_default": False},
        {"offering_id": "training", "name": "Training", "is_default": False},
    ],
    "policy_offering_matches": [
        {"offering_id": "support", "match_on": "products", "value": "Premium Support"},
        {"offering_id": "support", "match_on": "opportunity_types", "value": "renewal"},
        {"offering_id": "training", "match_on": "products", "value": "01tcourse"},
        {"offering_id": "training", "match_on": "name_words", "value": "Workshop"},
    ],
    "policy_offering_roles": [
        {"offering_id": "platform", "role": "economic_buyer", "weight": 3, "count": 1},
        {"offering_id": "platform", "role": "technical_evaluator", "weight": 2, "count": 2},
        {"offering_id": "platform", "role": "user", "weight": 1, "count": 1},
        {"offering_id": "support", "role": "champion", "weight": 1, "count": 1},
        {"offering_id": "training", "role": "champion", "weight": 1, "count": 1},
    ],
    "policy_buying_groups": [
        {"minimum_contacts": 2, "engagement_window_days": 30, "engaged_points": 10, "daily_cap": 30}
    ],
    "policy_activity_points": [
        {"activity": "form_submission", "points": 20, "daily_cap": 40},
        {"activity": "page_view", "points": 0.1, "daily_cap": 10},
    ],
}


def person(source_id: str, account: str, title: str | None = None, **columns: object) -> Row:
    return contact(
        f"003{source_id}", f"{source_id}@{account}.example", account_id=f"001{account}", title=title, **columns
    )


def opportunity(source_id: str, account: str, **columns: object) -> Row:
    base = {"stage_name": "Proposal", "created_date": "2026-01-10"}
    return {"id": f"006{source_id}", "account_id": f"001{account}", **base, **columns}


def role(opportunity_id: str, source_id: str, role: str | None, **columns: object) -> Row:
    row = {"id": f"{opportunity_id}{source_id}{role}", "opportunity_id": f"006{opportunity_id}", "role": role}
    return {**row, "contact_id": f"003{source_id}", "created_date": "2026-01-11", **columns}


def form(email: str, submitted: str) -> Row:
    return {"form_id": "f", "timestamp": submitted, "email": email, "contact_id": None, "_key": f"{email}{submitted}"}


ROWS: Rows = {
    "salesforce__account": [
        {"id": f"001{name}", "name": f"{name.title()} Works", "website": f"{name}.example"}
        for name in ("deal", "single", "pair", "moved", "empty", "titles")
    ],
    "salesforce__contact": [
        person("boss", "deal", "CEO"),
        person("theo", "deal", "Software Engineer"),
        person("tina", "deal", "Software Engineer"),
        person("sam", "deal", "Wizard"),
        person("una", "deal"),
        contact("003info", "info@deal.example", last_name=None, account_id="001deal"),
        person("alone", "single", "CFO"),
        person("one", "pair", "Einkäufer"),
        person("two", "pair", "Head of Marketing"),
    ],
    "salesforce__opportunity": [
        opportunity("platform", "deal"),
        opportunity("items", "deal", type="Renewal"),
        opportunity("renewal", "deal", type="RENEWAL ", stage_name="Closed Won", close_date="2026-02-01"),
        opportunity("workshop", "deal", name="Deal: on-site workshop, two days"),
        opportunity("biggest", "deal"),
        opportunity("nobody", "empty", amount=10),
    ],
    "salesforce__product_2": [
        {"id": "01tgold", "name": "Gold", "family": "premium support"},
        {"id": "01tcourse", "name": "Premium Support", "family": "Courses"},
    ],
    "salesforce__opportunity_line_item": [
        {"id": "00k1", "opportunity_id": "006items", "product_2_id": "01tcourse", "total_price": 10},
        {"id": "00k2", "opportunity_id": "006biggest", "product_2_id": "01tcourse", "total_price": 10},
        {"id": "00k3", "opportunity_id": "006biggest", "product_2_id": "01tgold", "total_price": 11},
        {"id": "00k4", "opportunity_id": "006platform", "product_2_id": "01tunknown", "total_price": 99},
    ],
    "salesforce__opportunity_contact_role": [
        role("platform", "theo", "Business User", last_modified_date="2026-01-12", _modified_at="2026-01-12"),
        role("platform", "theo", "Economic Decision Maker", _modified_at="2026-01-20"),
        role("platform", "theo", "Other", _modified_at="2026-02-20"),
        role("renewal", "theo", "Influencer", _modified_at="2026-02-25"),
        role("platform", "sam", "Technische Bewertung"),
        role("platform", "two", "Champion"),
    ],
    "hubspot__form_submission": [
        form("theo@deal.example", "2026-02-20 09:00:00"),
        form("theo@deal.example", "2026-02-20 10:00:00"),
        form("theo@deal.example", "2026-01-31 23:00:00"),
        form("sam@deal.example", "2026-01-31 10:00:00"),
        form("boss@deal.example", "2026-01-30 23:59:00"),
        form("boss@deal.example", "2026-03-02 00:01:00"),
    ],
    "segment__pages": [
        {
            "id": f"p{number}",
            "user_id": "tina@deal.example",
            "timestamp": f"2026-02-{10 + number} 10:00:00",
            "path": "/",
        }
        for number in range(3)
    ],
}
TITLES = {
    "Geschäftsführende Gesellschafterin": ("c_level", "executive", "economic_buyer"),
    "Leiter Strategischer Einkauf": ("manager", "procurement", "procurement"),
    "Directrice générale adjointe": ("vp", "executive", "economic_buyer"),
    "Directeur général": ("c_level", "executive", "economic_buyer"),
    "Responsabile Ufficio Acquisti": ("manager", "procurement", "procurement"),
    "Amministratore Delegato": ("c_level", "executive", "economic_buyer"),
    "Diretor de Tecnologia da Informação": ("director", "it", "technical_evaluator"),
    "Gerente de Suprimentos": ("manager", "procurement", "procurement"),
    "Sócio-fundador": ("c_level", "executive", "economic_buyer"),
    "Verkställande direktör": ("c_level", "executive", "economic_buyer"),
    "Inköpschef": ("manager", "procurement", "procurement"),
    "Administrerende direktør": ("c_level", "executive", "economic_buyer"),
    "Økonomidirektør": ("director", "finance", "economic_buyer"),
    "Markedssjef": ("manager", "marketing", "champion"),
    "Systemudvikler": ("individual", "it", "technical_evaluator"),
    "Toimitusjohtaja": ("c_level", "executive", "economic_buyer"),
    "Ostopäällikkö": ("manager", "procurement", "procurement"),
    "Prezes Zarządu": ("c_level", "executive", "economic_buyer"),
    "Dyrektor ds. Zakupów": ("director", "procurement", "procurement"),
    "Główna Księgowa": (None, "finance", "user"),
    "Specjalista ds. sprzedaży": ("individual", "sales", "user"),
    "Obchodní ředitel": ("director", "sales", "champion"),
    "Генеральный директор": ("c_level", "executive", "economic_buyer"),
    "Начальник отдела закупок": ("manager", "procurement", "procurement"),
    "代表取締役社長": ("c_level", "executive", "economic_buyer"),
    "購買部長": ("director", "procurement", "procurement"),
    "情報システム部 マネージャー": ("manager", "it", "technical_evaluator"),
    "总经理": ("c_level", "executive", "economic_buyer"),
    "副总裁": ("vp", "executive", "economic_buyer"),
    "采购经理": ("manager", "procurement", "procurement"),
    "財務總監": ("director", "finance", "economic_buyer"),
    "구매팀장": ("manager", "procurement", "procurement"),
    "Genel Müdür": ("c_level", "executive", "economic_buyer"),
    "Verkoopmanager": ("manager", "sales", "champion"),
    "ITdirektör": ("director", "it", "technical_evaluator"),
    "Assistant to the Managing Director": ("individual", "executive", "user"),
}


def title_rows() -> list[Row]:
    return [person(f"t{number}", "titles", title) for number, title in enumerate(TITLES)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("buying_groups")
    contacts = [*ROWS["salesforce__contact"], *title_rows()]
    build_raw(path, {"night": [{"run_date": TONIGHT}]} | POLICY | ROWS | {"salesforce__contact": contacts})
    dbt_build(path, "staging identity core")
    return path


def groups(home: Path, account: str, columns: str) -> list[tuple[object, ...]]:
    return query(
        home,
        f"select {columns} from core.buying_groups inner join core.accounts using (account_id) "
        f"where salesforce_account_id = '001{account}' order by offering_id",
    ).rows()


def members(home: Path, account: str, offering: str, columns: str) -> dict[str, tuple[object, ...]]:
    found = query(
        home,
        f"select split_part(email, '@', 1), {columns} from core.buying_group_members as members "
        "inner join core.contacts using (contact_id) "
        "inner join core.accounts on members.account_id = accounts.account_id "
        f"where salesforce_account_id = '001{account}' and offering_id = '{offering}'",
    )
    return {str(name): tuple(rest) for name, *rest in found.iter_rows()}


def test_an_opportunity_belongs_to_the_offering_of_its_products_type_or_name(home: Path) -> None:
    found = dict(query(home, "select opportunity_id, offering_id from core.opportunities").rows())
    assert found == {
        "006platform": "platform",
        "006items": "training",
        "006renewal": "support",
        "006workshop": "training",
        "006biggest": "support",
        "006nobody": "platform",
    }


def test_a_group_per_account_and_offering(home: Path) -> None:
    assert [offering for (offering,) in groups(home, "deal", "offering_id")] == ["platform", "support", "training"]
    assert groups(home, "pair", "offering_id, count_open_opportunities") == [("platform", 0)]
    assert groups(home, "single", "offering_id") == []
    ids = query(home, "select buying_group_id, account_id, offering_id from core.buying_groups").rows()
    assert all(group == f"b_{account[2:]}_{offering}" for group, account, offering in ids)


def test_the_crm_names_roles_and_job_titles_suggest_the_others(home: Path) -> None:
    assert members(home, "deal", "platform", "role, role_source, role_opportunity_id, role_weight") == {
        "boss": ("economic_buyer", "job_title", None, 3),
        "theo": ("economic_buyer", "opportunity_contact_role", "006platform", 3),
        "tina": ("technical_evaluator", "job_title", None, 2),
        "sam": ("technical_evaluator", "opportunity_contact_role", "006platform", 2),
        "una": ("unknown", "none", None, 0),
    }


def test_a_role_in_the_offering_itself_speaks_before_another(home: Path) -> None:
    found = members(home, "deal", "support", "role, role_opportunity_id, role_weight")
    assert found["theo"] == ("champion", "006renewal", 1)
    assert found["sam"] == ("technical_evaluator", "006platform", 0)


def test_a_role_at_another_account_does_not_bring_a_member(home: Path) -> None:
    assert "two" not in members(home, "deal", "platform", "role")
    assert members(home, "pair", "platform", "role, role_source")["two"] == ("champion", "job_title")


def test_engagement_is_capped_per_activity_and_day_and_per_day(home: Path) -> None:
    assert members(home, "deal", "platform", "engagement_points, is_engaged") == {
        # 20 February: two forms are 40 points, of which the day's cap leaves 30; 31 January is the 30th day back
        "theo": (50.0, True),
        "sam": (20.0, True),
        "boss": (0.0, False),
        "tina": (0.3, False),
        "una": (0.0, False),
    }


def test_completeness_says_who_is_missing(home: Path) -> None:
    columns = (
        "completeness, engaged_completeness, missing_roles, engagement_points, count_members, count_engaged_members"
    )
    platform, support, training = groups(home, "deal", columns)
    # of weights 3 + 2 + 1: buyers are there, both technical evaluators, no user; of the evaluators one is engaged
    assert platform == (pytest.approx(5 / 6, abs=1e-6), pytest.approx(4 / 6, abs=1e-6), "user", 70.3, 5, 2)
    assert support[:3] == (1.0, 1.0, "")
    assert training[:3] == (0.0, 0.0, "champion")
    (pair,) = groups(home, "pair", columns)
    assert pair[:3] == (0.0, 0.0, "economic_buyer,technical_evaluator,user")


def test_a_deal_without_known_people_misses_everybody(home: Path) -> None:
    columns = "completeness, missing_roles, count_members, count_open_opportunities, open_amount_cents"
    assert groups(home, "empty", columns) == [(0.0, "economic_buyer,technical_evaluator,user", 0, 1, 1000)]


def test_job_titles_in_many_languages_suggest_a_role(home: Path) -> None:
    found = query(
        home,
        "select title, nullif(job_level, 'unknown'), nullif(nullif(job_function, 'unknown'), 'other'), role "
        "from core.buying_group_members inner join core.contacts using (contact_id) where email like '%titles.example'",
    )
    assert {title: (level, function, role) for title, level, function, role in found.iter_rows()} == TITLES
