from models.company_conflicts import company_conflicts
from models.components import joined_records
from models.joining import join_records


def model(dbt, session):
    """Which edges between companies count. One row per pair of nodes and rule."""
    dbt.config(materialized="table")
    edges = dbt.ref("int_account_edges").pl().rename({"left_node": "left_record", "right_node": "right_record"})
    components = joined_records(edges)
    return join_records(edges, company_conflicts(components, dbt.ref("int_crm_companies").pl()), components)
