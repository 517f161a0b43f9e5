"""The night that runs: its date and where its inputs and outputs are."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
from pydantic import Field


class Night(dg.ConfigurableResource):
    """One night. A night isn't a Dagster partition: it stands on the ledger of the nights before it, so nights can't be
    run in any order.
    """

    home: str = Field(description="Folder of everything a run makes.")
    exports: str = Field(description="Folder <source>/<object>/<files> that the night reads.")
    policy: str = Field(description="Folder of the policy's YAML files.")
    run_date: str = Field(default="", description="The night to run, YYYY-MM-DD; empty means today (UTC).")

    @property
    def date(self) -> date:
        """The night's date. Everything that happened before its 00:00 UTC is known."""
        return date.fromisoformat(self.run_date) if self.run_date else datetime.now(UTC).date()

    @property
    def home_dir(self) -> Path:
        return Path(self.home)

    @property
    def exports_dir(self) -> Path:
        return Path(self.exports)

    @property
    def policy_dir(self) -> Path:
        return Path(self.policy)
