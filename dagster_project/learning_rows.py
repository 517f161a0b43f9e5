"""The rows that models learn from, out of the warehouse, thinned to what a training needs.

Of many rows with the same label (and action) a fixed pseudo-random part is taken, and each stands for several
(`sample_weight`), so that training time and memory don't grow with the number of contacts.
"""

import polars as pl

from dagster_project.resources.warehouse import Warehouse
from models.choices import Counts
from models.encoding import KEYS

LABELS_OF_A_KIND = 25_000
CHOICES_OF_A_KIND = 12_000

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
# Nothing tells about an action only where it could have been had, and a model's choice that was certain about nothing.
# A holdout contact gets nothing on later nights either: against it, tomorrow's actions would count as tonight's effect.
_LEARNT = """
    learnt as (
        select
            c.contact_id, coalesce(c.account_id, c.contact_id) as unit_id, c.decided_on, c.action_id,
            c.action_probability, c.eligible_action_ids, o.goal_id, o.is_reached
        from features.logged_choices as c
        inner join features.choice_outcomes as o using (contact_id, decided_on)
        where o.is_matured
            and (c.action_id <> 'none' or len(c.eligible_action_ids) > 0)
            and not (c.arm = 'model' and c.action_probability > 1 - 1e-9)
            and c.arm <> 'holdout'
    )"""
_CHOICES = f"""
    with {_LEARNT},
    choices as (
        select
            *,
            row_number() over (
                partition by action_id, is_reached order by md5(concat_ws('|', contact_id, decided_on))
            ) as draw,
            count(*) over (partition by action_id, is_reached) as count_kind
        from learnt
        where goal_id = $goal_id
    )
    select
        choices.goal_id, choices.unit_id, choices.action_id as chosen_action_id, choices.action_probability,
        choices.eligible_action_ids, choices.is_reached,
        cast(greatest(count_kind / $most, 1.0) as double) as sample_weight, f.*
    from choices
    inner join features.contact_features as f
        on choices.contact_id = f.contact_id and choices.decided_on = f.as_of_date
    where draw <= $most
    order by f.contact_id, f.as_of_date
"""
CHOICE_COLUMNS = (
    "goal_id", "unit_id", "chosen_action_id", "action_probability", "eligible_action_ids", "is_reached",
    "sample_weight",
)  # fmt: skip
_COUNTS = f"""
    with {_LEARNT},
    treated as (
        select goal_id, action_id, count(*) as exposures, sum(is_reached) as outcomes from learnt group by all
    ),
    able as (
        select goal_id, unnest(eligible_action_ids) as action_id, is_reached from learnt where action_id = 'none'
    ),
    controls as (
        select goal_id, action_id, count(*) as controls, sum(is_reached) as control_outcomes from able group by all
    )
    select
        goal_id, action_id, coalesce(exposures, 0)::bigint, coalesce(outcomes, 0)::bigint,
        coalesce(controls, 0)::bigint, coalesce(control_outcomes, 0)::bigint
    from treated full join controls using (goal_id, action_id)
    order by goal_id, action_id"""
_AMOUNTS = """
    select
        coalesce(o.account_id, o.contact_id) as unit_id, cast(o.value_cents as double) as value_cents, f.*
    from core.outcomes as o
    inner join features.contact_features as f
        on o.contact_id = f.contact_id and f.as_of_date = cast(date_trunc('month', o.occurred_at) as date)
    where o.outcome = $outcome and o.value_cents > 0
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


def count_choices(warehouse: Warehouse) -> dict[str, dict[str, Counts]]:
    """By goal and action (`none` too): matured choices that are learnt from, and those that reached the goal."""
    by_goal: dict[str, dict[str, Counts]] = {}
    for goal_id, action_id, *counts in warehouse.query(_COUNTS).iter_rows():
        by_goal.setdefault(goal_id, {})[action_id] = Counts(*counts)
    return by_goal


def read_labels(warehouse: Warehouse, goal_id: str) -> pl.DataFrame:
    """One row per contact and snapshot: unit_id, is_reached, sample_weight, and all of contact_features."""
    return warehouse.query(_LABELS, goal_id=goal_id, most=LABELS_OF_A_KIND)


def read_choices(warehouse: Warehouse, goal_id: str) -> pl.DataFrame:
    """One row per contact and decision date: `CHOICE_COLUMNS`, and all of contact_features."""
    return warehouse.query(_CHOICES, goal_id=goal_id, most=CHOICES_OF_A_KIND)


def read_amounts(warehouse: Warehouse, outcome: str) -> pl.DataFrame:
    """One row per contact and outcome with an amount: unit_id, value_cents, and the features at the month's start."""
    return warehouse.query(_AMOUNTS, outcome=outcome, most=LABELS_OF_A_KIND)
