"""Reasons say in words what the numbers say."""

import polars as pl

from models.reasons import MOST_REASONS, with_reasons

PAIR = {
    "action_id": "mail", "action_name": "Case study", "noun": "an e-mail", "goal_id": "reply", "uplift": 0.018,
    "uplift_standard_error": 0.002, "evidence": "model", "cost_cents": 2.0, "net_value_cents": 100.0,
}  # fmt: skip
NEXT = PAIR | {"action_id": "call", "action_name": "Discovery call", "noun": "a call", "net_value_cents": 88.0}
RUNNER_UP = {f"runner_up_{name}": value for name, value in NEXT.items()}
REST = {
    "lever_factor": 1.0, "response_ratio": 1.0, "arm": "model", "way": "optimum", "count_pairs": 4,
    "goal_name": "Reply", "no_action_gate": None, "gate_detail": None, "short_limit": None, "drivers": [], "fact": None,
}  # fmt: skip
ROW = PAIR | RUNNER_UP | REST
TYPES = {name: pl.Float64 if isinstance(value, float) else pl.String for name, value in ROW.items()} | {
    "count_pairs": pl.Int64, "drivers": pl.List(pl.String),
}  # fmt: skip
NOTHING = dict.fromkeys([*PAIR, *RUNNER_UP, "drivers"])
NO_RIVAL = dict.fromkeys(RUNNER_UP)


def reasons(**changes: object) -> list[str]:
    return with_reasons(pl.DataFrame([ROW | changes], schema_overrides=TYPES))["reason_codes"][0].to_list()


def test_what_speaks_for_the_action_comes_first_then_its_rival_and_its_effect():
    said = reasons(drivers=["viewed pricing 3 times in 30 days", "industry Retail"], runner_up_uplift=0.009)
    assert said == [
        "viewed pricing 3 times in 30 days",
        "industry Retail",
        "an e-mail works better than a call for people like this",
        "best of 4 allowed actions; “Discovery call” was 12 % behind",
        "+1.8 points for “Reply”",
    ]


def test_better_is_said_only_of_what_was_learnt_about_the_same_goal_and_differs_clearly():
    better = "an e-mail works better than a call for people like this"
    assert better in reasons(runner_up_uplift=0.009)
    for changes in (
        {"runner_up_uplift": 0.016}, {"runner_up_evidence": "prior"}, {"evidence": "prior"}, {"way": "explored"},
        {"runner_up_goal_id": "win"},
    ):  # fmt: skip
        assert better not in reasons(**({"runner_up_uplift": 0.009} | changes))
    assert "works better" not in " ".join(reasons(**NO_RIVAL))


def test_who_responds_more_than_others_is_told():
    assert "people like this respond to it 1.8 times as often as others do" in reasons(response_ratio=1.81)
    assert not any("respond" in said for ratio in (1.1, 0.4, None) for said in reasons(response_ratio=ratio))
    assert not any("respond" in said for said in reasons(response_ratio=1.81, way="exploration"))


def test_a_dearer_rival_that_works_better_is_told():
    said = reasons(runner_up_uplift=0.05, runner_up_cost_cents=1502.0)
    assert "a call works better for people like this, but costs $15.0 more" in said


def test_actions_of_one_channel_are_told_apart_by_name():
    said = reasons(runner_up_noun="an e-mail", runner_up_action_name="Tips", runner_up_uplift=0.009)
    assert "“Case study” works better than “Tips” for people like this" in said


def test_before_there_is_a_model_the_reason_says_so_and_what_speaks_for_the_goal():
    said = reasons(evidence="prior", drivers=["viewed pricing 3 times in 30 days", "industry Retail"])
    assert said[0] == "“Reply” is likelier than for most: viewed pricing 3 times in 30 days, industry Retail"
    assert "decided by what the policy believes: too little learnt yet for this action" in said
    family = reasons(evidence="family", drivers=["industry Retail"])
    assert family[0] == "industry Retail", "what the family's model found speaks for the action"
    assert any("similar actions" in each for each in reasons(evidence="family"))
    assert any("old rules" in each for each in reasons(evidence="history"))


def test_what_the_contact_did_is_a_fact_and_no_reason_where_nothing_speaks_for_the_action():
    assert reasons(fact="replied once in 30 days")[-1] == "known: replied once in 30 days"
    assert not any("known" in each for each in reasons(fact="replied once in 30 days", drivers=["industry Retail"]))


def test_a_rival_held_back_by_a_limit():
    expected = "“Discovery call” would bring more, but what it needs is short tonight"
    assert expected in reasons(runner_up_net_value_cents=150.0)


def test_no_rival():
    assert "best of 4 allowed actions; no other is worth its cost" in reasons(**NO_RIVAL)
    assert "the only allowed action" in reasons(count_pairs=1, **NO_RIVAL)


def test_a_rival_that_is_as_good():
    assert "best of 4 allowed actions; “Discovery call” was as good" in reasons(runner_up_net_value_cents=99.8)


def test_chance_says_so():
    expected = "chosen at random among 4 allowed actions and none, to keep learning"
    assert reasons(way="random", arm="random_control")[0] == expected
    tried = "drawn among 4 allowed actions and none by how likely each is the best, to keep learning"
    assert reasons(way="explored")[0] == tried
    assert reasons(way="explored", count_pairs=1)[0].startswith("chosen at random between the only allowed action")


def test_small_and_negative_effects_are_readable():
    assert "+0.04 points for “Reply”" in reasons(uplift=0.0004)
    assert "-2.0 points for “Reply”" in reasons(uplift=-0.02)
    assert "0.0 points for “Reply”" in reasons(uplift=-0.0000001)


def test_no_action_says_why():
    assert reasons(**NOTHING, no_action_gate="arm", arm="holdout") == ["the arm holdout gets no action"]
    assert reasons(**NOTHING, no_action_gate="no_gain") == ["no action is worth more than it costs"]
    failed = reasons(**NOTHING, no_action_gate="consent", gate_detail="no consent on record")
    assert failed == ["not allowed (consent): no consent on record"]
    assert reasons(**NOTHING, no_action_gate="consent") == ["not allowed: consent"]
    next_best = {"runner_up_action_id": "call", "runner_up_action_name": "Discovery call"}
    short = reasons(**(NOTHING | next_best), no_action_gate="capacity", fact="replied once in 30 days")
    assert short == ["a limit of the night is used up", "“Discovery call” would have been next"]


def test_no_action_names_the_limit_that_was_short():
    limit = {"no_action_gate": "capacity", "short_limit": "daily_volume:email"}
    assert reasons(**NOTHING, **limit) == ["the channel's volume of the night is used up"]


def test_never_more_than_five():
    said = reasons(evidence="prior", drivers=["a", "b"], fact="c", runner_up_uplift=0.009)
    assert len(said) <= MOST_REASONS == 5
