"""Pins the asset graph: which assets there are, in which stage, and that every stage stands on the one before."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.definitions import build_definitions
from dagster_project.settings import Settings
from dagster_project.stages import STAGES

SNAPSHOT = Path(__file__).with_name("asset_graph.json")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("home")
    return build_definitions(Settings(home=home, exports=home / "exports")).resolve_asset_graph()


def describe(graph: Any) -> dict[str, dict[str, object]]:
    """Per asset: its stage and what it is made from."""
    return {
        key.to_user_string(): {
            "stage": graph.get(key).group_name,
            "from": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
        }
        for key in sorted(graph.materializable_asset_keys)
    }


def test_graph_is_as_agreed(graph: Any, request: pytest.FixtureRequest) -> None:
    """A changed graph is a decision: look at the difference, then `pytest --snapshot-update` writes the new one."""
    actual = describe(graph)
    if request.config.getoption("--snapshot-update"):
        SNAPSHOT.write_text(json.dumps(actual, indent=1) + "\n")
    expected = json.loads(SNAPSHOT.read_text())
    assert actual == expected


def test_every_asset_has_a_stage_and_every_stage_an_asset(graph: Any) -> None:
    assert {graph.get(key).group_name for key in graph.materializable_asset_keys} == set(STAGES)


def test_data_flows_one_way(graph: Any) -> None:
    """No asset is made from one of a later stage, but that only what is allowed for whom is scored and explained, and
    hours are learnt in the zones in which messages leave."""
    order = {stage: number for number, stage in enumerate(STAGES)}
    backwards = {
        (key.to_user_string(), parent.to_user_string())
        for key in graph.materializable_asset_keys
        for parent in graph.get(key).parent_keys
        if parent in graph.materializable_asset_keys
        and order[graph.get(parent).group_name] > order[graph.get(key).group_name]
    }
    assert backwards == {
        ("decisioning/action_scores", "decisioning/eligible_actions"),
        ("decisioning/action_drivers", "decisioning/eligible_actions"),
        ("decisioning/send_hours", "decisioning/contact_zones"),
    }


def test_no_asset_reads_what_nothing_makes(graph: Any) -> None:
    made = graph.materializable_asset_keys
    missing = {parent.to_user_string() for key in made for parent in graph.get(key).parent_keys if parent not in made}
    assert missing == set()


def test_checks_at_the_borders_block(graph: Any) -> None:
    blocking = {
        key.asset_key.to_user_string().split("/")[0] for key in graph.asset_check_keys if graph.get(key).blocking
    }
    assert {"raw", "activation"} <= blocking
