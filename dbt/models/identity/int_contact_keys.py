from models.entity_keys import assign_keys
from models.joining import strongest_edges, uncut_edges

COLUMNS = "left_record, right_record, match_rule, match_score, is_fact, is_cut"


def model(dbt, session):
    """The contact of every source record. One row per record that is live or was merged into a live one."""
    dbt.config(materialized="table")
    joins = dbt.ref("edges").project(COLUMNS).pl()
    keys = assign_keys(dbt.ref("int_contact_nodes").pl(), uncut_edges(joins), prefix="c_")
    return keys.join(strongest_edges(joins), on="record_key", how="left", maintain_order="left")
