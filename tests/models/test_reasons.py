"""Reasons say in words what the numbers say."""

import polars as pl

from models.reasons import BEHAVIOUR_COLUMNS, MOST_REASONS, with_reasons

ROW = {
    "arm": "model", "way": "optimum", "action_id": "mail", "channel": "email", "runner_up_action_id": "call",
    "net_value_cents": 100.0, "runner_up_net_value_cents": 88.0, "count_pairs": 4, "uplift": 0.018, "goal_id": "reply",
    "evidence": "model", "no_action_gate": None, "gate_detail": None, "short_limit": None,
}  # fmt: skip
TYPES = {
    "count_pairs": pl.Int64, "no_action_gate": pl.String, "gate_detail": pl.String, "short_limit": pl.String,
    "uplift": pl.Float64, "net_value_cents": pl.Float64, "runner_up_net_value_cents": pl.Float64, "channel": pl.String,
    "goal_id": pl.String, "evidence": pl.String, "runner_up_action_id": pl.String, "action_id": pl.String,
} | dict.fromkeys(BEHAVIOUR_COLUMNS, pl.Int64)  # fmt: skip
NOTHING = dict.fromkeys(
    ["action_id", "channel", "net_value_cents", "uplift", "goal_id", "evidence", "runner_up_action_id"]
)


def reasons(**changes: object) -> list[str]:
    row = ROW | dict.fromkeys(BEHAVIOUR_COLUMNS) | changes
    return with_reasons(pl.DataFrame([row], schema_overrides=TYPES))["reason_codes"][0].to_list()


def test_the_best_action_names_its_rival_its_effect_and_what_the_contact_did():
    assert reasons(count_pricing_view_30d=3) == [
        "best of 4 eligible actions; call was 12 % behind",
        "e-mail: +1.8 points for reply",
        "viewed pricing 3 times in 30 days",
    ]


def test_a_prior_says_so():
    assert "decided by prior: nothing learnt yet for this action" in reasons(evidence="prior")


def test_a_rival_held_back_by_a_limit():
    assert reasons(runner_up_net_value_cents=150.0)[0] == "call would bring more, but what it needs is short tonight"


def test_no_rival():
    without = {"runner_up_action_id": None, "runner_up_net_value_cents": None}
    assert reasons(**without)[0] == "best of 4 eligible actions; no other is worth its cost"
    assert reasons(count_pairs=1, **without)[0] == "the only eligible action"


def test_chance_says_so():
    expected = "chosen at random among 4 eligible actions and none, to keep learning"
    assert reasons(way="explored")[0] == reasons(way="random", arm="random_control")[0] == expected


def test_small_and_negative_effects_are_readable():
    assert reasons(uplift=0.0004)[1] == "e-mail: +0.04 points for reply"
    assert reasons(uplift=-0.02)[1] == "e-mail: -2.0 points for reply"
    assert reasons(uplift=-0.0000001)[1] == "e-mail: 0.0 points for reply"


def test_no_action_says_why():
    assert reasons(**NOTHING, no_action_gate="arm", arm="holdout") == ["the arm holdout gets no action"]
    assert reasons(**NOTHING, no_action_gate="no_gain") == ["no action is worth more than it costs"]
    failed = reasons(**NOTHING, no_action_gate="consent", gate_detail="no consent on record")
    assert failed == ["not allowed (consent): no consent on record"]
    assert reasons(**NOTHING, no_action_gate="consent") == ["not allowed: consent"]
    short = reasons(**(NOTHING | {"runner_up_action_id": "call"}), no_action_gate="capacity", count_reply_30d=1)
    assert short == ["a limit of the night is used up", "call would have been next", "replied once in 30 days"]


def test_no_action_names_the_limit_that_was_short():
    limit = {"no_action_gate": "capacity", "short_limit": "daily_volume:email"}
    assert reasons(**NOTHING, **limit) == ["the channel's volume of the night is used up"]


def test_never_more_than_four():
    assert len(reasons(evidence="prior", count_reply_30d=2)) == MOST_REASONS
