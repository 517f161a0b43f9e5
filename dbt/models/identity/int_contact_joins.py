from models.joining import join_records


def model(dbt, session):
    """Which edges count. One row per pair of source records and rule."""
    dbt.config(materialized="table")
    components = dbt.ref("int_contact_components").pl()
    return join_records(dbt.ref("int_contact_edges").pl(), dbt.ref("int_contact_conflicts").pl(), components)
