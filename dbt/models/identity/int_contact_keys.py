from models.identity import assign_keys


def model(dbt, session):
    """The contact of every source record. One row per record that is live or was merged into a live one."""
    dbt.config(materialized="table")
    return assign_keys(dbt.ref("int_contact_nodes").pl(), dbt.ref("int_contact_edges").pl(), prefix="c_")
