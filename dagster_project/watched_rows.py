"""The rows that models are watched on: the newest choices with a known result, and who got what lately."""

from collections.abc import Collection
from datetime import date

import polars as pl

from dagster_project.resources.warehouse import Warehouse

MOST = 30_000
# A choice counts once its result is known, and as new by how far it lies behind the newest of those.
_CHOICES = """
    with matured as (
        select c.*, coalesce(c.account_id, c.contact_id) as unit_id, o.is_reached
        from features.logged_choices as c
        inner join features.choice_outcomes as o using (contact_id, decided_on)
        where o.is_matured and o.goal_id = $goal_id
    ),
    newest as (
        select * from matured
        where decided_on > (select max(decided_on) from matured) - cast($days as integer)
        order by md5(concat_ws('|', contact_id, decided_on)), contact_id, decided_on
        limit $most
    )
    select
        newest.unit_id, newest.action_id as chosen_action_id, newest.action_probability, newest.eligible_action_ids,
        newest.arm, newest.is_reached, f.*
    from newest
    inner join features.contact_features as f
        on newest.contact_id = f.contact_id and newest.decided_on = f.as_of_date
    order by f.contact_id, f.as_of_date
"""
CHOICE_COLUMNS = (
    "unit_id", "chosen_action_id", "action_probability", "eligible_action_ids", "arm", "is_reached",
)  # fmt: skip
# Only the model's own choices, of earlier nights: tonight's aren't made yet.
_TREATMENT = """
    with watched as (
        select contact_id, coalesce(account_id, contact_id) as unit_id
        from features.contact_features
        where as_of_date = $night
        order by md5(contact_id), contact_id
        limit $most
    ),
    offered as (
        select contact_id, unit_id, action_id as got, unnest(eligible_action_ids) as action_id
        from raw.ledger_decisions
        inner join watched using (contact_id)
        where arm = 'model' and run_date < $night and run_date >= $night - cast($days as integer)
    )
    select action_id, contact_id, unit_id, bool_or(got is not distinct from action_id) as is_got
    from offered
    group by all
    order by 1, 2
"""


def read_known_choices(warehouse: Warehouse, goal_id: str, days: int, most: int = MOST) -> pl.DataFrame:
    """One row per contact and decision date: `CHOICE_COLUMNS`, and all of contact_features as of the date."""
    return warehouse.query(_CHOICES, goal_id=goal_id, days=days, most=most)


def read_treatment(warehouse: Warehouse, night: date, days: int, most: int = MOST) -> pl.DataFrame:
    """One row per action and contact that could get it lately: action_id, contact_id, unit_id, is_got."""
    return warehouse.query(_TREATMENT, night=night, days=days, most=most)


def read_attributes(warehouse: Warehouse, night: date, names: Collection[str]) -> pl.DataFrame:
    """One row per contact of the night: contact_id, traits, and those of the names that are features."""
    columns = warehouse.query("describe features.contact_features")["column_name"]
    wanted = ", ".join(f'"{each}"' for each in columns if each in {"contact_id", "traits", *names})
    return warehouse.query(f"select {wanted} from features.contact_features where as_of_date = $night", night=night)
