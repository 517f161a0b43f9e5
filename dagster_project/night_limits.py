"""What bounds a night's choice, read from the warehouse."""

from datetime import date

import polars as pl

from dagster_project.night_pairs import hourly_volumes
from dagster_project.night_rooms import read_rooms
from dagster_project.resources.warehouse import Warehouse
from models.night_choice import NightChoices
from models.night_limits import GROUPS, ChoiceRules, NightLimits
from models.night_volumes import Volumes

CHANNELS = """
    select channel, daily_volume, daily_budget_cents, consent_channel <> 'ads' as carries_messages
    from raw.policy_channels"""
VOLUME_MATCHES = """
    select contact_id, condition_id from decisioning.condition_matches
    where condition_id in (select condition_id from raw.policy_volumes)
    order by all"""
BUYING_GROUPS = "select contact_id, offering_id, buying_group_id from core.buying_group_members order by all"
CONFLICTS: dict[str, type[pl.DataType]] = {
    "run_date": pl.Date, "conflict": pl.Int64, "limit_id": pl.String, "wanted": pl.Float64, "possible": pl.Float64,
}  # fmt: skip


def night_limits(warehouse: Warehouse) -> NightLimits:
    """What bounds the choice, from policy."""
    columns = ", ".join(ChoiceRules.__dataclass_fields__)
    rules = ChoiceRules(**warehouse.query(f"select {columns} from raw.policy_limits").row(0, named=True))
    return NightLimits(
        channels=warehouse.query(CHANNELS),
        rules=rules,
        owners=warehouse.query("select owner_id, capacity as daily_capacity from decisioning.reps order by owner_id"),
        volumes=Volumes(
            volumes=warehouse.query("select * from raw.policy_volumes order by name"),
            actions=warehouse.query("select * from raw.policy_volume_actions order by all"),
            matches=warehouse.query(VOLUME_MATCHES),
        ),
        groups=pl.DataFrame(schema=GROUPS) if rules.buying_group_daily_cap is None else warehouse.query(BUYING_GROUPS),
        hourly_volumes=hourly_volumes(warehouse),
        rooms=read_rooms(warehouse),
    )


def limit_conflicts(choices: NightChoices, night: date) -> pl.DataFrame:
    """One row per conflict and limit in it: without any of its limits the conflict would be gone."""
    rows = [
        (night, number, limit_id, conflict.wanted, conflict.possible)
        for number, conflict in enumerate(choices.conflicts, 1)
        for limit_id in conflict.limit_ids
    ]
    return pl.DataFrame(rows, schema=CONFLICTS, orient="row")
