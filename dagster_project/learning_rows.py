"""The rows that models learn from, out of the warehouse, thinned to what a training needs.

Of many rows with the same label a fixed pseudo-random part is taken, and each stands for several
(`sample_weight`), so that training time and memory don't grow with the number of contacts.
"""

import polars as pl

from dagster_project.resources.warehouse import Warehouse
from models.encoding import KEYS

LABELS_OF_A_KIND = 25_000

_FEATURES = "features.contact_features"

_LABELS = """
    with labels as (
        select
            contact_id, coalesce(account_id, contact_id) as unit_id, as_of_date, is_reached,
            row_number() over (partition by is_reached order by md5(concat_ws('|', contact_id, as_of_date))) as draw,
            count(*) over (partition by is_reached) as count_kind
        from features.propensity_labels
        where goal_id = $goal_id
    )
    select
        labels.unit_id, labels.is_reached,
        cast(greatest(count_kind / $most, 1.0) as double) as sample_weight,
        contact_features.*
    from labels
    inner join features.contact_features using (contact_id, as_of_date)
    where draw <= $most
    order by contact_id, as_of_date
"""
_AMOUNTS = """
    select
        coalesce(o.account_id, o.contact_id) as unit_id, cast(abs(o.value_cents) as double) as value_cents, f.*
    from core.outcomes as o
    inner join features.contact_features as f
        on o.contact_id = f.contact_id and f.as_of_date = cast(date_trunc('month', o.occurred_at) as date)
    where o.outcome = $outcome and o.value_cents <> 0
    order by f.contact_id, o.occurred_at, o.outcome_id
    limit $most
"""


def feature_types(warehouse: Warehouse) -> dict[str, str]:
    """Name and type of each feature, without keys."""
    columns = warehouse.query(f"describe {_FEATURES}")
    types = dict(zip(columns["column_name"], columns["column_type"], strict=True))
    return {name: kind for name, kind in sorted(types.items()) if name not in KEYS}


def count_labels(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """By goal: matured labels, and those of them that were reached."""
    counts = warehouse.query(
        "select goal_id, count(*)::bigint, sum(is_reached)::bigint from features.propensity_labels group by goal_id"
    )
    return {goal_id: (rows, outcomes) for goal_id, rows, outcomes in counts.iter_rows()}


def read_labels(warehouse: Warehouse, goal_id: str) -> pl.DataFrame:
    """One row per contact and snapshot: unit_id, is_reached, sample_weight, and all of contact_features."""
    return warehouse.query(_LABELS, goal_id=goal_id, most=LABELS_OF_A_KIND)


def read_amounts(warehouse: Warehouse, outcome: str) -> pl.DataFrame:
    """One row per contact and outcome with an amount: unit_id, value_cents, and the features at the month's start.

    Amounts count by their size: who pays more is lost for more.
    """
    return warehouse.query(_AMOUNTS, outcome=outcome, most=LABELS_OF_A_KIND)
