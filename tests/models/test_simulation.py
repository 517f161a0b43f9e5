"""Two ways to decide one night are told apart row by row, and sums agree."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.simulation import NightOutcome, compare_nights

PRICES = pl.DataFrame(
    {"limit_id": ["a", "b"], "capacity": [5.0, 9.0], "used": [5.0, 1.0], "shadow_price_cents": [3.0, 0]}
)
GATES = pl.DataFrame({"action_id": ["mail", "mail"], "gate": ["allowed", "consent"], "contacts": [3, 1]})


def outcome(choices: list[tuple], gates: pl.DataFrame = GATES, prices: pl.DataFrame = PRICES) -> NightOutcome:
    """One contact per (action or None, status)."""
    rows = [
        (f"c{i}", action, action and "email", None if action else "no_gain", status, 100.0 * bool(action),
         2.0 * bool(action), 98.0 * bool(action))
        for i, (action, status) in enumerate(choices)
    ]  # fmt: skip
    names = [
        "contact_id",
        "action_id",
        "channel",
        "no_action_gate",
        "approval_status",
        "expected_value",
        "cost",
        "net_value",
    ]
    types = {name: pl.Float64 if name in names[5:] else pl.String for name in names}
    return NightOutcome(pl.DataFrame(rows, schema=types, orient="row"), prices, gates)


NOW = [("mail", "not_needed"), ("mail", "not_needed"), (None, "not_needed"), ("call", "pending"), ("call", "pending")]
THEN = [
    ("mail", "pending"),
    ("call", "not_needed"),
    ("mail", "not_needed"),
    (None, "not_needed"),
    ("call", "not_needed"),
]


def test_whose_decision_changes_and_how() -> None:
    found = compare_nights(outcome(NOW), outcome(THEN))
    assert dict(found.changes.iter_rows()) == {
        "the same, but waits for a person": 1, "gets another action": 1, "gets an action instead of none": 1,
        "gets none instead of an action": 1, "the same, without waiting": 1,
    }  # fmt: skip
    mail = found.actions.row(by_predicate=pl.col("action_id") == "mail", named=True)
    assert (mail["decisions_now"], mail["decisions_then"], mail["waiting_then"]) == (2, 2, 1)
    assert (mail["value_now_cents"], mail["cost_then_cents"], mail["net_value_then_cents"]) == (200.0, 4.0, 196.0)
    assert found.no_actions.rows() == [("no_gain", 1, 1)]


def test_gates_and_prices_that_differ() -> None:
    gates = pl.DataFrame({"action_id": ["mail", "call"], "gate": ["allowed", "allowed"], "contacts": [3, 2]})
    prices = PRICES.filter(limit_id="b").with_columns(shadow_price_cents=2.0)
    found = compare_nights(outcome(NOW), outcome(NOW, gates, prices))
    assert found.gates.rows() == [("call", "allowed", 0, 2), ("mail", "consent", 1, 0)]
    assert found.prices.select("limit_id", "shadow_price_now_cents", "shadow_price_then_cents").rows() == [
        ("a", 3.0, None), ("b", 0.0, 2.0),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(["mail", "call", None]), st.sampled_from(["pending", "not_needed"])), min_size=1)
)
def test_every_contact_is_counted_once(choices: list[tuple]) -> None:
    found = compare_nights(outcome(choices), outcome(list(reversed(choices))))
    assert found.changes["contacts"].sum() == len(choices)
    for side in ("now", "then"):
        acting = found.actions[f"decisions_{side}"].sum()
        assert acting == found.channels[f"decisions_{side}"].sum()
        assert acting + found.no_actions[f"contacts_{side}"].sum() == len(choices)
    assert (
        compare_nights(outcome(choices), outcome(choices))
        .changes["change"]
        .is_in(["the same", "no action in both"])
        .all()
    )


def test_nights_of_other_people_are_refused() -> None:
    with pytest.raises(ValueError, match="same contacts"):
        compare_nights(outcome(NOW), outcome(NOW[:2]))
