"""What a name says needn't be written; what is written counts."""

import shutil
from pathlib import Path

import pytest

from policy.action import Action
from policy.agreement import find_warnings
from policy.by_name import ACTIONS, BELIEFS, CHANNELS, HORIZONS, NAMED, OUTCOMES, filled_by_name
from policy.channel import Channel
from policy.loading import PolicyError, load_policy
from policy.schema import Goal, Policy

SMALLEST = Path(__file__).with_name("smallest_policy.yml")


def loaded(folder: Path, text: str) -> Policy:
    (folder / "policy.yml").write_text(text)
    return load_policy(folder)


def test_fifteen_lines_are_a_policy(tmp_path: Path) -> None:
    shutil.copy(SMALLEST, tmp_path / "policy.yml")
    policy = load_policy(tmp_path)
    assert len(SMALLEST.read_text().splitlines()) <= 15
    assert find_warnings(policy) == []
    assert [channel.channel for channel in policy.channels] == ["email", "call", "ads"]
    assert policy.goals[2].outcome == "opportunity_created" and policy.goals[2].horizon_days == 30
    call = policy.actions[2]
    assert (call.name, call.needs_owner, call.is_seller_action, call.autonomy_mode) == (
        "Discovery call", True, True, "assisted",
    )  # fmt: skip
    assert call.prior_uplift == {"reply": 0.01, "meeting": 0.02, "opportunity": 0.01}


def test_the_guide_shows_the_smallest_policy() -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "deciding.md"
    assert SMALLEST.read_text() in guide.read_text()


def test_every_known_name_is_a_complete_channel_and_action(tmp_path: Path) -> None:
    goals = "".join(f"  - {{goal_id: {name}, value_cents: 1}}\n" for name in OUTCOMES)
    actions = "".join(f"  - {{action_id: by_{name}, channel: {name}}}\n" for name in CHANNELS)
    policy = loaded(tmp_path, f"goals:\n{goals}actions:\n{actions}")
    assert {goal.outcome: goal.horizon_days for goal in policy.goals} == HORIZONS
    assert [channel.channel for channel in policy.channels] == list(CHANNELS) == list(ACTIONS) == list(BELIEFS)


def test_what_is_written_counts(tmp_path: Path) -> None:
    policy = loaded(
        tmp_path,
        """\
goals:
  - {goal_id: meeting, outcome: reply, horizon_days: 3, value_cents: 1}
actions:
  - {action_id: a, channel: call, needs_owner: true, cost_cents: 7, prior_uplift: {meeting: 0.5}}
channels:
  - {channel: call, cap_count: 9, quiet_from_hour: null, quiet_until_hour: null}
""",
    )
    assert (policy.goals[0].outcome, policy.goals[0].horizon_days) == ("reply", 3)
    action, channel = policy.actions[0], policy.channels[0]
    assert (action.cost_cents, action.is_seller_action, action.prior_uplift) == (7, False, {"meeting": 0.5})
    assert (channel.cap_count, channel.cap_days, channel.quiet_from_hour) == (9, 14, None)


UNNAMED = {
    "an unknown goal": ("goal_id: meeting", "goal_id: renewal", "goals[0].outcome: this setting is missing"),
    "an unknown channel": ("channel: email", "channel: fax", "actions[0].cost_cents: this setting is missing"),
    "a mistyped channel": (
        "channel: email",
        "channel: emial, cost_cents: 1, prior_uplift: {meeting: 0.1}",
        "actions[0].channel: no channel 'emial'; did you mean 'email'?",
    ),
    "nothing believed": ("goal_id: meeting", "goal_id: churn", "actions[0].prior_uplift: this setting is missing"),
}


@pytest.mark.parametrize(("right", "wrong", "expected"), UNNAMED.values(), ids=UNNAMED)
def test_what_no_name_says_is_asked_for(tmp_path: Path, right: str, wrong: str, expected: str) -> None:
    text = "goals:\n  - {goal_id: meeting, value_cents: 1}\nactions:\n  - {action_id: a, channel: email}\n"
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, text.replace(right, wrong))
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems


def test_a_policy_written_in_full_stays_as_it_is(tmp_path: Path) -> None:
    policy = load_policy(Path(__file__).resolve().parents[2] / "policy")
    values = policy.model_dump(mode="json")
    assert filled_by_name(values) == values


def test_the_named_settings_are_settings() -> None:
    for kind in (Goal, Action, Channel):
        assert NAMED[kind.__name__] <= set(kind.model_fields)
