"""Contact policy refers to what exists, asks for what is possible, and its tables say which actions wait."""

from pathlib import Path

import pytest

from policy.loading import load_policy
from tests.policy.test_loading import GOOD, problems, written

SECOND = """\
  - action_id: mail_again
    name: Mail again
    channel: email
    cost_cents: 2
    prior_uplift: {reply: 0.01}
    is_priority: true
"""
RULES = """\
contact_policy:
  rules:
    - {name: ignored, counts: ignored, channels: [email], at_least: 3, within_days: 30, pause_days: 14}
    - {name: account_week, per: account, at_least: 10, within_days: 7, applies_to_actions: [mail]}
"""


def test_a_rule_holds_back_all_but_priority_actions_or_those_it_names(tmp_path: Path) -> None:
    opening = "    opens_after: [{action: mail_again, after_days: 3}, {outcome: reply, within_days: 14}]\n"
    tables = load_policy(written(tmp_path, policy=GOOD + opening + SECOND + RULES)).tables()
    assert tables["policy_contact_rule_actions"].rows() == [("ignored", "mail"), ("account_week", "mail")]
    assert tables["policy_contact_rule_channels"].rows() == [("ignored", "email")]
    assert tables["policy_contact_rules"].select("name", "counts", "per", "pause_days").rows() == [
        ("ignored", "ignored", "contact", 14),
        ("account_week", "touches", "account", None),
    ]
    assert tables["policy_contact_policy"].rows() == [(30, None)]
    assert tables["policy_action_openings"].rows() == [
        ("mail", 1, "action", "mail_again", 3, 30),
        ("mail", 2, "outcome", "reply", 0, 14),
    ]


def test_actions_that_wait_for_one_another_never_open(tmp_path: Path) -> None:
    ring = GOOD + "    opens_after: [{action: mail_again}]\n" + SECOND + "    opens_after: [{action: mail}]\n"
    told = problems(tmp_path, policy=ring)
    assert [line.partition(": never")[0] for line in told] == [
        "policy.yml:22: actions[0].opens_after",
        "policy.yml:29: actions[1].opens_after",
    ]
    load_policy(written(tmp_path, policy=ring.replace("[{action: mail}]", "[{action: mail}, {outcome: reply}]")))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("    opens_after: [{action: mial}]\n", "opens_after[0].action: no action 'mial'; did you mean 'mail'?"),
        ("    opens_after: [{action: mail}]\n", "actions[0].opens_after[0].action: would have to come before itself"),
        ("    opens_after: [{after_days: 2}]\n", "actions[0].opens_after[0]: name either an action or an outcome"),
        ("    opens_after: [{outcome: reply, after_days: 9, within_days: 7}]\n", "the action would never open"),
        (RULES.replace("[email]", "[e_mail]"), "rules[0].channels[0]: no channel 'e_mail'; did you mean 'email'?"),
        (RULES.replace("[mail]", "[mial]"), "rules[1].applies_to_actions[0]: no action 'mial'; did you mean 'mail'?"),
        (RULES.replace("counts: ignored", "counts: reply"), "rules[0].channels: an outcome (reply) has no channel"),
        (RULES.replace("name: account_week", "name: ignored"), "rules[1].name: 'ignored' is used twice"),
        (RULES.replace("per: account", "per: company"), "contact_policy.rules[1].per: no choice 'company'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_with_its_place(tmp_path: Path, wrong: str, message: str) -> None:
    (problem,) = problems(tmp_path, policy=GOOD + wrong)
    assert problem.startswith("policy.yml:") and message in problem
