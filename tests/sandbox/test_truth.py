from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from sandbox import effects
from sandbox.answers import answer_night
from sandbox.truth import GOALS, Market, Truth, TruthError, block_of
from tests.sandbox.conftest import NIGHT
from tests.sandbox.exported import email_sends, managed, publish, read_object


def test_effects_are_probabilities_of_every_person_and_action(made: Path) -> None:
    table = Truth.load(made).effects()
    assert len(table) == 3000 * len(effects.ACTIONS)
    assert table.select(pl.struct("person_id", "action_id").is_unique().all()).item()
    for goal in GOALS:
        assert table[goal].is_between(-0.5, 0.5).all()
        assert (table[goal] > 0).any()
        assert (table[goal] < 0).any()
    assert table.filter(pl.col("score") < 0)["reply"].max() <= 0


def test_the_oracle_values_what_it_is_told_to(made: Path) -> None:
    truth = Truth.load(made)
    table = truth.effects()
    values = truth.oracle_values({"reply": 100.0, "win": 1000.0})
    expected = table["reply"] * 100 + table["win"] * 1000
    assert (values["value_cents"] - expected).abs().max() < 1e-9


def test_a_missing_truth_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"market\.json is missing"):
        Truth.load(tmp_path / "exports")
    assert block_of(300_007) == 3


def test_the_state_of_an_earlier_day_is_kept_for_a_while_only(made: Path) -> None:
    with pytest.raises(TruthError, match="has lived until 2026-03-02"):
        Truth.load(made).effects(NIGHT + timedelta(days=9))


def test_answers_move_outcomes_the_way_the_truth_says(copied: Callable[[str], Path], tmp_path: Path) -> None:
    """The best tenth, sent the same mail, reply more than the sum of the truth minus four standard errors; and more
    than they would have without it."""
    truth = Truth.load(copied("treated"))
    table = truth.effects().filter(action_id="email_case_study").sort("reply", descending=True)
    records = truth.records().filter(object="contact").filter("is_valid", pl.col("email").is_not_null())
    people = records.unique("person_id", keep="first", maintain_order=True)
    best = people.join(table.head(600), on="person_id")
    replies = {}
    for name in ("treated", "control"):
        exports, home = copied(name) if name == "control" else truth.folder.with_name("exports"), tmp_path / name
        sends = email_sends(best, "email_case_study", NIGHT) if name == "treated" else None
        publish(home, NIGHT, contact_scores=managed(people), **({"email_sends": sends} if sends is not None else {}))
        answer_night(exports, home, NIGHT)
        for night in (NIGHT + timedelta(days=n) for n in range(1, 7)):
            publish(home, night, contact_scores=managed(people))
            answer_night(exports, home, night)
        replies[name] = _count_replies(exports, best)
    added, expected = replies["treated"] - replies["control"], best["reply"].sum()
    assert expected > 15
    assert abs(added - expected) < 4 * (expected + 2 * replies["control"]) ** 0.5


def _count_replies(exports: Path, people: pl.DataFrame) -> int:
    records = Truth.load(exports).records().filter(source="salesforce").select(who_id="source_id", person="person_id")
    tasks = read_object(exports, "salesforce/task").filter(pl.col("created_date") >= str(NIGHT), type="Email")
    mine = tasks.join(records, on="who_id").filter(pl.col("person").is_in(people["person_id"].implode()))
    return len(mine)


def test_after_a_shock_each_action_does_what_another_of_its_channel_did(copied: Callable[[str], Path]) -> None:
    exports = copied("shock")
    truth = Truth.load(exports)
    shocked = Truth(truth.folder, replace(truth.market, shock_on=NIGHT + timedelta(days=1)))
    before, after = shocked.people(NIGHT), shocked.people(NIGHT + timedelta(days=1))
    assert before.equals(truth.people(NIGHT))
    swaps = {
        "email_case_study": "email_product_tips",
        "email_product_tips": "email_webinar_invite",
        "email_webinar_invite": "email_case_study",
        "call_discovery": "call_follow_up",
        "ads_nurture": "ads_nurture",
    }
    for mine, other in swaps.items():
        assert after[f"score_{mine}"].to_list() == before[f"score_{other}"].to_list()


def test_a_market_remembers_its_shock(tmp_path: Path) -> None:
    market = Market(10, NIGHT, 1, 15.0, 1, shock_on=NIGHT + timedelta(days=30))
    Truth.create(tmp_path / "exports", market)
    assert Truth.load(tmp_path / "exports").market == market
