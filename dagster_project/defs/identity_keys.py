"""What tonight's identity decided, into the ledger: it can't be recomputed once the exports of the day are gone."""

import dagster as dg

from dagster_project.ingestion.ledger_schema import MATCH_PARAMETERS
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse

TABLE_OF_KIND = {
    "contact_keys": "contact_keys_new",
    "account_keys": "account_keys_new",
    "merges": "merges_new",
    "splits": "splits_new",
    "match_parameters": "match_parameters",
    "company_claims": "company_claims_new",
}
COLUMNS_OF_KIND = {"match_parameters": ", ".join(MATCH_PARAMETERS)}
NEW_ROWS = {"match_parameters": "where is_new"}


@dg.asset(
    key=["identity", "ledger_keys"],
    group_name="identity",
    deps=[dg.AssetKey(["identity", table]) for table in TABLE_OF_KIND.values()],
    description="New keys, merges, splits and claims of employers, and what matching learnt, for the ledger. [night]",
)
def ledger_keys(night: Night, warehouse: Warehouse, ledger: Ledger) -> dg.MaterializeResult:
    """Append tonight's keys, merges, splits and claims; a second run that has none replaces what the first had."""
    counts = {}
    for kind, table in TABLE_OF_KIND.items():
        rows = warehouse.query(
            f"select {COLUMNS_OF_KIND.get(kind, '*')} from identity.{table} {NEW_ROWS.get(kind, '')} order by all"
        )
        if len(rows) or any(path.name.startswith(night.date.isoformat()) for path in ledger.files(kind)):
            ledger.append(kind, night.date, rows)
        counts[kind] = len(rows)
    return dg.MaterializeResult(metadata=counts)
