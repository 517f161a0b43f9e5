"""The packaged policy, its tables, its JSON Schema and its reference page agree with the types."""

import json
from pathlib import Path

import polars as pl
import pytest

from policy.agreement import find_contradictions, find_warnings, is_quiet
from policy.channel import Channel
from policy.difference import policy_difference
from policy.documentation import json_schema, reference_page
from policy.loading import load_policy
from policy.schema import Policy
from policy.tables import SCHEMAS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ROOT / "policy")


def test_the_packaged_policy_is_right_and_prudent(policy: Policy) -> None:
    assert find_warnings(policy) == []
    assert {goal.goal_id for goal in policy.goals} == {"reply", "meeting", "opportunity", "win"}


def test_the_packaged_technical_sections_state_the_defaults(policy: Policy) -> None:
    """A setting that is left out must not change the decisions of someone who copied the packaged files."""
    bare = Policy(goals=policy.goals, actions=policy.actions, channels=policy.channels)
    for section in (
        "arms", "limits", "offerings", "buying_groups", "lifecycle", "activity_points", "consent_validity", "watch",
        "words",
    ):  # fmt: skip
        assert getattr(bare, section) == getattr(policy, section), section


def test_a_table_has_a_row_per_entry(policy: Policy) -> None:
    tables = policy.tables()
    assert tables["policy_actions"]["action_id"].to_list() == [action.action_id for action in policy.actions]
    assert tables["policy_action_goals"].height == sum(len(action.prior_uplift) for action in policy.actions)
    assert tables["policy_arms"]["share"].sum() == pytest.approx(1)
    assert tables["policy_limits"].height == tables["policy_lifecycle"].height == 1
    email = tables["policy_channels"].row(by_predicate=pl.col("channel") == "email", named=True)
    assert (email["quiet_from_hour"], email["quiet_until_hour"]) == (20, 8)


def test_definitions_of_stages_are_rows(policy: Policy) -> None:
    conditions = policy.tables()["policy_stage_conditions"]
    sal = conditions.filter(pl.col("entity") == "contact", pl.col("stage") == "sal")
    assert sal.select("alternative", "measure", "value").rows() == [
        (1, "replies", "1"),
        (2, "reaches_mql_points", "true"),
        (2, "calls", "1"),
    ]
    stages = policy.tables()["policy_stages"]
    places = stages.filter(pl.col("entity") == "contact").sort("place")["stage"].to_list()
    assert (places[0], places[-1]) == ("at_risk", "lead")


def test_an_offering_is_rows(policy: Policy) -> None:
    offering = policy.offerings[0].model_copy(update={"products": ("Plan A",), "name_words": ("core",)})
    tables = policy.model_copy(update={"offerings": (offering,)}).tables()
    assert tables["policy_offering_matches"].rows() == [
        ("default", "products", "Plan A"),
        ("default", "name_words", "core"),
    ]
    assert tables["policy_offering_roles"].height == 6


def test_every_setting_is_a_row_that_says_what_it_means(policy: Policy) -> None:
    settings = policy.tables()["policy_settings"]
    assert settings["path"].is_unique().all()
    assert settings["description"].str.len_chars().min() > 5
    values = dict(settings.select("path", "value").iter_rows())
    assert values["actions.call_discovery.cost_cents"] == "1500"
    assert values["goals.win.by"] == "null"
    assert values["watch.drift.review"] == "0.25"
    assert values["actions.email_case_study.prior_uplift.reply"] == "0.004"
    assert set(settings["section"]) | {"levers", "autonomy", "review_rules", "traits"} >= {
        section for section, value in policy if value != ()
    }

    def leaves(value: object) -> int:
        if isinstance(value, dict):
            return sum(map(leaves, value.values()))
        is_list_of_entries = isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
        return sum(map(leaves, value)) if is_list_of_entries else 1  # type: ignore[arg-type]

    assert settings.height == leaves(policy.model_dump(mode="json"))


def test_empty_tables_are_typed(policy: Policy) -> None:
    bare = Policy(goals=policy.goals, actions=policy.actions, channels=policy.channels)
    for name, frame in bare.tables().items():
        assert dict(frame.schema) == SCHEMAS[name.removeprefix("policy_")]
    assert bare.tables()["policy_audiences"].is_empty()


def test_every_yml_names_the_schema_for_editors() -> None:
    for path in (ROOT / "policy").glob("*.yml"):
        assert path.read_text().startswith("# yaml-language-server: $schema=./policy.schema.json\n"), path.name


def test_the_json_schema_is_current() -> None:
    assert (ROOT / "policy/policy.schema.json").read_text() == json_schema(), "run `nightjar policy schema`"
    assert set(json.loads(json_schema())["properties"]) == set(Policy.model_fields)


def test_the_reference_page_is_current() -> None:
    assert (ROOT / "docs/policy.md").read_text() == reference_page(), "run `nightjar policy docs`"


def test_the_difference_names_what_changed(policy: Policy) -> None:
    goals = (policy.goals[0].model_copy(update={"value_cents": 2_500}), *policy.goals[1:])
    changed = policy.model_copy(update={"goals": goals, "audiences": policy.audiences[1:]})
    assert policy_difference(policy.tables(), policy.tables()) == []
    assert policy_difference(policy.tables(), changed.tables()) == [
        "~ goals.reply.value_cents: 2000 → 2500",
        "- audiences.nurture_google: platform google, action_id ads_nurture",
    ]


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [(20, 8, {20, 21, 22, 23, *range(8)}), (1, 3, {1, 2}), (None, None, set())],
)
def test_quiet_hours_may_run_over_midnight(policy: Policy, start: int, end: int, quiet: set[int]) -> None:
    channel: Channel = policy.channels[0].model_copy(update={"quiet_from_hour": start, "quiet_until_hour": end})
    assert {hour for hour in range(24) if is_quiet(channel, hour)} == quiet


def test_warnings_name_what_costs_proof(policy: Policy) -> None:
    arms = policy.arms.model_copy(update={"model": 0.9, "holdout": 0.0, "random_control": 0.0})
    limits = policy.limits.model_copy(update={"exploration_share": 0.0})
    warnings = find_warnings(policy.model_copy(update={"arms": arms, "limits": limits, "actions": policy.actions[:1]}))
    assert any("holdout is 0" in warning for warning in warnings)
    assert any("nothing new can be learnt" in warning for warning in warnings)
    assert "channel call has no active action" in warnings
    assert "goal win isn't served by any active action" in warnings


def test_an_offering_that_nothing_belongs_to_is_a_warning(policy: Policy) -> None:
    offering = policy.offerings[0].model_copy(update={"offering_id": "empty", "is_default": False})
    (warning,) = find_warnings(policy.model_copy(update={"offerings": (*policy.offerings, offering)}))
    assert warning.startswith("offering empty has no products")


def test_what_is_protected_must_be_a_trait(policy: Policy) -> None:
    watch = policy.watch.model_copy(update={"protected": ("gendre",)})
    (problem,) = find_contradictions(policy.model_copy(update={"watch": watch}))
    assert problem.place == ("watch", "protected", 0) and "no trait 'gendre'" in problem.message
