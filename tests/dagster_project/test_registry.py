import os
from datetime import date
from pathlib import Path

import pytest

from dagster_project.resources.registry import NewVersion, Registry, RegistryError
from dagster_project.settings import TELEMETRY_OFF

NAME = "nightjar-propensity-reply"


def new(content: bytes = b"trees", **tags: str) -> NewVersion:
    return NewVersion(
        NAME,
        bundle={"model.ubj": content, "encoder.json": b"{}"},
        metrics={"auc": 0.7},
        params={"seed": "1"},
        tags=tags,
        figures={"calibration.png": b"png"},
    )


@pytest.fixture(scope="module", autouse=True)
def no_telemetry() -> None:
    """As in every run."""
    os.environ.update(TELEMETRY_OFF)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests here: making MLflow's database takes seconds."""
    return tmp_path_factory.mktemp("home")


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    registry = Registry(home=str(tmp_path / "fresh"))
    assert registry.versions(NAME) == []
    assert registry.champion(NAME) is None
    assert not (tmp_path / "fresh").exists(), "asking makes nothing"


def test_round_trip(home: Path) -> None:
    registry = Registry(home=str(home))
    first = registry.log_and_register(new(b"first", trained_for="2026-01-05"))
    second = registry.log_and_register(new(b"second", trained_for="2026-01-12"))
    assert (first.version, second.version) == (1, 2)
    assert registry.champion(NAME) is None, "registered isn't yet champion"
    registry.set_champion(first)
    champion = Registry(home=str(home)).champion(NAME)
    assert champion is not None and champion.version.version == 1
    assert dict(champion.files) == {"model.ubj": b"first", "encoder.json": b"{}"}
    registry.set_champion(second)
    champion = registry.champion(NAME)
    assert champion is not None and champion.files["model.ubj"] == b"second"
    assert [each.tags["trained_for"] for each in registry.versions(NAME)] == ["2026-01-05", "2026-01-12"]
    assert registry.versions("nightjar-uplift") == [] and registry.champion("nightjar-uplift") is None


def test_everything_stays_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    registry = Registry(home=str(home))
    version = registry.log_and_register(new())
    assert list(tmp_path.iterdir()) == []
    run = home / "mlartifacts" / version.run_id / "artifacts"
    assert sorted(path.name for path in run.rglob("*") if path.is_file()) == [
        "calibration.png", "encoder.json", "model.ubj", "parameters.json",
    ]  # fmt: skip


def test_a_moved_home_still_loads_and_keeps_new_models_to_itself(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    Registry(home=str(before)).set_champion(Registry(home=str(before)).log_and_register(new(b"moved")))
    before.rename(after)
    champion = Registry(home=str(after)).champion(NAME)
    assert champion is not None and champion.files["model.ubj"] == b"moved"
    later = Registry(home=str(after)).log_and_register(new(b"later"))
    assert Registry(home=str(after)).load(later).files["model.ubj"] == b"later"
    assert not before.exists()


def test_an_unreadable_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(RegistryError, match=r"the model store .*mlflow.db can't be read"):
        Registry(home=str(tmp_path)).versions(NAME)


@pytest.mark.parametrize("damage", ["changed", "missing file", "missing folder"])
def test_damage_is_told_with_model_version_and_remedy(home: Path, damage: str) -> None:
    registry = Registry(home=str(home))
    version = registry.log_and_register(new(trained_for=str(date(2026, 1, 19))))
    bundle = home / "mlartifacts" / version.run_id / "artifacts" / "bundle"
    if damage == "changed":
        (bundle / "model.ubj").write_bytes(b"tree")
    elif damage == "missing file":
        (bundle / "model.ubj").unlink()
    else:
        bundle.rename(bundle.with_name("elsewhere"))
    with pytest.raises(RegistryError, match=rf"model {NAME}/{version.version} can't be read .*restore that folder"):
        registry.load(version)
