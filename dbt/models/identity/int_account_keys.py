from models.entity_keys import assign_keys
from models.joining import strongest_edges, uncut_edges


def model(dbt, session):
    """The account of each node that stands for a company. One row per node that is live or was merged into one."""
    dbt.config(materialized="table")
    joins = dbt.ref("int_account_joins").pl()
    keys = assign_keys(dbt.ref("int_account_nodes").pl(), uncut_edges(joins), prefix="a_")
    return keys.join(strongest_edges(joins), on="record_key", how="left", maintain_order="left")
