"""Stages made anew for some contacts only are those of a full build, whatever the nights bring."""

import copy
from pathlib import Path

import pytest

from tests.dbt.known_facts import STAGING, build_known_facts, execute, replace_known_facts
from tests.dbt.test_lifecycle import FACTS, OFFERINGS, Row, activity, outcome
from tests.dbt.warehouse import dbt_build, query

TABLES = ("engagement_points", "customer_periods", "account_stages", "buying_group_stages", "contact_stages",
          "stage_velocity")  # fmt: skip
Facts = dict[str, list[Row]]


def without(rows: list[Row], **of: object) -> list[Row]:
    return [row for row in rows if not all(row.get(name) == value for name, value in of.items())]


def second_night(facts: Facts) -> None:
    """Somebody is active, a meeting of long ago is found, people leave, join and move, a deal is won."""
    facts["core.activities"] += [
        activity("cleo", "c", "2026-06-15 12:00:00", "form_submission"),
        activity("colleague", "e", "2026-02-01 12:00:00", "meeting"),
        activity("newcomer", "a", "2026-06-15 13:00:00", "reply"),
    ]
    facts["core.contacts"] = without(facts["core.contacts"], contact_id="eve")
    facts["core.contacts"] = without(facts["core.contacts"], contact_id="bob")
    facts["core.contacts"] += [
        {"contact_id": "newcomer", "account_id": "a", "created_at": "2026-06-15"},
        {"contact_id": "bob", "account_id": "a", "created_at": "2025-01-01"},
    ]
    facts["core.opportunities"] = without(facts["core.opportunities"], opportunity_id="o4")
    facts["core.opportunities"] += [
        {"opportunity_id": "o4", "account_id": "f", "offering_id": "default", "created_at": "2026-05-10",
         "closed_at": "2026-06-15", "is_closed": True, "is_won": True},
    ]  # fmt: skip
    facts["core.outcomes"].append(outcome(None, "f", "2026-06-15", "opportunity_won"))


def third_night(facts: Facts) -> None:
    """An opportunity and a purchase are taken back; nothing else but time."""
    facts["core.opportunities"] = without(facts["core.opportunities"], opportunity_id="o1")
    facts["core.int_opportunity_roles"] = without(facts["core.int_opportunity_roles"], opportunity_id="o1")
    facts["core.outcomes"] = without(facts["core.outcomes"], contact_id="dora")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nights")


def build_night(home: Path, night: str, facts: Facts) -> None:
    replace_known_facts(home, night, facts)
    dbt_build(home, f"{STAGING} lifecycle")


def assert_as_built_in_full(home: Path, fresh: Path, night: str, facts: Facts) -> None:
    build_known_facts(fresh, night, facts | {"policy_offerings": OFFERINGS})
    dbt_build(fresh, f"{STAGING} lifecycle")
    for table in TABLES:
        sql = f"select * from lifecycle.{table} order by all"
        assert query(home, sql).equals(query(fresh, sql)), (night, table)


def test_nights_give_what_a_full_build_gives(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    facts = copy.deepcopy(FACTS)
    build_known_facts(home, "2026-06-15", facts | {"policy_offerings": OFFERINGS})
    dbt_build(home, f"{STAGING} lifecycle")
    second_night(facts)
    build_night(home, "2026-07-02", facts)
    # a night before the last one
    third_night(facts)
    build_night(home, "2026-06-25", facts)
    assert_as_built_in_full(home, tmp_path_factory.mktemp("fresh"), "2026-06-25", facts)

    # the night after touches nobody but of whom something is new, and customers
    facts["core.activities"].append(activity("future", None, "2026-06-25 10:00:00", "reply"))
    execute(home, "update lifecycle.contact_stages set previous_stage = 'as it was'")
    build_night(home, "2026-06-26", facts)
    inputs = "select contact_id from lifecycle.int_stage_inputs where is_changed or is_due order by 1"
    assert query(home, inputs).rows() == [("future",)]
    left = "select distinct contact_id from lifecycle.contact_stages where previous_stage = 'as it was' order by 1"
    assert query(home, left).rows() == [("ann",), ("bob",), ("colleague",), ("dora",), ("moved",), ("newcomer",)]
