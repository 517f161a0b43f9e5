from models.components import joined_records


def model(dbt, session):
    """Records that edges join. One row per source record with an edge to another."""
    dbt.config(materialized="table")
    return joined_records(dbt.ref("int_contact_edges").pl())
