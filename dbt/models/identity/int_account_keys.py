from models.entity_keys import assign_keys
from models.joining import uncut_edges


def model(dbt, session):
    """The account of each node that stands for a company. One row per node that is live or was merged into one."""
    dbt.config(materialized="table")
    edges = uncut_edges(dbt.ref("int_account_joins").pl())
    return assign_keys(dbt.ref("int_account_nodes").pl(), edges, prefix="a_")
