"""A rule's value is recovered from another's log, its interval covers, and too little overlap is said."""

import numpy as np
import polars as pl
import pytest

from models.replay import AccountCaps, estimate_rule, rule_choices

ACTIONS = np.array(["none", "mail", "call"])
EFFECT = {"none": 0.10, "mail": 0.14, "call": 0.25}
SHARE = 0.2


def log(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    """The model's rule takes mail; a fifth of the accounts draw at random. Accounts of four choices share a mood."""
    account = np.arange(rows) // 4
    is_random = account % 5 == 0
    logged = np.where(is_random[:, None], 1 / 3, SHARE / 3 + (1 - SHARE) * (ACTIONS == "mail"))
    action = (rng.random(rows)[:, None] > logged.cumsum(axis=1)).sum(axis=1)
    chance = np.array([EFFECT[name] for name in ACTIONS])[action] + rng.uniform(-0.05, 0.05, rows)[account]
    return pl.DataFrame(
        {
            "row_id": [f"r{i:05d}" for i in range(rows)],
            "goal_id": "reply",
            "unit_id": account,
            "arm": np.where(is_random, "random_control", "model"),
            "action_id": ACTIONS[action],
            "action_probability": logged[np.arange(rows), action],
            "count_actions": 2,
            "is_reached": (rng.random(rows) < chance).astype(int),
        }
    )


def best(rows: int, action: str) -> pl.DataFrame:
    return pl.DataFrame({"row_id": [f"r{i:05d}" for i in range(rows)], "best_action_id": action})


def test_the_difference_of_two_rules_is_covered() -> None:
    truth = (1 - SHARE) * (EFFECT["call"] - EFFECT["mail"])
    covered = 0
    for seed in range(60):
        rows = log(np.random.default_rng(seed), 4_000)
        found = estimate_rule(rows, best(4_000, "call"), SHARE).row(0, named=True)
        covered += found["low"] <= truth <= found["high"]
    assert 52 <= covered <= 60


def test_the_rule_that_was_logged_changes_nothing() -> None:
    found = estimate_rule(log(np.random.default_rng(1), 8_000), best(8_000, "mail"), SHARE).row(0, named=True)
    assert abs(found["difference"]) < 0.01
    assert found["verdict"] == "no difference proven"


def test_what_the_log_hardly_did_is_said() -> None:
    rows = log(np.random.default_rng(2), 200).filter(pl.col("arm") == "model")
    found = estimate_rule(rows, best(200, "call"), SHARE).row(0, named=True)
    assert found["verdict"] == "too little overlap to tell"
    assert (
        estimate_rule(rows.with_columns(is_reached=0), best(200, "call"), SHARE)["verdict"].item()
        == "too few outcomes to tell"
    )
    random_only = rows.with_columns(arm=pl.lit("random_control"))
    assert estimate_rule(random_only, best(200, "call"), SHARE)["verdict"].item() == "nothing logged to tell from"


PAIRS = pl.DataFrame(
    [
        ("r1", "a", "call", 9.0), ("r1", "a", "mail", 3.0), ("r2", "a", "call", 8.0), ("r2", "a", "mail", 2.0),
        ("r3", "a", "mail", 1.0), ("r4", "b", "mail", -1.0), ("r5", "b", "mail", 5.0), ("r5", "b", "ads", 5.0),
    ],
    schema={"row_id": pl.String, "night_of_unit": pl.String, "action_id": pl.String, "worth_cents": pl.Float64},
    orient="row",
).with_columns(is_seller_action=pl.col("action_id") == "call", is_message=pl.col("action_id") == "mail")  # fmt: skip


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        (AccountCaps(9, 9, None), {"r1": "call", "r2": "call", "r3": "mail", "r5": "ads"}),
        (AccountCaps(9, 1, None), {"r1": "call", "r2": "mail", "r3": "mail", "r5": "ads"}),
        (AccountCaps(9, 1, 1), {"r1": "call", "r2": "mail", "r5": "ads"}),
        (AccountCaps(1, 1, 1), {"r1": "call", "r5": "ads"}),
    ],
)
def test_the_rule_takes_what_is_worth_most_as_far_as_an_account_may_get(caps: AccountCaps, expected: dict) -> None:
    assert dict(rule_choices(PAIRS, caps).iter_rows()) == expected


def test_goals_are_told_apart() -> None:
    rows = log(np.random.default_rng(3), 4_000)
    both = pl.concat([rows, rows.with_columns(goal_id=pl.lit("win"), is_reached=pl.lit(0, pl.Int64))])
    found = estimate_rule(both, best(4_000, "call"), SHARE)
    assert found["goal_id"].to_list() == ["reply", "win"]
    assert found["rate_then"][1] == pytest.approx(0.0)
