"""Imports point one way: dagster_project → models, expectations, policy; `models` knows none of the platforms."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = {"dagster", "dagster_dbt", "duckdb", "mlflow", "dbt"}
ALLOWED_SIBLINGS = {
    "models": {"models", "policy"},
    "policy": {"policy"},
    "expectations": {"expectations"},
    "sandbox": {"sandbox"},
    "dagster_project": {"dagster_project", "models", "expectations", "policy", "sandbox"},
}
SIBLINGS = set(ALLOWED_SIBLINGS) | {"benchmarks"}


def imported_packages(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(ALLOWED_SIBLINGS))
def test_siblings_are_imported_in_one_direction(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        wrong = (imported_packages(path) & SIBLINGS) - ALLOWED_SIBLINGS[package]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_models_import_no_platform() -> None:
    for path in (ROOT / "models").rglob("*.py"):
        assert not imported_packages(path) & PLATFORMS, path.name


def test_only_the_demo_knows_the_simulated_market() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dagster_project").rglob("*.py")
        if "sandbox" in imported_packages(path)
    }
    assert users <= {"dagster_project/commands/demo.py"}
    for folder in ("dagster_project", "dbt", "models", "expectations", "policy"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sql", ".yml"} and "target" not in path.parts:
                assert ".truth" not in path.read_text() or path.name == "demo.py", path


def test_only_settings_reads_the_environment() -> None:
    for package in ("dagster_project", "models", "policy", "expectations", "sandbox"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "settings.py":
                assert "os.environ" not in path.read_text(), path
