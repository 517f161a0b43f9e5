"""A decision row is complete, and nothing of high stakes leaves without a person's yes to this very action."""

from datetime import date, datetime, time

import polars as pl
import pytest

from models.approval import Review
from models.content import CHOICE_SCHEMA
from models.decisions import SCHEMA, DecisionContext, Messages, acting_contacts, build_decisions, decision_ids
from models.guardrails import NightGuards
from models.night_choice import choose
from models.night_limits import ChoiceRules, NightLimits
from models.send_times import SEND_TIMES_SCHEMA

NIGHT = date(2026, 3, 1)
RULES = ChoiceRules(account_daily_cap=5, rep_daily_capacity=5, exploration_share=0.0)
CHANNELS = pl.DataFrame(
    {"channel": ["call", "email"], "daily_volume": [None, 100], "daily_budget_cents": [None, None]},
    schema={"channel": pl.String, "daily_volume": pl.Int64, "daily_budget_cents": pl.Int64},
)
CONTACTS = pl.DataFrame(
    {
        "contact_id": ["c1", "c2", "c3", "c4", "c5"],
        "account_id": ["a1", "a2", None, "a4", "a5"],
        "owner_id": ["o1", None, None, "o1", None],
        "arm": ["model", "model", "model", "holdout", "model"],
        "time_zone": ["Europe/Berlin", None, None, None, None],
        "zone_key": ["zone:Europe/Berlin", "unknown", "unknown", "unknown", "unknown"],
    }
)


WINDOWS = {
    "zone_key": pl.String, "channel": pl.String, "send_at": pl.Datetime("us"), "recipient_time_zone": pl.String,
}  # fmt: skip
APPROVALS = {"decision_id": pl.String, "action_id": pl.String, "verdict": pl.String, "decided_at": pl.Datetime("us")}


def pair(contact_id: str, action_id: str, value: float, mode: str = "autonomous", stakes: str = "normal") -> dict:
    is_call = action_id == "call"
    return {
        "contact_id": contact_id, "action_id": action_id, "channel": "call" if is_call else "email", "goal_id": "reply",
        "propensity": 0.1, "uplift": 0.01, "expected_value_cents": value,
        "net_value_error_cents": 10.0, "cost_cents": 100, "needs_owner": is_call, "is_seller_action": is_call,
        "evidence": "prior", "autonomy_mode": mode, "stakes": stakes, "model_version": "m",
        "action_name": action_id, "noun": "a call", "goal_name": "Reply", "uplift_standard_error": 0.01,
        "owner_id": "o7" if is_call else None,
        "lever_factor": 1.0, "discount_percent": 0.0, "contact_price_cents": 0.0, "response_ratio": None,
        "net_value_cents": value - 100,
    }  # fmt: skip


def pairs_of(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_overrides={"owner_id": pl.String})


NO_RULES = pl.DataFrame(schema={"name": pl.String})
NO_GUARDS = NightGuards(
    autonomy=NO_RULES, review_rules=NO_RULES, guardrails=NO_RULES, matches=pl.DataFrame(),
    usual_volumes=pl.DataFrame(schema={"action_id": pl.String, "usual_volume": pl.Float64}),
    known_versions=pl.DataFrame(schema={"model_version": pl.String, "days_known": pl.Int64}),
)  # fmt: skip
TOLD = pl.DataFrame({"contact_id": ["c1"], "drivers": [["viewed pricing once"]], "fact": ["viewed pricing once"]})


def at(hour: int) -> datetime:
    return datetime.combine(NIGHT, time(hour))


def at_of_c2(hour: int) -> tuple:
    return ("c2", at(hour), 0.91, at(hour), "segment")


MESSAGES = Messages(
    pl.DataFrame([("c1", "v1", '{"body": "v1"}', 0.5, '{"body": 0.5}')], CHOICE_SCHEMA, orient="row"),
    pl.DataFrame([at_of_c2(17)], SEND_TIMES_SCHEMA, orient="row"),
)


def context_of(night: date, approvals: list[tuple], reviews: tuple[Review, ...] = ()) -> DecisionContext:
    windows = [("zone:Europe/Berlin", "email", at(8), "Europe/Berlin"), ("unknown", "email", at(15), None)]
    return DecisionContext(
        night=night,
        seed=3,
        policy_version="p1",
        windows=pl.DataFrame(windows, WINDOWS, orient="row"),
        gates=pl.DataFrame(
            {
                "contact_id": ["c1", "c2", "c3", "c5"],
                "has_eligible": [True, True, False, True],
                "failed_gate": [None, None, "consent", None],
                "gate_detail": [None, None, "no consent on record", None],
            }
        ),
        approvals=pl.DataFrame(approvals, APPROVALS, orient="row"),
        guards=NO_GUARDS,
        reviews=reviews,
    )


def decide(
    pairs: list[dict], approvals: list[tuple] | None = None, night: date = NIGHT, reviews: tuple[Review, ...] = ()
) -> pl.DataFrame:
    choices = choose(CONTACTS, pairs_of(pairs), NightLimits(CHANNELS, RULES), night=night, seed=3)
    return build_decisions(CONTACTS, choices, TOLD, MESSAGES, context_of(night, approvals or [], reviews))


def test_a_row_per_contact_with_the_agreed_columns():
    decisions = decide([pair("c1", "mail", 500.0), pair("c2", "mail", 50.0)])
    assert dict(decisions.schema) == SCHEMA
    assert decisions["contact_id"].to_list() == CONTACTS["contact_id"].to_list()
    assert decisions["no_action_gate"].to_list() == [None, "no_gain", "consent", "arm", "no_score"]
    first = decisions.row(0, named=True)
    assert first["send_at"] == at(8)
    assert first["recipient_time_zone"] == "Europe/Berlin"
    assert (first["content_variant_id"], first["content"], first["content_probability"]) == (
        "v1",
        '{"body": "v1"}',
        0.5,
    )
    assert first["send_hour_probability"] is None
    assert (first["expected_value"], first["cost"], first["action_probability"]) == (500.0, 100.0, 1.0)
    assert (first["policy_version"], first["seed"], first["model_version"]) == ("p1", 3, "m")
    assert first["approval_status"] == "not_needed"
    assert decisions["eligible_action_ids"].to_list() == [["mail"], ["mail"], [], [], []]
    assert decisions["reason_codes"][2].to_list() == ["not allowed (consent): no consent on record"]


def test_the_id_is_a_hash_of_night_and_contact():
    ids = decision_ids(pl.Series(["c1", "c1", "c2"]), NIGHT)
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] != decision_ids(pl.Series(["c1"]), date(2026, 3, 2))[0]
    assert ids.str.len_chars().to_list() == [32] * 3


@pytest.mark.parametrize(
    ("mode", "stakes", "expected"),
    [
        ("shadow", "normal", ("shadow", "shadow")),
        ("shadow", "high", ("shadow", "shadow")),
        ("assisted", "normal", ("assisted", "pending")),
        ("supervised", "normal", ("supervised", "not_needed")),
        ("autonomous", "normal", ("autonomous", "not_needed")),
        ("supervised", "high", ("assisted", "pending")),
        ("autonomous", "high", ("assisted", "pending")),
    ],
)
def test_autonomy_and_stakes_decide_who_must_say_yes(mode, stakes, expected):
    first = decide([pair("c1", "mail", 500.0, mode, stakes)]).row(0, named=True)
    assert (first["autonomy_mode"], first["approval_status"]) == expected


def test_the_last_word_on_this_very_action_counts():
    decision_id = decision_ids(pl.Series(["c1"]), NIGHT)[0]
    pairs = [pair("c1", "mail", 500.0, "assisted")]
    yes = (decision_id, "mail", "approved", at(9))
    no = (decision_id, "mail", "rejected", at(10))
    assert decide(pairs, [yes])["approval_status"][0] == "approved"
    assert decide(pairs, [no, yes])["approval_status"][0] == "rejected"
    assert decide(pairs, [(decision_id, "call", "approved", at(9))])["approval_status"][0] == "pending"
    assert decide([pair("c1", "mail", 500.0)], [no])["approval_status"][0] == "not_needed"


def test_a_chosen_hour_replaces_that_of_the_window():
    second = decide([pair("c1", "mail", 500.0), pair("c2", "mail", 500.0)]).row(1, named=True)
    assert (second["send_at"], second["preferred_send_at"]) == (at(17), at(17))
    assert (second["send_hour_probability"], second["send_hour_basis"]) == (0.91, "segment")


def test_only_who_gets_an_action_gets_a_message():
    choices = choose(CONTACTS, pairs_of([pair("c2", "mail", 500.0)]), NightLimits(CHANNELS, RULES), night=NIGHT, seed=3)
    acting = acting_contacts(CONTACTS, choices)
    assert acting.select("contact_id", "action_id", "channel").rows() == [("c2", "mail", "email")]


@pytest.mark.parametrize(
    ("review", "waiting"),
    [
        (Review(None, None, None, "drift"), ["c1", "c2"]),
        (Review("reply", "mail", None, "it harms"), ["c1", "c2"]),
        (Review(None, None, frozenset({"c2", "c5"}), "calibration"), ["c2"]),
        (Review("win", None, None, "calibration"), []),
        (Review(None, "call", None, "bias"), []),
    ],
)
def test_what_is_under_review_waits_for_a_person(review, waiting):
    pairs = [pair("c1", "mail", 500.0), pair("c2", "mail", 500.0)]
    decisions = decide(pairs, reviews=(review,))
    assert decisions.filter(pl.col("approval_status") == "pending")["contact_id"].to_list() == waiting
    yes = (decisions["decision_id"][0], "mail", "approved", at(3))
    assert decide(pairs, [yes], reviews=(review,))["approval_status"][0] in ("approved", "not_needed")
    shadow = decide([pair("c1", "mail", 500.0, mode="shadow")], reviews=(review,))
    assert shadow["approval_status"][0] == "shadow"
