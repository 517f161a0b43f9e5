import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sandbox.market import create_market

NIGHT = date(2026, 3, 2)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports of 3,000 people, with their truth beside. Not to be changed: copy them first."""
    exports = tmp_path_factory.mktemp("market") / "exports"
    create_market(exports, 3000, NIGHT, 11)
    return exports


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the market under a name, to live on in."""

    def copy(name: str) -> Path:
        target = tmp_path / name / "exports"
        shutil.copytree(made, target)
        shutil.copytree(made.with_name("exports.truth"), target.with_name("exports.truth"))
        return target

    return copy
