"""Mistakes in routing are told with their place and remedy; what is right becomes tables."""

from datetime import date
from pathlib import Path

import pytest

from policy.loading import PolicyError, load_policy
from policy.routing_tables import ROUTING_SCHEMAS

POLICY = """\
goals: [{goal_id: meeting, name: Meeting, outcome: meeting, value_cents: 2000, horizon_days: 7}]
channels: [{channel: call, bases: [express], consent_channel: phone, is_addressed_by: phone, cap_count: 1, cap_days: 7}]
actions:
  - {action_id: call, name: Call, channel: call, cost_cents: 2, prior_uplift: {meeting: 0.01}, needs_owner: true}
  - action_id: robot
    name: Robot
    channel: call
    cost_cents: 2
    prior_uplift: {meeting: 0.01}
    needs_owner: false
    is_seller_action: false
"""
RIGHT = """\
routing:
  territories:
    - {territory: dach, name: DACH, countries: [DE, AT], who: "count_reply_30d > 0"}
  skills_needed:
    - {skill: german, territories: [dach]}
  reps:
    - rep: Jane@Us.example
      daily_capacity: 5
      territories: [dach]
      skills: [german]
      working_days: [monday, friday]
      absences:
        - {away_from: 2026-03-02, away_until: 2026-03-09}
        - {away_from: 2026-12-24}
    - rep: 005Xy
  teams:
    - {team: sdr, name: SDR, reps: [jane@us.example, 005Xy], actions: [call]}
"""


def load(folder: Path, routing: str) -> dict:
    (folder / "policy.yml").write_text(POLICY + routing)
    return load_policy(folder).tables()


def test_routing_becomes_tables(tmp_path: Path) -> None:
    tables = load(tmp_path, RIGHT)
    assert set(ROUTING_SCHEMAS) == {name.removeprefix("policy_") for name in tables} & set(ROUTING_SCHEMAS)
    assert tables["policy_reps"].rows() == [("jane@us.example", 1, 5), ("005Xy", 2, None)]
    assert tables["policy_rep_absences"].rows() == [
        ("jane@us.example", date(2026, 3, 2), date(2026, 3, 9)), ("jane@us.example", date(2026, 12, 24), None),
    ]  # fmt: skip
    assert tables["policy_skills_needed"].rows() == [("german", "dach", None)]
    assert tables["policy_team_reps"].rows() == [("sdr", "jane@us.example"), ("sdr", "005Xy")]
    parts = tables["policy_territory_parts"].rows()
    asked = tables["policy_conditions"].filter(section="routing")["condition_id"].to_list()
    assert parts == [("dach", "country", "de"), ("dach", "country", "at"), ("dach", "condition", asked[0])]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("territories: [dach]}", "territories: [dahc]}", "no territory 'dahc'; did you mean 'dach'?"),
        ("skill: german", "skill: italian", "no rep has the skill 'italian'"),
        ("away_until: 2026-03-09", "away_until: 2026-03-01", "lies before away_from, 2026-03-02"),
        ("reps: [jane@us.example,", "reps: [jan@us.example,", "did you mean 'jane@us.example'?"),
        ("actions: [call]", "actions: [robot]", "robot needs no owner, so no rep does it"),
        ("actions: [call]", "actions: [cal]", "no action 'cal'; did you mean 'call'?"),
        ("005Xy\n", "jane@us.example\n", "'jane@us.example' is used twice"),
        ("countries: [DE, AT]", "countries: [Germany]", "countries"),
        ("[monday, friday]", "[monday, firday]", "did you mean 'friday'?"),
        ("2026-03-02,", "march,", "away_from"),
        ("count_reply_30d > 0", "count_replys_30d > 0", "count_reply"),
    ],
)
def test_mistakes_are_told_where_they_are(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert before in RIGHT
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, RIGHT.replace(before, after))
    line = (
        (POLICY + RIGHT.replace(before, after))
        .splitlines()
        .index(next(each for each in RIGHT.replace(before, after).splitlines() if after.strip() in each))
    )
    assert any(expected in told for told in caught.value.problems), caught.value.problems
    assert any(told.startswith(f"policy.yml:{line + 1}:") for told in caught.value.problems), caught.value.problems
