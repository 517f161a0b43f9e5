"""Settings of a deployment. The only place that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt"
DEFAULT_POLICY_DIR = PROJECT_ROOT / "policy"

TELEMETRY_OFF = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class SettingsError(ValueError):
    """A setting that is unknown or has an impossible value; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where a deployment keeps its things and how much of the machine it may use.

    Attributes:
        home: folder of everything a run makes.
        exports: folder `<source>/<object>/<files>` that the night reads.
        policy: folder of the policy's YAML files.
        run_date: the night to run; None means today (UTC).
        threads: threads for DuckDB and XGBoost.
        memory_limit: DuckDB's memory limit, for example `4GB`.
    """

    home: Path
    exports: Path
    policy: Path = DEFAULT_POLICY_DIR
    run_date: date | None = None
    threads: int = 2
    memory_limit: str = "4GB"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from `NIGHTJAR_*` variables.

        Raises:
            SettingsError: for a `NIGHTJAR_*` variable that doesn't exist or has an impossible value.
        """
        known = {f"NIGHTJAR_{name.upper()}": name for name in cls.__dataclass_fields__}
        unknown = sorted(name for name in environment if name.startswith("NIGHTJAR_") and name not in known)
        if unknown:
            raise SettingsError(f"unknown setting {unknown[0]}; known settings: {', '.join(sorted(known))}")
        home = Path(environment.get("NIGHTJAR_HOME") or PROJECT_ROOT / "home").resolve()
        run_date = environment.get("NIGHTJAR_RUN_DATE")
        try:
            return cls(
                home=home,
                exports=Path(environment.get("NIGHTJAR_EXPORTS") or home / "exports").resolve(),
                policy=Path(environment.get("NIGHTJAR_POLICY") or DEFAULT_POLICY_DIR).resolve(),
                run_date=date.fromisoformat(run_date) if run_date else None,
                threads=int(environment.get("NIGHTJAR_THREADS") or cls.threads),
                memory_limit=environment.get("NIGHTJAR_MEMORY_LIMIT") or cls.memory_limit,
            )
        except ValueError as error:
            raise SettingsError(f"a NIGHTJAR_* setting has an impossible value: {error}") from error

    def export_to_environment(self) -> None:
        """Hand these settings to child processes (dbt), with every tool's telemetry off."""
        os.environ.update(TELEMETRY_OFF)
        os.environ["OMP_WAIT_POLICY"] = "passive"  # idle threads of a fit sleep; spinning slows a busy machine most
        os.environ.update(
            NIGHTJAR_HOME=str(self.home),
            NIGHTJAR_THREADS=str(self.threads),
            NIGHTJAR_MEMORY_LIMIT=self.memory_limit,
        )
