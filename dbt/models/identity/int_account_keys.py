from models.entity_keys import assign_keys


def model(dbt, session):
    """The account of each node that stands for a company. One row per node that is live or was merged into one."""
    dbt.config(materialized="table")
    return assign_keys(dbt.ref("int_account_nodes").pl(), dbt.ref("int_account_edges").pl(), prefix="a_")
