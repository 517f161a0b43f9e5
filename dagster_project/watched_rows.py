"""The rows that models are watched on: the newest choices with a known result, and who got what lately."""

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
    with offered as (
        select contact_id, action_id as got, unnest(eligible_action_ids) as action_id
        from raw.ledger_decisions
        where arm = 'model' and run_date < $night and run_date >= $night - cast($days as integer)
    )
    select
        offered.action_id, contacts.contact_id, coalesce(contacts.account_id, contacts.contact_id) as unit_id,
        bool_or(offered.got is not distinct from offered.action_id) as is_got
    from offered
    inner join features.contact_features as contacts
        on offered.contact_id = contacts.contact_id and contacts.as_of_date = $night
    group by all
    order by 1, 2
"""


def read_known_choices(warehouse: Warehouse, goal_id: str, days: int, most: int = MOST) -> pl.DataFrame:
    """One row per contact and decision date: `CHOICE_COLUMNS`, and all of contact_features as of the date."""
    return warehouse.query(_CHOICES, goal_id=goal_id, days=days, most=most)


def read_treatment(warehouse: Warehouse, night: date, days: int) -> pl.DataFrame:
    """One row per action and contact that could get it lately: action_id, contact_id, unit_id, is_got."""
    return warehouse.query(_TREATMENT, night=night, days=days)
