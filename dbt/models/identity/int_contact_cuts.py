import polars as pl

from models.hysteresis import Thresholds, weigh_edges
from models.joining import cut_edges, weak_cuts

COLUMNS = "left_record, right_record, match_rule, match_score, is_fact"


def model(dbt, session):
    """Edges that don't join. One row per pair of source records and rule."""
    dbt.config(materialized="table")
    thresholds = Thresholds.from_settings(dbt.ref("match_settings").pl())
    known_keys = dbt.ref("int_contact_nodes").project("record_key, known_key").pl()
    edges = dbt.ref("int_contact_edges").project(COLUMNS).pl()
    conflicts, components = dbt.ref("int_contact_conflicts").pl(), dbt.ref("int_contact_components").pl()
    weighed = weigh_edges(edges, known_keys, thresholds)
    return pl.concat([cut_edges(weighed.counting, conflicts, components), weak_cuts(weighed.too_weak)])
