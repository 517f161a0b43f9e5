"""Whose an address, login, record or device became tonight, into the ledger: features as of a past day ask for it."""

import dagster as dg

from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse

# The first night's are known since ever and needn't be kept. Addresses don't belong into an append-only ledger.
NEW = """
    select distinct kind, sha256(identifier) as identifier_hash, contact_id, known_on
    from core.int_identifiers
    where known_on = (select max(run_date) from raw.night)
        and known_on > (select coalesce(min(first_seen_on), known_on) from raw.ledger_files)
    order by all
"""


@dg.asset(
    key=["core", "ledger_attributions"],
    group_name="identity",
    deps=[dg.AssetKey(["core", "int_identifiers"])],
    description="Identifiers of events that became a contact's tonight, hashed, appended to the ledger. [night]",
)
def ledger_attributions(night: Night, warehouse: Warehouse, ledger: Ledger) -> dg.MaterializeResult:
    """Append tonight's attributions."""
    rows = warehouse.query(NEW)
    if len(rows):
        ledger.append("attributions", night.date, rows)
    return dg.MaterializeResult(metadata={"rows": len(rows)})
