from models.components import joined_records
from models.hysteresis import Thresholds, weigh_edges


def model(dbt, session):
    """Records that edges join. One row per source record with an edge to another."""
    dbt.config(materialized="table")
    thresholds = Thresholds.from_settings(dbt.ref("match_settings").pl())
    known_keys = dbt.ref("int_contact_nodes").project("record_key, known_key").pl()
    edges = dbt.ref("int_contact_edges").project("left_record, right_record, match_rule, match_score").pl()
    weighed = weigh_edges(edges, known_keys, thresholds)
    return joined_records(weighed.counting)
