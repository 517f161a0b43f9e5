"""Options of the whole suite."""

import os

import pytest

# As in every run (settings.export_to_environment), and before a library reads it: waiting threads of a fit sleep.
os.environ["OMP_WAIT_POLICY"] = "passive"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--snapshot-update", action="store_true", help="write the agreed asset graph anew")
