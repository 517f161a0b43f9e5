"""Options of the whole suite."""

import os

import pytest
from hypothesis import settings

# As in every run (settings.export_to_environment), and before a library reads it: waiting threads of a fit sleep.
os.environ["OMP_WAIT_POLICY"] = "passive"
# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--snapshot-update", action="store_true", help="write the agreed asset graph anew")
