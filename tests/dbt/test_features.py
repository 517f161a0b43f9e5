"""Features are what was known before a day, and stay so; labels and choices count what could be observed."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.dbt.known_facts import STAGING, build_known_facts, execute
from tests.dbt.warehouse import dbt_build, query

NIGHT, LATER = "2026-06-15", "2026-07-15"
SELECTION = f"{STAGING} lifecycle features"

Row = dict[str, object]


def activity(contact_id: str, occurred_at: str, kind: str = "email_open", account_id: str | None = "a") -> Row:
    return {
        "activity_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": account_id,
        "occurred_at": occurred_at, "activity": kind,
    }  # fmt: skip


def touch(contact_id: str, occurred_at: str, channel: str = "email", **others: object) -> Row:
    return {
        "touch_id": f"{contact_id}{occurred_at}{channel}", "contact_id": contact_id, "account_id": "a",
        "occurred_at": occurred_at, "channel": channel, "direction": "outbound",
    } | others  # fmt: skip


def outcome(contact_id: str | None, occurred_at: str, kind: str, value_cents: int | None = None) -> Row:
    return {
        "outcome_id": f"{contact_id}{occurred_at}{kind}", "contact_id": contact_id, "account_id": "a",
        "occurred_at": occurred_at, "outcome": kind, "value_cents": value_cents,
    }  # fmt: skip


def decision(contact_id: str, run_date: str, arm: str = "model", action_id: str | None = "mail") -> Row:
    return {
        "decision_id": f"{contact_id}-{run_date}", "contact_id": contact_id, "run_date": run_date, "arm": arm,
        "action_id": action_id, "action_probability": 0.5, "approval_status": "not_needed",
        "autonomy_mode": "autonomous",
    }  # fmt: skip


PEOPLE: dict[str, list[Row]] = {
    "core.accounts": [{"account_id": "a", "created_at": "2025-01-01", "industry": "software", "count_employees": 99}],
    "core.contacts": [
        {"contact_id": "ann", "account_id": "a", "created_at": "2026-01-01", "has_objected": False, "phone_e164": "+1",
         "job_level": "vp", "traits": '{"plan": "pro"}'},
        {"contact_id": "bob", "account_id": "a", "created_at": "2026-05-20", "has_objected": False},
        {"contact_id": "cleo", "created_at": "2026-06-15 07:00:00", "has_objected": False},
        {"contact_id": "objector", "created_at": "2026-01-01", "has_objected": True},
    ],
    "core.buying_groups": [
        {"buying_group_id": "g", "account_id": "a", "offering_id": "default", "completeness": 0.5,
         "missing_roles": "user"},
    ],
    "core.buying_group_members": [
        {"buying_group_id": "g", "account_id": "a", "contact_id": "ann", "role": "champion", "role_weight": 3},
        {"buying_group_id": "g", "account_id": "a", "contact_id": "bob", "role": "economic_buyer", "role_weight": 1},
        {"buying_group_id": "g", "account_id": "a", "contact_id": "objector", "role": "user", "role_weight": 1},
    ],
}  # fmt: skip
PAST: dict[str, list[Row]] = {
    "core.activities": [
        *(activity("ann", f"{day} 12:00:00") for day in (
            "2026-06-14", "2026-06-08", "2026-06-07", "2026-05-16", "2026-05-15", "2026-03-17", "2026-03-16",
        )),
        activity("ann", "2026-05-20 12:00:00", "pricing_view"),
        activity("bob", "2026-06-01 12:00:00", "meeting"),
    ],
    "core.touches": [
        touch("ann", "2026-06-13 08:00:00"),
        touch("ann", "2026-06-01 08:00:00", "call"),
        touch("ann", "2026-06-02 08:00:00", direction="inbound"),
        touch("ann", "2026-06-10 09:00:00", decision_id="ann-2026-06-10", action_id="mail"),
        touch("objector", "2026-06-10 09:00:00", decision_id="objector-2026-06-10", action_id="mail"),
    ],
    "core.opportunities": [
        {"opportunity_id": "won", "account_id": "a", "created_at": "2026-01-10", "closed_at": "2026-06-05",
         "is_closed": True, "is_won": True, "amount_cents": 500_000},
        {"opportunity_id": "open", "account_id": "a", "offering_id": "default", "created_at": "2026-06-01",
         "closed_at": "2026-06-20", "is_closed": True, "is_won": False},
    ],
    "core.outcomes": [
        outcome("ann", "2026-05-03 10:00:00", "reply"),
        outcome("ann", "2026-06-08 00:00:00", "reply"),
        outcome("bob", "2026-06-07 23:00:00", "reply"),
        outcome("ann", "2026-06-12 10:00:00", "reply", 700),
        outcome("ann", "2026-06-05 00:00:00", "opportunity_won", 500_000),
        outcome("objector", "2026-06-12 10:00:00", "reply", 900),
        outcome(None, "2026-05-09 10:00:00", "opportunity_created"),
    ],
    "ledger_decisions": [
        decision("ann", "2026-06-10"),
        decision("objector", "2026-06-10"),
        decision("bob", "2026-06-10", "random_control"),      # never delivered
        decision("bob", "2026-06-11", "model", None) | {"eligible_action_ids": ["call", "mail"]},
        decision("ann", "2026-06-11", "business_as_usual", None),
        decision("gone", "2026-06-12", "holdout", None) | {"eligible_action_ids": []},  # merged into ann
    ],
    "identity.contact_merges": [{"old_contact_id": "gone", "contact_id": "ann"}],
    "identity.emails": [
        {"email_normalised": "bob@example.com", "contact_id": "bob"},
        {"email_normalised": "no@example.com", "contact_id": "objector"},
    ],
    "experiment__assignment": [
        {"id": "e3", "experiment_id": "autumn", "email": "no@example.com", "action": "call", "probability": 0.25,
         "assigned_at": "2026-05-03 10:00:00"},
        {"id": "e1", "email": "Bob@example.com", "action": "mail", "probability": 0.33,
         "assigned_at": "2026-05-02 10:00:00"},
        *({"id": f"e2{action}", "experiment_id": "autumn", "email": email, "action": action, "probability": 0.25,
           "assigned_at": "2026-05-03 10:00:00"}
          for email, action in (("bob@example.com", "none"), ("x@example.com", "mail"), ("y@example.com", "call"))),
    ],
}  # fmt: skip
AFTERWARDS: dict[str, list[Row]] = {
    "core.activities": [activity("ann", "2026-06-15 00:00:00"), activity("bob", "2026-07-01 12:00:00", "page_view")],
    "core.touches": [touch("ann", "2026-06-15 09:00:00"), touch("bob", "2026-06-20 09:00:00", "ads")],
    "core.opportunities": [
        {"opportunity_id": "new", "account_id": "a", "created_at": "2026-06-15", "is_closed": False, "is_won": False}
    ],
    "core.outcomes": [outcome("ann", "2026-06-15 00:00:00", "invoice_paid", 900)],
    "ledger_decisions": [decision("ann", NIGHT)],
}


def together(*facts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {table: [row for of in facts for row in of.get(table, [])] for table in set().union(*facts)}


def features(home: Path, as_of_date: str) -> pl.DataFrame:
    return query(home, f"select * from features.contact_features where as_of_date = '{as_of_date}' order by contact_id")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("night")
    build_known_facts(home, NIGHT, together(PEOPLE, PAST, AFTERWARDS))
    dbt_build(home, SELECTION)
    return home


@pytest.fixture(scope="module")
def ann(night: Path) -> Row:
    return features(night, NIGHT).row(0, named=True)


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ("count_email_open_7d", 2),
        ("count_email_open_30d", 4),
        ("count_email_open_90d", 6),
        ("days_since_email_open", 1),
        ("count_pricing_view_7d", 0),
        ("count_pricing_view_30d", 1),
        ("days_since_reply", None),
        ("count_activities_30d", 5),
        ("count_activities_30d_before", 1),
        ("count_touches_email_7d", 2),
        ("count_touches_call_30d", 1),
        ("count_touches_30d", 3),
        ("days_since_touch", 2),
        ("account_count_contacts", 2),
        ("account_count_active_contacts_30d", 2),
        ("account_count_activities_30d", 6),
        ("account_momentum_30d", 3.5),
        ("account_days_since_activity", 1),
        ("count_open_opportunities", 1),
        ("days_since_open_opportunity", 14),
        ("count_won_opportunities", 1),
        ("count_lost_opportunities", 0),
        ("days_since_won_opportunity", 10),
        ("count_payments", 0),
        ("days_since_created", 165),
        ("contact_stage", "customer"),
        ("account_stage", "customer"),
        ("is_account_at_risk", False),
        ("job_level", "vp"),
        ("industry", "software"),
        ("has_phone", True),
        ("traits", '{"plan": "pro"}'),
        ("count_session_30d", 1),
        ("trend_email_open_30d", 2.5),
        ("count_active_days_30d", 5),
        ("count_product_days_30d", 0),
        ("days_since_response", None),
        ("count_touches_since_response", 3),
        ("ignored_touch_share_91d", 0.0),
        ("days_in_contact_stage", 10),
        ("days_in_account_stage", 10),
        ("has_fallen_back", False),
    ],
)
def test_features_count_only_what_came_before(ann: Row, feature: str, value: object) -> None:
    assert ann[feature] == value


def test_accounts_and_buying_groups_add_up_their_people(night: Path) -> None:
    counts = "count_activities_30d, momentum_30d, count_touches_30d, count_meeting_30d, count_open_opportunities"
    sql = f"select count_contacts, count_active_contacts_30d, {counts} from features.account_features"
    assert query(night, f"{sql} where as_of_date = '{NIGHT}'").rows() == [(2, 2, 6, 3.5, 3, 1, 1)]
    sql = f"select count_members, count_missing_roles, has_active_champion_30d, active_role_weight_share_30d, {counts}"
    groups = query(night, f"{sql} from features.buying_group_features where as_of_date = '{NIGHT}'")
    assert groups.rows() == [(2, 1, True, 1.0, 6, 3.5, 3, 1, 1)]


def test_log_of_employees(ann: Row) -> None:
    assert ann["log_count_employees"] == pytest.approx(4.60517)


def test_features_as_of_a_day_are_the_same_a_month_later(night: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every column: nothing that happened on the day itself or later may show in it."""
    later = tmp_path_factory.mktemp("later")
    build_known_facts(later, LATER, together(PEOPLE, PAST, AFTERWARDS))
    dbt_build(later, SELECTION)
    known_by_the_day = pl.col("contact_id").is_in(["ann", "bob"])
    assert_frame_equal(features(night, NIGHT).filter(known_by_the_day), features(later, NIGHT))
    assert_frame_equal(features(night, "2026-06-01"), features(later, "2026-06-01"))


def test_rows_are_for_tonight_month_starts_and_past_choices(night: Path) -> None:
    dates = query(night, "select as_of_date, count(*) from features.contact_features group by 1 order by 1").rows()
    assert [(str(day), count) for day, count in dates] == [
        ("2026-03-01", 1), ("2026-04-01", 1), ("2026-05-01", 1), ("2026-05-02", 1), ("2026-05-03", 1),
        ("2026-06-01", 2), ("2026-06-10", 2), ("2026-06-11", 2), ("2026-06-12", 2), (NIGHT, 3),
    ]  # fmt: skip


def test_labels_wait_for_their_horizon(night: Path) -> None:
    rows = query(night, "select as_of_date, goal_id, contact_id, is_reached from features.propensity_labels").rows()
    labels = {(str(day), goal, contact): is_reached for day, goal, contact, is_reached in rows}
    assert labels["2026-05-01", "reply", "ann"] == 1
    assert labels["2026-06-01", "reply", "bob"] == 1  # within the last hour of the horizon
    assert labels["2026-06-01", "reply", "ann"] == 0  # the moment after it
    assert ("2026-06-01", "opportunity", "ann") not in labels
    assert ("2026-05-01", "opportunity", "ann") in labels


def test_choices_are_those_that_reached_the_contact(night: Path) -> None:
    sql = "select contact_id, decided_on, action_id, action_probability, arm, source from features.logged_choices"
    assert {(contact, str(day), *others) for contact, day, *others in query(night, sql).rows()} == {
        ("ann", "2026-06-10", "mail", 0.5, "model", "ledger"),
        ("bob", "2026-06-11", "none", 0.5, "model", "ledger"),
        ("ann", "2026-06-12", "none", 0.5, "holdout", "ledger"),
        ("bob", "2026-05-02", "mail", 0.33, "experiment", "experiment"),
        ("bob", "2026-05-03", "none", 0.25, "experiment", "experiment"),
    }


@pytest.mark.parametrize("table", ["contact_features", "propensity_labels", "logged_choices", "choice_outcomes"])
def test_who_objected_is_in_nothing_that_models_learn_from(night: Path, table: str) -> None:
    """Although they got a message, answered it, and took part in an experiment."""
    assert query(night, f"select count(*) from features.{table} where contact_id = 'objector'").item() == 0
    assert query(night, f"select count(*) from features.{table}").item() > 0


def test_a_choice_knows_what_it_was_made_from(night: Path) -> None:
    """Null where the decision was made before that was logged."""
    sql = "select contact_id, decided_on, eligible_action_ids from features.logged_choices"
    assert {(contact, str(day)): eligible for contact, day, eligible in query(night, sql).rows()} == {
        ("ann", "2026-06-10"): None,
        ("bob", "2026-06-11"): ["call", "mail"],
        ("ann", "2026-06-12"): [],
        ("bob", "2026-05-02"): ["mail"],
        ("bob", "2026-05-03"): ["call", "mail"],
    }


def test_outcomes_of_choices_count_within_the_horizon(night: Path) -> None:
    sql = "select contact_id, decided_on, goal_id, is_reached, value_cents, is_matured from features.choice_outcomes"
    rows = {(contact, str(day), goal): tuple(others) for contact, day, goal, *others in query(night, sql).rows()}
    assert len(rows) == 5 * 3
    assert rows["ann", "2026-06-10", "reply"] == (1, 700.0, False)
    assert rows["ann", "2026-06-10", "meeting"] == (0, 0.0, False)
    assert rows["bob", "2026-05-02", "reply"] == (0, 0.0, True)


def test_what_an_account_reaches_its_people_reach_and_when(night: Path) -> None:
    """Where the outcome names nobody; and the days until the first time."""
    sql = "select goal_id, days_to_outcome from {} and is_reached = 1 order by goal_id"
    labels = "features.propensity_labels where contact_id = 'ann' and as_of_date = date '2026-05-01'"
    assert query(night, sql.format(labels)).rows() == [("opportunity", 8), ("reply", 2)]
    choices = "features.choice_outcomes where contact_id = 'bob' and decided_on = date '2026-05-02'"
    assert query(night, sql.format(choices)).rows() == [("opportunity", 7)]


def test_the_night_again_renews_its_own_rows_and_keeps_the_others(night: Path) -> None:
    before = features(night, "2026-06-01")
    execute(
        night,
        "insert into core.activities by name select 'late' as activity_id, 'bob' as contact_id, 'a' as account_id,"
        " timestamp '2026-05-25' as occurred_at, 'email_open' as activity, date '2026-06-15' as known_on",
        "update core.contacts set has_objected = true where contact_id = 'cleo'",
    )
    dbt_build(night, SELECTION)
    tonight = features(night, NIGHT)
    assert_frame_equal(features(night, "2026-06-01"), before)
    assert tonight["contact_id"].to_list() == ["ann", "bob"]
    assert tonight["count_email_open_30d"].to_list() == [4, 1]
    choices = query(
        night, "select count(*), count(distinct (contact_id, decided_on, goal_id)) from features.choice_outcomes"
    )
    assert choices.row(0) == (15, 15)
