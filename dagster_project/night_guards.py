"""The policy's rules about what leaves without a person, and what guardrails compare a night with."""

import polars as pl

from dagster_project.night_pairs import read_matches
from dagster_project.resources.warehouse import Warehouse
from models.guardrails import NightGuards

# Of an action's last seven nights with any decision; fewer than three tell nothing.
USUAL_VOLUMES = """
    with nights as (
        select action_id, run_date, count(*) as decisions from raw.ledger_decisions
        where action_id is not null and run_date < $night and run_date >= $night - 60
        group by 1, 2
        qualify row_number() over (partition by action_id order by run_date desc) <= 7
    )
    select action_id, median(decisions)::double as usual_volume
    from nights group by 1 having count(*) >= 3 order by 1"""
KNOWN_VERSIONS = """
    select model_version, date_diff('day', min(run_date), $night) as days_known from raw.ledger_decisions
    where model_version is not null and run_date < $night and run_date >= $night - ($days + 60)::int
    group by 1 order by 1"""


def read_guards(warehouse: Warehouse) -> NightGuards:
    """The rules. Earlier nights are read only where a guardrail asks."""
    night = warehouse.query("select run_date from raw.night").item()
    guardrails = warehouse.query("select * from raw.policy_guardrails order by name")
    asks = {name: guardrails[name].max() for name in ("maximum_volume_factor", "new_model_days")}
    volumes = pl.DataFrame(schema={"action_id": pl.String, "usual_volume": pl.Float64})
    versions = pl.DataFrame(schema={"model_version": pl.String, "days_known": pl.Int64})
    if asks["maximum_volume_factor"] is not None:
        volumes = warehouse.query(USUAL_VOLUMES, night=night)
    if asks["new_model_days"] is not None:
        versions = warehouse.query(KNOWN_VERSIONS, night=night, days=asks["new_model_days"])
    return NightGuards(
        autonomy=warehouse.query("select * from raw.policy_autonomy order by name"),
        review_rules=warehouse.query("select * from raw.policy_review_rules order by name"),
        guardrails=guardrails,
        matches=read_matches(warehouse),
        usual_volumes=volumes,
        known_versions=versions,
    )
