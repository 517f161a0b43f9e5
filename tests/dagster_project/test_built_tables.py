"""Tables that another version of the code built are stale."""

from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.defs.transformation import FIXED, MANIFEST, TRANSLATOR
from dagster_project.resources.built_tables import BuiltTables
from dagster_project.resources.warehouse import Warehouse

TABLES = {"core.touches", "core.activities"}


@pytest.fixture
def built(tmp_path: Path) -> BuiltTables:
    return BuiltTables(Warehouse(home=str(tmp_path)), "1")


def make(built: BuiltTables, *tables: str) -> None:
    with built.warehouse.connect() as connection:
        for table in tables:
            connection.execute(f"create table {table} (a integer)")


def test_an_empty_warehouse_has_nothing_stale_and_nothing_current(built: BuiltTables) -> None:
    assert built.stale(TABLES) == set()
    assert not built.are_current(TABLES)


def test_what_was_built_is_current_until_the_code_changes(built: BuiltTables) -> None:
    make(built, *TABLES)
    assert built.stale(TABLES) == TABLES, "a table of which nobody says who built it"
    built.record(TABLES)
    assert built.stale(TABLES) == set()
    assert built.are_current(TABLES)
    assert replace(built, version="2").stale({"core.touches"}) == {"core.touches"}
    assert not replace(built, version="2").are_current(TABLES)


def test_a_night_of_fewer_stages_says_nothing_of_the_others(built: BuiltTables) -> None:
    make(built, *TABLES)
    built.record(TABLES)
    newer = replace(built, version="2")
    newer.record({"core.touches"})
    assert newer.stale(TABLES) == {"core.activities"}


def test_what_a_night_leaves_as_it_is_depends_on_nothing_that_it_makes() -> None:
    made = {
        TRANSLATOR.get_asset_key(MANIFEST["nodes"][parent]): TRANSLATOR.get_asset_key(node)
        for node in MANIFEST["nodes"].values()
        if node["resource_type"] in ("model", "seed") and TRANSLATOR.get_asset_key(node) in FIXED
        for parent in node.get("depends_on", {}).get("nodes", [])
        if parent in MANIFEST["nodes"]
    }
    assert made == {}
