"""The history of stages follows from dated facts."""

from pathlib import Path

import pytest

from tests.dbt.known_facts import STAGING, build_known_facts
from tests.dbt.warehouse import dbt_build, query

Row = dict[str, object]


def activity(contact_id: str, account_id: str | None, occurred_at: str, kind: str) -> Row:
    return {
        "activity_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": account_id,
        "occurred_at": occurred_at, "activity": kind,
    }  # fmt: skip


def outcome(contact_id: str | None, account_id: str | None, occurred_at: str, kind: str) -> Row:
    return {
        "outcome_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": account_id,
        "occurred_at": occurred_at, "outcome": kind,
    }  # fmt: skip


FACTS: dict[str, list[Row]] = {
    "core.accounts": [
        {"account_id": "a", "created_at": "2026-01-01"},
        {"account_id": "b", "created_at": "2025-01-01"},
        {"account_id": "c", "created_at": "2025-06-01"},
        {"account_id": "quiet"},
        {"account_id": "e", "created_at": "2026-01-01"},
        {"account_id": "f", "created_at": "2026-01-01"},
    ],
    "core.contacts": [
        {"contact_id": "ann", "account_id": "a", "created_at": "2026-01-01"},
        {"contact_id": "bob", "account_id": "b", "created_at": "2025-01-01"},
        {"contact_id": "cleo", "account_id": "c", "created_at": "2026-01-01"},
        {"contact_id": "dora", "created_at": "2026-02-01"},
        {"contact_id": "eve", "account_id": "e", "created_at": "2026-01-01"},
        {"contact_id": "colleague", "account_id": "e", "created_at": "2026-01-01"},
        {"contact_id": "moved", "account_id": "a", "created_at": "2026-01-01"},
        {"contact_id": "future", "created_at": "2026-06-15 09:00:00"},
    ],
    "core.activities": [
        activity("ann", "a", "2026-02-01 10:00:00", "page_view"),
        # 3 × 20 points, of which the daily cap leaves 40: not yet an mql
        activity("ann", "a", "2026-04-01 08:00:00", "form_submission"),
        activity("ann", "a", "2026-04-01 09:00:00", "form_submission"),
        activity("ann", "a", "2026-04-01 10:00:00", "form_submission"),
        activity("ann", "a", "2026-04-02 09:00:00", "form_submission"),
        activity("ann", "a", "2026-04-10 15:00:00", "meeting"),
        activity("bob", "b", "2026-02-01 12:00:00", "page_view"),
        activity("cleo", "c", "2026-05-01 12:00:00", "page_view"),
        # of the night's own day: not yet known to have happened
        activity("dora", None, "2026-06-15 08:00:00", "meeting"),
    ],
    "core.touches": [
        {"touch_id": "t1", "contact_id": "ann", "occurred_at": "2026-04-03 16:00:00", "channel": "call",
         "direction": "outbound"},
    ],
    "core.opportunities": [
        {"opportunity_id": "o1", "account_id": "a", "offering_id": "default", "created_at": "2026-04-20",
         "closed_at": "2026-05-05", "is_closed": True, "is_won": False},
        {"opportunity_id": "o2", "account_id": "e", "offering_id": "default", "created_at": "2026-05-01",
         "is_closed": False, "is_won": False},
        {"opportunity_id": "o3", "account_id": "f", "offering_id": "addon", "created_at": "2026-03-01",
         "closed_at": "2026-04-01", "is_closed": True, "is_won": True},
        {"opportunity_id": "o4", "account_id": "f", "offering_id": "default", "created_at": "2026-05-10",
         "is_closed": False, "is_won": False},
    ],
    "core.outcomes": [
        outcome("ann", "a", "2026-04-20", "opportunity_created"),
        outcome(None, "b", "2025-06-01", "invoice_paid"),
        outcome(None, "f", "2026-04-01", "opportunity_won"),
        outcome(None, "c", "2026-01-10", "opportunity_won"),
        outcome(None, "c", "2026-03-01", "churn"),
        outcome("dora", None, "2026-03-01", "purchase"),
        outcome("eve", "e", "2026-05-01", "opportunity_created"),
    ],
    "core.int_opportunity_roles": [
        {"opportunity_id": "o1", "contact_id": "ann"},
        {"opportunity_id": "o2", "contact_id": "eve"},
        {"opportunity_id": "o2", "contact_id": "moved"},
    ],
    "core.buying_groups": [
        {"buying_group_id": "g", "account_id": "a", "offering_id": "default"},
        {"buying_group_id": "paying", "account_id": "b", "offering_id": "default"},
        {"buying_group_id": "f_default", "account_id": "f", "offering_id": "default"},
        {"buying_group_id": "f_addon", "account_id": "f", "offering_id": "addon"},
    ],
    "core.buying_group_members": [
        {"buying_group_id": "g", "account_id": "a", "contact_id": "ann", "role": "user", "role_source": "job_title"}
    ],
}  # fmt: skip


OFFERINGS: list[Row] = [
    {"offering_id": "default", "name": "Default", "is_default": True},
    {"offering_id": "addon", "name": "Add-on", "is_default": False},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lifecycle")
    build_known_facts(home, "2026-06-15", FACTS | {"policy_offerings": OFFERINGS})
    dbt_build(home, f"{STAGING} lifecycle")
    return home


def history(home: Path, entity: str, entity_id: str) -> list[tuple[str, str]]:
    """The stages of an entity with the moment of entry, oldest first; checks that each ends as the next begins."""
    where = f"where {entity}_id = '{entity_id}' order by entered_at"
    rows = query(home, f"select stage, entered_at, left_at from lifecycle.{entity}_stages {where}").rows()
    entries = [entered_at for _, entered_at, _ in rows]
    assert [left_at for _, _, left_at in rows] == [*entries[1:], None]
    return [(stage, f"{entered_at:%Y-%m-%d %H:%M}") for stage, entered_at, _ in rows]


def test_a_contact_moves_up_by_facts_and_back_when_they_age(home: Path) -> None:
    assert history(home, "contact", "ann") == [
        ("lead", "2026-01-01 00:00"),
        ("engaged", "2026-02-01 10:00"),
        ("lead", "2026-03-03 10:00"),
        ("engaged", "2026-04-01 10:00"),
        ("mql", "2026-04-02 09:00"),
        ("sal", "2026-04-03 16:00"),
        ("sql", "2026-04-10 15:00"),
        ("sqo", "2026-04-20 00:00"),
        ("sql", "2026-05-05 00:00"),
        ("lead", "2026-05-10 15:00"),
    ]


def test_an_account_follows_its_people_and_opportunities(home: Path) -> None:
    assert history(home, "account", "a") == [
        ("target", "2026-01-01 00:00"),
        ("engaged", "2026-04-02 09:00"),
        ("opportunity", "2026-04-20 00:00"),
        ("target", "2026-05-05 00:00"),
    ]


def test_a_buying_group_follows_its_account(home: Path) -> None:
    assert [stage for stage, _ in history(home, "buying_group", "g")] == [
        "identified", "engaged", "opportunity", "identified"
    ]  # fmt: skip


def test_a_buying_group_buys_its_own_offering(home: Path) -> None:
    assert history(home, "account", "f") == [
        ("target", "2026-01-01 00:00"), ("opportunity", "2026-03-01 00:00"), ("customer", "2026-04-01 00:00"),
        ("at_risk", "2026-05-31 00:00"),
    ]  # fmt: skip
    assert history(home, "buying_group", "f_addon") == [
        ("identified", "2026-01-01 00:00"), ("opportunity", "2026-03-01 00:00"), ("customer", "2026-04-01 00:00"),
        ("at_risk", "2026-05-31 00:00"),
    ]  # fmt: skip
    assert history(home, "buying_group", "f_default") == [
        ("identified", "2026-01-01 00:00"), ("opportunity", "2026-05-10 00:00")
    ]  # fmt: skip


def test_a_silent_customer_is_at_risk_lapses_and_comes_back_with_a_sign(home: Path) -> None:
    expected = [
        ("customer", "2025-06-01 00:00"),
        ("at_risk", "2025-07-31 00:00"),
        ("lapsed", "2025-11-28 00:00"),
        ("customer", "2026-02-01 12:00"),
        ("at_risk", "2026-04-02 12:00"),
    ]
    assert history(home, "account", "b") == [("target", "2025-01-01 00:00"), *expected]
    assert history(home, "buying_group", "paying") == [("identified", "2025-01-01 00:00"), *expected]
    assert history(home, "contact", "bob") == [("lead", "2025-01-01 00:00"), *expected]


def test_churn_ends_a_customer_whatever_its_people_do(home: Path) -> None:
    assert history(home, "account", "c") == [
        ("target", "2025-06-01 00:00"),
        ("customer", "2026-01-10 00:00"),
        ("lapsed", "2026-03-01 00:00"),
    ]
    assert history(home, "contact", "cleo") == [
        ("lead", "2026-01-01 00:00"),
        ("customer", "2026-01-10 00:00"),
        ("lapsed", "2026-03-01 00:00"),
        ("engaged", "2026-05-01 12:00"),
        ("lapsed", "2026-05-31 12:00"),
    ]


def test_a_contact_without_account_is_a_customer_by_its_own_purchase(home: Path) -> None:
    assert history(home, "contact", "dora") == [
        ("lead", "2026-02-01 00:00"), ("customer", "2026-03-01 00:00"), ("at_risk", "2026-04-30 00:00")
    ]  # fmt: skip


def test_an_opportunity_counts_as_long_as_it_is_open(home: Path) -> None:
    assert history(home, "account", "e") == [("target", "2026-01-01 00:00"), ("opportunity", "2026-05-01 00:00")]
    assert history(home, "contact", "eve") == [("lead", "2026-01-01 00:00"), ("sqo", "2026-05-01 00:00")]
    assert history(home, "contact", "colleague") == [("lead", "2026-01-01 00:00")]


def test_a_role_in_a_deal_of_a_former_company_makes_no_sqo(home: Path) -> None:
    assert history(home, "contact", "moved") == [("lead", "2026-01-01 00:00")]


def test_each_entry_tells_where_it_came_from_and_how_long_it_lasted(home: Path) -> None:
    found = query(
        home,
        "select stage, previous_stage, is_backward, days_in_stage from lifecycle.account_stages where account_id = 'a' "
        "order by entered_at",
    ).rows()
    assert found == [
        ("target", None, False, 91.38),
        ("engaged", "target", False, 17.63),
        ("opportunity", "engaged", False, 15.0),
        ("target", "opportunity", True, 41.0),
    ]
    of_unknown_begin = "select days_in_stage from lifecycle.account_stages where account_id = 'quiet'"
    assert query(home, of_unknown_begin).rows() == [(None,)]


def test_velocity_is_the_median_of_the_days_before_each_step(home: Path) -> None:
    found = query(
        home,
        "select is_backward, count_transitions, count_entities, median_days, mean_days, count_transitions_90d "
        "from lifecycle.stage_velocity where entity = 'account' and from_stage = 'target' and to_stage = 'opportunity'",
    ).rows()
    # e waited 120 days (of 2026), f 59
    assert found == [(False, 2, 2, 89.5, 89.5, 1)]
    counted = "select sum(count_transitions) from lifecycle.stage_velocity where entity = 'contact'"
    entries = "select count(*) from lifecycle.contact_stages where previous_stage is not null"
    assert query(home, counted).item() == query(home, entries).item()


def test_definitions_come_from_policy(tmp_path: Path) -> None:
    """Others than packaged: fewer stages, alternatives, what must not hold, and stages that follow from others."""
    conditions = [
        ("account", "customer", 1, "is_customer", "true"),
        ("account", "engaged", 1, "points", "20.0"),
        ("account", "engaged", 1, "is_customer", "false"),
        ("account", "engaged", 2, "calls", "1"),
        ("buying_group", "engaged", 1, "account_stages", "engaged,customer"),
        ("contact", "customer", 1, "account_stages", "customer"),
        ("contact", "sql", 1, "buying_group_stages", "engaged"),
        ("contact", "sql", 1, "meetings", "1"),
        ("contact", "engaged", 1, "buying_group_stages", "engaged"),
    ]
    stages = {
        "account": ["customer", "engaged", "target"],
        "buying_group": ["engaged", "identified"],
        "contact": ["customer", "sql", "engaged", "lead"],
    }
    policy = {
        "policy_stages": [
            {"entity": entity, "stage": stage, "place": place, "rank": 9 - place}
            for entity, names in stages.items()
            for place, stage in enumerate(names, 1)
        ],
        "policy_stage_conditions": [
            dict(zip(("entity", "stage", "alternative", "measure", "value"), row, strict=True)) for row in conditions
        ],
    }
    build_known_facts(tmp_path, "2026-06-15", FACTS | policy | {"policy_offerings": OFFERINGS})
    dbt_build(tmp_path, f"{STAGING} lifecycle")
    assert history(tmp_path, "account", "a") == [
        ("target", "2026-01-01 00:00"),
        ("engaged", "2026-04-01 10:00"),
        ("target", "2026-05-10 15:00"),
    ]
    assert [stage for stage, _ in history(tmp_path, "buying_group", "g")] == ["identified", "engaged", "identified"]
    assert history(tmp_path, "contact", "ann") == [
        ("lead", "2026-01-01 00:00"),
        ("engaged", "2026-04-01 10:00"),
        ("sql", "2026-04-10 15:00"),
        ("lead", "2026-05-10 15:00"),
    ]
    assert [stage for stage, _ in history(tmp_path, "contact", "bob")] == ["lead", "customer", "lead", "customer"]


def test_everybody_has_a_stage(home: Path) -> None:
    assert history(home, "contact", "future") == [("lead", "2026-06-15 09:00")]
    assert history(home, "account", "quiet") == [("target", "1970-01-01 00:00")]
