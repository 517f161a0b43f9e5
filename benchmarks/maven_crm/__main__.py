"""Runs one night on the Maven CRM export and prints what the night says of it.

    python -m benchmarks.maven_crm

Writes benchmarks/results/maven_crm.json.
"""

import tempfile
from datetime import date
from pathlib import Path

from rich.console import Console

from benchmarks.maven_crm.exports import write_exports
from benchmarks.paths import DATA_DIR, write_result
from dagster_project.night_run import run_night
from dagster_project.resources.warehouse import Warehouse
from dagster_project.settings import Settings

NIGHT = date(2018, 1, 1)
FIGURES = {
    "accounts": "select count(*) from core.accounts",
    "opportunities": "select count(*) from core.opportunities",
    "opportunities_won": "select count(*) from core.opportunities where is_won",
    "opportunities_without_account": "select count(*) from core.opportunities where account_id is null",
    "contacts": "select count(*) from core.contacts",
    "actions": "select count(*) from decisioning.next_best_action where action_id is not null",
    "rejected_rows": "select count(*) from raw.rejected_rows",
}


def main() -> None:
    """Run the study."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="nightjar-maven-") as folder:
        exports, home = Path(folder) / "exports", Path(folder) / "home"
        write_exports(DATA_DIR / "funnel_maven_crm_opportunities", exports)
        result = run_night(Settings(home=home, exports=exports, run_date=NIGHT))
        warehouse = Warehouse(home=str(home))
        figures = {name: warehouse.query(query).item() for name, query in FIGURES.items()}
        broken = warehouse.query(
            "select source, object, column_name, value, count_rows from core.broken_references order by all"
        ).rows()
    console.print(f"night completed: {result.success}", *[failure.message for failure in result.failures])
    for name, value in figures.items():
        console.print(f"{name:32} {value:>8,}")
    for source, name, column, value, count in broken:
        console.print(f"broken: {source}/{name}.{column} = {value!r} in {count:,} rows")
    console.print(f"written: {write_result('maven_crm', {'completed': result.success, **figures, 'broken': broken})}")


if __name__ == "__main__":
    main()
