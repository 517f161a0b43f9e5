"""A wrong policy is refused with file, line, reason and, where possible, what to write instead."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.loading import PolicyError, load_policy

GOOD = """\
goals:
  - goal_id: reply
    name: Reply
    outcome: reply
    value_cents: 2000
    horizon_days: 7
channels:
  - channel: email
    consent_channel: email
    bases: [express]
    is_addressed_by: email
    cap_count: 2
    cap_days: 7
    quiet_from_hour: 20
    quiet_until_hour: 8
actions:
  - action_id: mail
    name: Mail
    channel: email
    cost_cents: 2
    prior_uplift: {reply: 0.01}
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def problems(folder: Path, **files: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(written(folder, **files))
    assert all(line in str(caught.value) for line in caught.value.problems)
    return caught.value.problems


def test_sections_that_are_left_out_have_defaults(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, policy=GOOD))
    assert policy.arms.holdout == 0.10
    assert policy.limits.contact_cap_count == 3
    assert policy.consent_validity.implied_purchase == 730
    assert policy.activity_points["meeting"].points == 40
    assert policy.traits == ()


def test_how_sections_are_split_over_files_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "three").mkdir()
    goals, rest = GOOD.split("channels:")
    channels, actions = rest.split("actions:")
    split = {"a": "actions:" + actions, "b": "channels:" + channels, "c": goals}
    one = load_policy(written(tmp_path / "one", policy=GOOD))
    three = load_policy(written(tmp_path / "three", **split))
    assert one == three
    assert one.version == three.version


CASES = {
    "a target without a day": (
        "horizon_days: 7",
        "target: 500",
        "6: goals[0].target: a target needs a day by which: give `by`, like 2026-12-31",
    ),
    "a day without a target": (
        "horizon_days: 7",
        "by: 2026-12-31",
        "6: goals[0].by: is a day of a target, and there is none",
    ),
    "a day before the first": (
        "horizon_days: 7",
        "target: 5\n    since: 2026-05-01\n    by: 2026-04-01",
        "8: goals[0].by: 2026-04-01 is before since, 2026-05-01",
    ),
    "a wrong type": (
        "cost_cents: 2",
        "cost_cents: two",
        '20: actions[0].cost_cents: must be a whole number (got "two")',
    ),
    "a number as text": (
        "cost_cents: 2",
        'cost_cents: "2"',
        '20: actions[0].cost_cents: must be a whole number (got "2")',
    ),
    "true for a number": (
        "cap_count: 2",
        "cap_count: true",
        "12: channels[0].cap_count: must be a whole number (got true)",
    ),
    "too small": ("cost_cents: 2", "cost_cents: -3", "20: actions[0].cost_cents: must be ≥ 0 (got -3)"),
    "an hour that isn't": ("hour: 20", "hour: 24", "14: channels[0].quiet_from_hour: must be ≤ 23 (got 24)"),
    "a probability above 1": ("reply: 0.01", "reply: 1.5", "21: actions[0].prior_uplift.reply: must be ≤ 1 (got 1.5)"),
    "not a number": (
        "reply: 0.01",
        "reply: .nan",
        "21: actions[0].prior_uplift.reply: must be a finite number (got NaN)",
    ),
    "an unknown setting": (
        "cost_cents: 2",
        "cost_cents: 2\n    cost_cent: 2",
        "21: actions[0].cost_cent: no setting 'cost_cent'; did you mean 'cost_cents'?",
    ),
    "an unknown choice": (
        "outcome: reply",
        "outcome: replies",
        "4: goals[0].outcome: no choice 'replies'; did you mean 'reply'?",
    ),
    "an unknown basis": (
        "[express]",
        "[expres]",
        "10: channels[0].bases[0]: no choice 'expres'; did you mean 'express'?",
    ),
    "a name with spaces": (
        "action_id: mail",
        "action_id: My mail",
        '17: actions[0].action_id: must be lower-case letters, digits and _, and begin with a letter (got "My mail")',
    ),
    "an unknown goal": (
        "reply: 0.01",
        "repl: 0.01",
        "21: actions[0].prior_uplift.repl: no goal 'repl'; did you mean 'reply'?",
    ),
    "an unknown channel": (
        "channel: email\n    cost",
        "channel: fax\n    cost",
        "19: actions[0].channel: no channel 'fax'; known: email",
    ),
    "the reserved name": ("action_id: mail", "action_id: none", "17: actions[0].action_id: 'none' is reserved"),
    "no benefit": ("{reply: 0.01}", "{}", "21: actions[0].prior_uplift: must not be empty (got a mapping)"),
    "half of quiet hours": (
        "    quiet_until_hour: 8\n",
        "",
        "14: channels[0].quiet_from_hour: quiet_from_hour and quiet_until_hour go together",
    ),
    "quiet for a whole day": (
        "until_hour: 8",
        "until_hour: 20",
        "15: channels[0].quiet_until_hour: equals quiet_from_hour",
    ),
    "a list that should be one": (
        "goals:\n  - goal_id",
        "goals:\n    goal_id",
        "1: goals: must be a list (got a mapping)",
    ),
    "an entry that isn't one": (
        "bases: [express]",
        "bases: express",
        '10: channels[0].bases: must be a list (got "express")',
    ),
    "a missing setting": ("    value_cents: 2000\n", "", "2: goals[0].value_cents: this setting is missing"),
}


@pytest.mark.parametrize(("right", "wrong", "expected"), CASES.values(), ids=CASES)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, right: str, wrong: str, expected: str) -> None:
    assert right in GOOD
    found = problems(tmp_path, policy=GOOD.replace(right, wrong, 1))
    assert found[0].startswith(f"policy.yml:{expected}"), found


ADDITIONS = {
    "high stakes": (
        "  - {action_id: board, name: B, channel: email, cost_cents: 1, prior_uplift: {reply: 0.1}, stakes: high,\n"
        "     autonomy_mode: autonomous}\n",
        "23: actions[1].autonomy_mode: 'autonomous' is too much for an action with high stakes",
    ),
    "a seller without contacts": (
        "  - {action_id: call, name: C, channel: email, cost_cents: 1, prior_uplift: {reply: 0.1},\n"
        "     is_seller_action: true}\n",
        "23: actions[1].is_seller_action: takes an owner's time",
    ),
    "a name used twice": (
        "  - {action_id: mail, name: C, channel: email, cost_cents: 1, prior_uplift: {reply: 0.1}}\n",
        "22: actions[1].action_id: 'mail' is used twice",
    ),
    "shares that don't add up": (
        "arms: {model: 0.5, random_control: 0.1, business_as_usual: 0.1, holdout: 0.1}\n",
        "22: arms: the shares must add up to 1 (they add up to 0.8)",
    ),
    "a lever on nothing": (
        "levers:\n  - {name: push, weight: 50, action_id: male}\n",
        "23: levers[0].action_id: no action 'male'; did you mean 'mail'?",
    ),
    "a lever below nothing": (
        "levers:\n  - {name: push, weight: -150}\n",
        "23: levers[0].weight: must be ≥ -100 (got -150)",
    ),
    "a lever for whom nobody knows": (
        "levers:\n  - {name: push, weight: 5, who: count_repy_30d > 1}\n",
        "23: levers[0].who: ",
    ),
    "a guardrail without a bound": (
        "guardrails:\n  - {name: tight}\n",
        "23: guardrails[0]: bounds nothing; give one of: maximum_contact_share",
    ),
    "a rule that never holds": (
        "autonomy:\n  - {name: loose, action_id: mail, mode: autonomous}\n",
        "23: autonomy[0].mode: 'autonomous' isn't stricter than the action's own autonomy_mode, 'assisted'",
    ),
    "two rules of one name": (
        "review_rules:\n  - {name: a, reviewer: Jo}\n  - {name: a, reviewer: Jane}\n",
        "24: review_rules[1].name: 'a' is used twice",
    ),
    "a guardrail beyond reason": (
        "guardrails:\n  - {name: tight, maximum_contact_share: 2}\n",
        "23: guardrails[0].maximum_contact_share: must be ≤ 1",
    ),
    "an unknown section": ("limit:\n  account_daily_cap: 2\n", "22: no section 'limit'; did you mean 'limits'?"),
    "an audience of nobody": (
        "audiences:\n  - {audience_id: a, platform: meta, action_id: male}\n",
        "23: audiences[0].action_id: no action 'male'; did you mean 'mail'?",
    ),
    "an audience of an e-mail": (
        "audiences:\n  - {audience_id: a, platform: meta, action_id: mail}\n",
        "23: audiences[0].action_id: mail travels by email, whose consent_channel isn't ads",
    ),
    "an unknown activity": (
        "activity_points:\n  emial_click: {points: 1, daily_cap: 1}\n",
        "23: activity_points.emial_click: no choice 'emial_click'; did you mean 'email_click'?",
    ),
    "at risk after it lapsed": (
        "lifecycle:\n  at_risk_after_days: 300\n",
        "23: lifecycle.at_risk_after_days: must be less than lapsed_after_days",
    ),
    "no offering that takes the rest": (
        "offerings:\n  - {offering_id: one, name: One, products: [A]}\n",
        "22: offerings: one offering must say `is_default: true`",
    ),
    "two that take the rest": (
        "offerings:\n  - {offering_id: one, name: One, is_default: true}\n"
        "  - {offering_id: two, name: Two, is_default: true}\n",
        "24: offerings[1].is_default: another offering is the default already",
    ),
    "a product of two offerings": (
        "offerings:\n  - {offering_id: one, name: One, is_default: true, products: [Plan A]}\n"
        "  - {offering_id: two, name: Two, products: [plan a]}\n",
        "24: offerings[1].products[0]: 'plan a' already belongs to the offering 'one'",
    ),
    "a role needed twice": (
        "offerings:\n  - {offering_id: one, name: One, is_default: true, roles: [{role: user}, {role: user}]}\n",
        "23: offerings[0].roles[1].role: 'user' is used twice; use count for more people",
    ),
    "an unknown role": (
        "offerings:\n  - {offering_id: one, name: One, is_default: true, roles: [{role: champoin}]}\n",
        "23: offerings[0].roles[0].role: no choice 'champoin'; did you mean 'champion'?",
    ),
    "stages without a last one": (
        "lifecycle:\n  account_stages:\n    - {stage: customer, rank: 1, any_of: [{is_customer: true}]}\n",
        "24: lifecycle.account_stages[0].any_of: the last stage takes everybody",
    ),
    "a stage that hides others": (
        "lifecycle:\n  account_stages:\n    - {stage: engaged, rank: 1}\n    - {stage: target, rank: 0}\n",
        "24: lifecycle.account_stages[0].stage: has no conditions, so the stages below it are never reached",
    ),
    "a stage twice": (
        "lifecycle:\n  account_stages:\n    - {stage: target, rank: 1, any_of: [{points: 5}]}\n"
        "    - {stage: target, rank: 0}\n",
        "25: lifecycle.account_stages[1].stage: 'target' is used twice",
    ),
    "a condition that says nothing": (
        "lifecycle:\n  account_stages:\n    - {stage: engaged, rank: 1, any_of: [{}]}\n"
        "    - {stage: target, rank: 0}\n",
        "24: lifecycle.account_stages[0].any_of[0]: says nothing",
    ),
    "an account that waits for itself": (
        "lifecycle:\n  account_stages:\n    - {stage: engaged, rank: 1, any_of: [{account_stages: [target]}]}\n"
        "    - {stage: target, rank: 0}\n",
        "24: lifecycle.account_stages[0].any_of[0].account_stages: no setting 'account_stages'",
    ),
    "a contact stage that isn't defined": (
        "  - {action_id: late, name: L, channel: email, cost_cents: 1, prior_uplift: {reply: 0.1}, stages: [sal]}\n"
        "lifecycle:\n  contact_stages:\n    - {stage: lead, rank: 1}\n",
        "22: actions[1].stages[0]: no contact stage 'sal'; known: lead",
    ),
    "the same key twice": (
        "limits:\n  account_daily_cap: 2\n  account_daily_cap: 3\n",
        "24: the key 'account_daily_cap' is",
    ),
    "broken YAML": ("limits: [1, 2\n", "23: isn't valid YAML: "),
    "a tab": ("limits:\n\taccount_daily_cap: 2\n", "23: isn't valid YAML: "),
}


@pytest.mark.parametrize(("addition", "expected"), ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_that_is_wrong_is_named_with_file_and_line(tmp_path: Path, addition: str, expected: str) -> None:
    found = problems(tmp_path, policy=GOOD + addition)
    assert found[0].startswith(f"policy.yml:{expected}"), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("cost_cents: 2", "cost_cents: -1").replace("cap_days: 7", "cap_days: 0")
    assert [line.split(":")[1] for line in problems(tmp_path, policy=text)] == ["20", "13"]


def test_a_section_in_two_files_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, a=GOOD, b="goals: []\n")
    assert found == ["b.yml:1: the section 'goals' is already in a.yml:1; keep one"]


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    found = problems(tmp_path, goals=GOOD.split("channels:", maxsplit=1)[0])
    assert [line.split(": ")[1] for line in found] == ["actions"]


def test_an_empty_folder_says_where_to_start(tmp_path: Path) -> None:
    assert "copy the folder policy/" in problems(tmp_path)[0]


def test_text_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_bytes(GOOD.encode() + "# Grüße\n".encode("latin-1"))
    assert problems(tmp_path)[0].startswith("policy.yml:22: isn't UTF-8")


@given(order=st.permutations(range(6)))
def test_the_order_of_keys_does_not_change_the_version(
    order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = GOOD.split("channels:", maxsplit=1)[0].splitlines()[1:]
    keys = [line.strip().removeprefix("- ") for line in lines]
    keys.append("weight: 1.0")
    shuffled = "goals:\n" + "\n".join(("  - " if i == 0 else "    ") + keys[k] for i, k in enumerate(order))
    folder = tmp_path_factory.mktemp("policy")
    text = shuffled + "\nchannels:" + GOOD.split("channels:")[1]
    assert load_policy(written(folder, policy=text)).version == load_policy(written(folder, policy=GOOD)).version


@given(cents=st.integers(min_value=-(10**9), max_value=10**9))
def test_the_version_changes_with_the_content(cents: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("policy")
    before = load_policy(written(folder, policy=GOOD))
    after = load_policy(written(folder, policy=GOOD.replace("value_cents: 2000", f"value_cents: {cents}")))
    assert (before.version == after.version) == (cents == 2000)
    assert len(after.version) == 12
    assert int(after.version, 16) >= 0


ODD = {
    "a merge key": "limits: &a\n  account_daily_cap: 0\nlifecycle:\n  <<: *a\n",
    "two documents": "---\nlimits: {}\n---\nlimits: {}\n",
    "a list": "- goals\n",
    "text": "goals\n",
    "an empty section": "limits:\n",
    "a key that is a number": "1: 2\n",
    "a key that is a list": "? [a]\n: 2\n",
    "a date": "limits:\n  account_daily_cap: 2026-01-01\n",
    "an unknown tag": "limits: !python/object:os.system {}\n",
    "a broken alias": "limits: *nowhere\n",
    "a control character": "limits: \x00\n",
    "braces in text": "traits:\n  - {trait: '{0}', source: '{x}', source_column: '', type: '{}'}\n",
    "an endless number": "limits:\n  account_daily_cap: 1e999\n",
    "an endless list": "limits: &a [*a]\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_yaml_is_refused_in_words(tmp_path: Path, text: str) -> None:
    assert all(line.startswith("odd.yml:") for line in problems(tmp_path, good=GOOD, odd=text))


@given(data=st.data())
def test_whatever_is_written_either_loads_or_is_refused_in_words(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = GOOD.splitlines()
    position = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[position])))
    lines[position] = lines[position][:start] + data.draw(st.text("a:-{}[]'\"&*!|>%@`# \t0.e~?,", max_size=6))
    folder = tmp_path_factory.mktemp("policy")
    try:
        assert load_policy(written(folder, policy="\n".join(lines))).version
    except PolicyError as error:
        assert all(":" in line for line in error.problems)
