from models.hysteresis import Thresholds, weigh_edges
from models.joining import join_records, with_weak_edges


def model(dbt, session):
    """Which edges count. One row per pair of source records and rule."""
    dbt.config(materialized="table")
    thresholds = Thresholds.from_settings(dbt.ref("match_settings").pl())
    known_keys = dbt.ref("int_contact_nodes").project("record_key, known_key").pl()
    edges = weigh_edges(dbt.ref("int_contact_edges").pl(), known_keys, thresholds)
    components = dbt.ref("int_contact_components").pl()
    joins = join_records(edges.counting, dbt.ref("int_contact_conflicts").pl(), components)
    return with_weak_edges(joins, edges.too_weak)
