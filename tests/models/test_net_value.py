"""What an action is worth: levers as Pega adds them, and a price of contact that waiting lowers."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.net_value import PARTS, ValueRules, with_net_value

LEVERS = {
    "name": pl.String, "weight": pl.Float64, "goal_id": pl.String, "action_id": pl.String, "channel": pl.String,
    "condition_id": pl.String,
}  # fmt: skip
PAIRS = pl.DataFrame(
    {
        "contact_id": ["c2", "c1", "c1"],
        "action_id": ["mail", "call", "mail"],
        "channel": ["email", "call", "email"],
        "goal_id": ["reply", "meeting", "reply"],
        "expected_value_cents": [100.0, 900.0, -40.0],
        "expected_value_error_cents": [20.0, 90.0, 30.0],
        "cost_cents": [2, 300, 2],
    }
)


def rules(levers: tuple[tuple, ...] = (), price: int = 0, recent: float = 0.0) -> ValueRules:
    return ValueRules(
        levers=pl.DataFrame(levers, schema=LEVERS, orient="row"),
        matches=pl.DataFrame({"contact_id": ["c1"], "condition_id": ["levers:vip:who"]}),
        prices=pl.DataFrame({"channel": ["call", "email"], "contact_price_cents": [0, price]}),
        recent=pl.DataFrame({"contact_id": ["c2"], "recent_touches": [recent]}),
    )


def net(**given: object) -> list[float]:
    return with_net_value(PAIRS, rules(**given))["net_value_cents"].to_list()  # type: ignore[arg-type]


def test_without_levers_and_prices_it_is_value_less_cost() -> None:
    valued = with_net_value(PAIRS, rules())
    assert valued["net_value_cents"].to_list() == [98.0, 600.0, -42.0]
    assert valued.drop(PARTS).equals(PAIRS)


def test_weights_that_apply_are_added_over_100_plus_1() -> None:
    """Pega's own example: 55 makes 1.55."""
    mail, reply = ("mail", 55.0, None, "mail", None, None), ("reply", 20.0, "reply", None, "email", None)
    assert net(levers=(mail,)) == pytest.approx([155 - 2, 600, -62 - 2])
    assert net(levers=(mail, reply)) == pytest.approx([175 - 2, 600, -70 - 2])
    assert net(levers=(("vip", 10.0, None, None, None, "levers:vip:who"),)) == pytest.approx([98, 690, -46])


@given(st.lists(st.floats(-100, 500), max_size=5))
def test_no_lever_turns_harm_into_gain(weights: list[float]) -> None:
    levers = tuple((f"l{i}", weight, None, None, None, None) for i, weight in enumerate(weights))
    factor = with_net_value(PAIRS, rules(levers=levers))["lever_factor"]
    assert (factor >= 0).all()
    assert factor[0] == pytest.approx(max(0.0, 1 + sum(weights) / 100), abs=1e-9)


def test_waiting_makes_a_contact_cheaper() -> None:
    just_now, week_ago, never = (net(price=60, recent=recent)[0] for recent in (1.0, 0.5, 0.0))
    assert (just_now, week_ago, never) == (98 - 120, 98 - 90, 98 - 60)
    assert net(price=60)[1] == 600.0
