"""A step up needs proof, harm is a step down, and high stakes stay with people."""

import polars as pl
import pytest

from models.autonomy_advice import ADVICE_SCHEMA, advise_modes


def advice(mode: str, mean: float, error: float, *, evidence: str = "model", stakes: str = "normal") -> tuple[str, str]:
    actions = pl.DataFrame({"action_id": ["mail"], "autonomy_mode": [mode], "stakes": [stakes], "cost_cents": [100]})
    effects = pl.DataFrame(
        {
            "action_id": ["mail"],
            "evidence": [evidence],
            "mean": [mean],
            "mean_error": [error],
            "worth_cents": [10_000.0],
        }
    )
    found = advise_modes(actions, effects)
    assert dict(found.schema) == ADVICE_SCHEMA
    return found.select("advice", "advised_mode").row(0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("supervised", 0.05, 0.01), ("step_up", "autonomous")),
        (("assisted", 0.05, 0.01), ("step_up", "supervised")),
        (("autonomous", 0.05, 0.01), ("stay", "autonomous")),
        (("supervised", 0.02, 0.01), ("stay", "supervised")),  # worth $2 ± $1.96 for $1
        (("supervised", -0.05, 0.01), ("step_down", "assisted")),
        (("shadow", -0.05, 0.01), ("stay", "shadow")),
    ],
)
def test_the_interval_decides(given: tuple, expected: tuple) -> None:
    assert advice(*given) == expected


def test_a_belief_proves_nothing() -> None:
    assert advice("supervised", 0.5, 0.001, evidence="prior") == ("stay", "supervised")


def test_high_stakes_never_go_above_assisted() -> None:
    assert advice("assisted", 0.5, 0.001, stakes="high") == ("stay", "assisted")
    assert advice("shadow", 0.5, 0.001, stakes="high") == ("step_up", "assisted")


def test_errors_of_goals_add_up() -> None:
    """Two goals of the same choices can be wrong together."""
    actions = pl.DataFrame({"action_id": ["a"], "autonomy_mode": ["assisted"], "stakes": ["normal"], "cost_cents": [0]})
    effects = pl.DataFrame(
        {"action_id": ["a", "a"], "evidence": ["model", "model"], "mean": [0.02, 0.02], "mean_error": [0.01, 0.01],
         "worth_cents": [100.0, -50.0]}
    )  # fmt: skip
    found = advise_modes(actions, effects).row(0, named=True)
    assert found["value_cents"] == pytest.approx(1.0)
    assert found["high_cents"] - found["value_cents"] == pytest.approx(1.959964 * 1.5)
