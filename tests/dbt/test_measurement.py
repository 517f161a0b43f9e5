"""Statistics of the arms: whole, exact, and of all units; and that a home without any data builds."""

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.dbt.known_facts import GOALS, STAGING, build_known_facts
from tests.dbt.warehouse import dbt_build, query

NIGHT = np.datetime64("2026-06-15")
ARMS = ("model", "random_control", "business_as_usual", "holdout")

Row = dict[str, object]


def random_market(seed: int) -> dict[str, list[Row]]:
    """60 units with arms, a third of them contacts without account, and 400 outcomes before and after assignment."""
    random = np.random.default_rng(seed)
    arms = [
        {
            "unit_id": f"u{unit}",
            "arm": ARMS[random.integers(4)],
            "assigned_on": str(NIGHT - int(random.integers(0, 60))),
        }
        for unit in range(60)
    ]
    outcomes = []
    for number in range(400):
        unit = int(random.integers(65))  # the last five have no arm
        is_account = unit % 3 > 0
        outcomes.append({
            "outcome_id": f"x{number}",
            "contact_id": f"c{unit}_{random.integers(3)}" if is_account else f"u{unit}",
            "account_id": f"u{unit}" if is_account else None,
            "outcome": ("reply", "meeting", "opportunity_created", "site_visit")[random.integers(4)],
            "occurred_at": f"{NIGHT - int(random.integers(-3, 100))} 0{random.integers(10)}:00:00",
        })  # fmt: skip
    return {"decisioning.arms": arms, "core.outcomes": outcomes}


MARKET = random_market(seed=5)
# one opportunity, three roles
ROLES = [
    {"outcome_id": f"role{number}", "contact_id": f"r{number}", "account_id": "u1", "outcome": "opportunity_created",
     "occurred_at": "2026-06-14 23:30:00"}
    for number in range(3)
]  # fmt: skip


# reply runs; meeting's days are over; opportunity's begin tomorrow
TARGETS: dict[str, Row] = {
    "reply": {"target": 500, "target_since": "2026-06-01", "target_by": "2026-06-30"},
    "meeting": {"target": 3, "target_since": "2026-04-01", "target_by": "2026-06-10"},
    "opportunity": {"target": 2, "target_since": "2026-06-16", "target_by": "2026-06-20"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("measurement")
    decisions = [
        {"decision_id": "1", "run_date": "2026-06-14", "arm": "model", "action_id": "mail", "expected_value": 3.5,
         "cost": 2.0, "approval_status": "not_needed", "autonomy_mode": "autonomous"},
        {"decision_id": "2", "run_date": "2026-06-14", "arm": "model", "action_id": "mail", "expected_value": 1.0,
         "cost": 2.0, "approval_status": "pending", "autonomy_mode": "assisted"},
        {"decision_id": "3", "run_date": "2026-06-14", "arm": "model", "autonomy_mode": None},
    ]  # fmt: skip
    tonight = [
        {"decision_id": f"n{status}", "contact_id": "c", "action_id": "mail", "goal_id": "reply", "uplift": 0.25,
         "approval_status": status, "autonomy_mode": "supervised"}
        for status in ("not_needed", "approved", "pending")
    ]  # fmt: skip
    facts: dict[str, list[Row]] = MARKET | {
        "policy_goals": [{**goal, **TARGETS.get(str(goal["goal_id"]), {})} for goal in GOALS],
        "decisioning.contact_scores": [
            {"contact_id": f"s{i}", "goal_id": "reply", "propensity": 0.7} for i in range(5)
        ],
        "decisioning.next_best_action": tonight,
        "core.outcomes": MARKET["core.outcomes"] + ROLES,
        "core.contacts": [{"contact_id": "c", "has_objected": False, "created_at": "2026-01-01"}],
        "decisioning.decision_log": decisions,
        "salesforce__contact": [{"id": "1"}, {"id": "2", "_is_deleted": True}],
        "files": [
            {
                "source": "salesforce",
                "object": "contact",
                "file": "old.csv",
                "count_rejected": 2,
                "loaded_at": "2026-01-01",
            },
            {
                "source": "salesforce",
                "object": "contact",
                "file": "new.csv",
                "count_rejected": 1,
                "loaded_at": "2026-01-02",
            },
        ],
    }
    build_known_facts(home, str(NIGHT), facts)
    dbt_build(home, f"{STAGING} lifecycle decisioning measurement")
    return home


def per_unit(metric: str) -> pl.DataFrame:
    """arm, y and x of each unit, counted one by one."""
    rows = []
    for arm in MARKET["decisioning.arms"]:
        start = np.datetime64(str(arm["assigned_on"]))
        y = x = 0.0
        for goal in GOALS:
            if metric not in (goal["goal_id"], "value_cents"):
                continue
            weight = goal["weight"] * goal["value_cents"] if metric == "value_cents" else 1  # type: ignore[operator]
            times = [
                np.datetime64(str(of["occurred_at"]))
                for of in MARKET["core.outcomes"]
                if (of["account_id"] or of["contact_id"]) == arm["unit_id"] and of["outcome"] == goal["outcome"]
            ]
            if goal["outcome"] == "opportunity_created":
                times = sorted(set(times))
                if arm["unit_id"] == "u1":
                    times.append(np.datetime64("2026-06-14T23:30:00"))
            y += weight * sum(start <= time < NIGHT for time in times)
            x += weight * sum(start - 30 <= time < start for time in times)
        rows.append((arm["arm"], y, x))
    return pl.DataFrame(rows, schema=["arm", "y", "x"], orient="row")


@pytest.mark.parametrize("metric", [*(goal["goal_id"] for goal in GOALS), "value_cents"])
def test_statistics_equal_a_count_by_hand(home: Path, metric: str) -> None:
    y, x = pl.col("y"), pl.col("x")
    expected = per_unit(metric).group_by("arm").agg(
        pl.len(), (y > 0).sum().alias("with"), y.max().alias("max"), y.sum(), (y * y).sum().alias("yy"),
        x.sum(), (x * x).sum().alias("xx"), (x * y).sum().alias("xy"),
    )  # fmt: skip
    columns = "arm, n, count_units_with_outcome, max_y, sum_y, sum_y_squares, sum_x, sum_x_squares, sum_xy"
    found = query(home, f"select {columns} from measurement.arm_statistics where metric = '{metric}'")
    assert sorted(found.rows()) == sorted(expected.rows())


def test_a_target_is_told_with_its_pace(home: Path) -> None:
    rows = query(home, "select * from decisioning.goal_progress").rows_by_key("goal_id", named=True, unique=True)
    assert set(rows) == set(TARGETS)
    for goal_id in ("reply", "meeting"):
        since, by = (np.datetime64(str(TARGETS[goal_id][day])) for day in ("target_since", "target_by"))
        days = [
            np.datetime64(str(of["occurred_at"])[:10]) for of in MARKET["core.outcomes"] if of["outcome"] == goal_id
        ]
        assert rows[goal_id]["count_reached"] == sum(since <= day <= by and day < NIGHT for day in days)
    reply = rows["reply"]
    assert (reply["days_passed"], reply["days_left"], reply["pace"]) == (14, 16, "behind")
    assert reply["count_planned"] == pytest.approx(500 * 14 / 30)
    assert reply["needed_per_night"] == pytest.approx((500 - reply["count_reached"]) / 16)
    assert reply["expected_anyway_per_night"] == pytest.approx(5 * 0.7 / 7)
    assert reply["expected_added_per_night"] == pytest.approx(2 * 0.25)
    assert reply["forecast"] == pytest.approx(reply["count_reached"] + 16 * 1.0)
    assert rows["meeting"]["pace"] == "reached" and rows["meeting"]["days_left"] == 0
    assert (rows["opportunity"]["days_passed"], rows["opportunity"]["reached_per_night"]) == (0, None)


def test_arms_add_up_to_all(home: Path) -> None:
    rows = query(home, "select metric, cast(sum(n) as bigint) from measurement.arm_statistics group by 1").rows()
    assert dict(rows) == dict.fromkeys(("reply", "meeting", "opportunity", "value_cents"), 60)


def test_every_arm_has_every_metric(home: Path) -> None:
    pairs = query(home, "select arm, metric from measurement.arm_statistics").rows()
    assert set(pairs) == set(product(ARMS, ("reply", "meeting", "opportunity", "value_cents")))


def test_decisions_are_counted_by_night_arm_and_action(home: Path) -> None:
    columns = "action_id, count_decisions, count_released, sum_expected_value_cents"
    assert set(query(home, f"select {columns} from measurement.decision_statistics").rows()) == {
        ("mail", 2, 1, 4.5),
        ("none", 1, 0, 0.0),
    }


def test_gates_add_up_to_all_pairs(home: Path) -> None:
    rows = query(home, "select action_id, gate, count_contacts from measurement.gate_statistics").rows()
    assert ("mail", "applicability", 1) in rows
    assert sum(count for *_, count in rows) == 4


def test_health_of_each_source(home: Path) -> None:
    sql = "select count_rows, count_deleted, count_files, count_rejected, last_file from measurement.source_health"
    assert query(home, f"{sql} where object = 'salesforce/contact'").rows() == [(2, 1, 2, 3, "new.csv")]
    assert query(home, f"{sql} where object = 'hubspot/email_event'").rows() == [(0, 0, 0, 0, None)]


def test_a_home_without_data_builds(tmp_path: Path) -> None:
    build_known_facts(tmp_path, str(NIGHT), {})
    dbt_build(tmp_path, f"{STAGING} lifecycle features decisioning activation measurement")
    assert query(tmp_path, "select count(*) from activation.changes").row(0) == (0,)
    assert query(tmp_path, "select count(*) from features.feature_dates").row(0) == (5,)
