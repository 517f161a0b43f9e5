"""Rules and guardrails only ever take away: the most valuable stays inside, the rest waits with its reason."""

from datetime import date, datetime, time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.approval import with_approval
from models.guardrails import BOUNDS, MODES, NightGuards, find_waiting, mode_in_force

WHERE = {"action_id": pl.String, "channel": pl.String, "condition_id": pl.String}
AUTONOMY = {"name": pl.String, "mode": pl.String, **WHERE}
REVIEWS = {"name": pl.String, "reviewer": pl.String, **WHERE}
GUARDRAILS = {"name": pl.String, "modes": pl.String, **WHERE, **dict.fromkeys(BOUNDS, pl.Float64)}
SAID_AT = datetime.combine(date(2026, 3, 1), time(9))
NOBODY_SAID = pl.DataFrame(
    schema={"decision_id": pl.String, "action_id": pl.String, "verdict": pl.String, "decided_at": pl.Datetime("us")}
)


def guards(
    autonomy: tuple[dict, ...] = (), reviews: tuple[dict, ...] = (), guardrails: tuple[dict, ...] = ()
) -> NightGuards:
    return NightGuards(
        autonomy=pl.DataFrame(autonomy, schema=AUTONOMY),
        review_rules=pl.DataFrame(reviews, schema=REVIEWS),
        guardrails=pl.DataFrame([{"modes": "supervised", **each} for each in guardrails], schema=GUARDRAILS),
        matches=pl.DataFrame({"contact_id": ["c1"], "condition_id": ["big"]}),
        usual_volumes=pl.DataFrame({"action_id": ["mail"], "usual_volume": [2.0]}),
        known_versions=pl.DataFrame({"model_version": ["m/1", "m/2"], "days_known": [30, 2]}),
    )


def night(mode: str = "supervised") -> pl.DataFrame:
    """Four mails of falling worth, one call, one contact without action; c1 has the least valuable mail."""
    rows = [
        ("c0", None, None, None, None), ("c1", "mail", "email", 10.0, "m/2"), ("c2", "mail", "email", 40.0, "m/1"),
        ("c3", "mail", "email", 30.0, "prior"), ("c4", "mail", "email", 20.0, "m/9"),
        ("c5", "call", "call", 50.0, "m/1"),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, orient="row", schema={
        "contact_id": pl.String, "action_id": pl.String, "channel": pl.String, "net_value_cents": pl.Float64,
        "model_version": pl.String,
    })  # fmt: skip
    acts = pl.col("action_id").is_not_null()
    return frame.with_columns(
        autonomy_mode=pl.when(acts).then(pl.lit(mode)),
        expected_value_cents=pl.col("net_value_cents") + 5,
        cost_cents=pl.when(acts).then(pl.lit(5)),
        uplift=pl.col("net_value_cents") / 1000,
        uplift_standard_error=pl.when(acts).then(pl.lit(0.02)),
        discount_percent=pl.when(pl.col("channel") == "call").then(pl.lit(15.0)).otherwise(0.0),
        decision_id="d" + pl.col("contact_id"),
        goal_id=pl.lit("reply"),
        stakes=pl.lit("normal"),
    )


def waiting(**rules: tuple[dict, ...]) -> list[str]:
    return find_waiting(night(), guards(**rules))["contact_id"].to_list()


CASES = {
    "a share of contacts": ({"maximum_contact_share": 0.5}, ["c1", "c4"]),
    "twice the usual volume": ({"maximum_volume_factor": 1.5}, ["c1"]),
    "cost": ({"maximum_cost_cents": 14}, ["c1", "c3", "c4"]),
    "expected value": ({"minimum_expected_value_cents": 25}, ["c1"]),
    "uncertainty": ({"maximum_uncertainty": 1}, ["c1"]),
    "a new model": ({"new_model_days": 7}, ["c1", "c4"]),
    "a discount": ({"maximum_discount_percent": 10}, ["c5"]),
    "in its scope only": ({"maximum_contact_share": 0, "channel": "call"}, ["c5"]),
    "of a segment": ({"maximum_contact_share": 0, "condition_id": "big"}, ["c1"]),
    "of other modes": ({"maximum_contact_share": 0, "modes": "autonomous"}, []),
}


@pytest.mark.parametrize(("bound", "expected"), CASES.values(), ids=CASES)
def test_what_is_beyond_waits_the_least_valuable_first(bound: dict, expected: list[str]) -> None:
    assert waiting(guardrails=({"name": "g", **bound},)) == expected


def test_reasons_name_every_guardrail_and_the_reviewer() -> None:
    rules = guards(
        reviews=({"name": "board", "reviewer": "Jane", "condition_id": "big"},),
        guardrails=({"name": "dear", "maximum_cost_cents": 0}, {"name": "few", "minimum_expected_value_cents": 25}),
    )
    first = find_waiting(night(), rules).row(0, named=True)
    assert first["review_reasons"] == [
        "review rule board", "guardrail dear: together they cost more than $0.00",
        "guardrail few: worth less than $0.25",
    ]  # fmt: skip
    assert (first["reviewer"], first["is_reviewed"]) == ("Jane", True)


@given(st.sampled_from(MODES), st.lists(st.sampled_from(MODES), max_size=3))
def test_a_rule_never_gives_more_than_the_action_has(own: str, rules: list[str]) -> None:
    stricter = guards(autonomy=tuple({"name": f"r{i}", "mode": mode} for i, mode in enumerate(rules)))
    modes = night(own).select(mode=mode_in_force(stricter))["mode"]
    assert modes[0] is None
    assert set(modes[1:]) == {min([own, *rules], key=MODES.index)}


def test_a_segment_can_be_stricter() -> None:
    rules = guards(autonomy=({"name": "big", "mode": "assisted", "condition_id": "big"},))
    assert night("autonomous").select(mode=mode_in_force(rules))["mode"].to_list() == [
        None, "assisted", *["autonomous"] * 4,
    ]  # fmt: skip


def test_what_waits_is_pending_until_a_person_says_yes() -> None:
    rules = guards(
        reviews=({"name": "calls", "reviewer": "Jo", "channel": "call"},),
        guardrails=({"name": "few", "maximum_contact_share": 0.5},),
    )
    before = with_approval(night(), NOBODY_SAID, (), rules)
    assert dict(before.select("contact_id", "approval_status").iter_rows()) == {
        "c0": "not_needed", "c1": "pending", "c2": "not_needed", "c3": "not_needed", "c4": "pending", "c5": "pending",
    }  # fmt: skip
    assert dict(before.select("contact_id", "autonomy_mode").iter_rows())["c5"] == "assisted"
    yes = pl.DataFrame([("dc1", "mail", "approved", SAID_AT)], NOBODY_SAID.schema, orient="row")
    after = with_approval(night(), yes, (), rules)
    assert after.filter(contact_id="c1")["approval_status"].item() == "approved"
    assert after.filter(contact_id="c4")["approval_status"].item() == "pending"


def test_nothing_waits_in_shadow_and_without_rules() -> None:
    assert with_approval(night(), NOBODY_SAID, (), guards())["approval_status"].to_list() == ["not_needed"] * 6
    shadow = with_approval(
        night("shadow"), NOBODY_SAID, (), guards(guardrails=({"name": "g", "maximum_cost_cents": 0},))
    )
    assert shadow["review_reasons"].is_null().all()
