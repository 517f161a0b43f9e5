"""Stage scores: every contact × every goal, and every eligible contact × action, in batches."""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg
import duckdb
import polars as pl

from dagster_project.history_effects import history_priors
from dagster_project.message_rows import read_responses
from dagster_project.model_health import read_models
from dagster_project.propensity_learner import VALUE_FILE
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.uplift_learner import UPLIFT, priors_of_goal
from models.priors import Prior
from models.propensity import PropensityModel, PropensityPrior
from models.scores import ACTION_SCORES_SCHEMA, CONTACT_SCORES_SCHEMA, GoalScoring, Scoring, score_batch
from models.uplift import UpliftModel
from models.value import ValueModel
from policy.loading import load_policy
from policy.schema import Goal, Policy

BATCH = 50_000
# A fixed pseudo-random part of many contacts, on whom averages of tonight are taken.
SOME_CONTACTS = """
    select * from features.contact_features where as_of_date = $night
    order by md5(contact_id), contact_id limit $most"""
MOST = 20_000
TABLES = {"contact_scores": CONTACT_SCORES_SCHEMA, "action_scores": ACTION_SCORES_SCHEMA}


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ["decisioning", "contact_scores"],
            group_name="scores",
            deps=[
                ["training", "propensity_models"],
                ["decisioning", "model_watch"],
                ["features", "contact_features"],
            ],
            description="Propensity and value of each goal. [contact × goal]",
        ),
        dg.AssetSpec(
            ["decisioning", "action_scores"],
            group_name="scores",
            deps=[
                ["training", "uplift_model"],
                ["decisioning", "model_watch"],
                ["features", "contact_features"],
                ["features", "message_responses"],
                ["decisioning", "eligible_actions"],
            ],
            description="What an allowed action changes, and what that is worth. [eligible contact × action]",
        ),
    ]
)
def scores(night: Night, warehouse: Warehouse, registry: Registry) -> Iterator[dg.MaterializeResult]:
    """Score batch by batch into new tables, which replace the old ones together at the end."""
    scoring = load_scoring(load_policy(night.policy_dir), warehouse, registry, night.date)
    with warehouse.connect() as connection:
        counts = write_scores(connection, night, scoring)
    known = scoring.responses
    for table, count in counts.items():
        told = {"response_half_life_days": known.half_life_days} if known and table == "action_scores" else {}
        metadata = {"dagster/row_count": count, **told}
        yield dg.MaterializeResult(asset_key=["decisioning", table], metadata=metadata)


def load_scoring(policy: Policy, warehouse: Warehouse, registry: Registry, night: date) -> Scoring:
    """The models in use tonight, from the registry, and priors for the rest.

    Raises:
        RegistryError: a version in use can't be read any more.
    """
    in_use = {row["goal_id"]: row for row in read_models(warehouse)}
    uplift = in_use[None]
    files = _files(registry, UPLIFT, uplift["version"])
    history = history_priors(warehouse, policy)
    some = warehouse.query(SOME_CONTACTS, night=night, most=MOST)
    return Scoring(
        tuple(
            _goal_scoring(goal, in_use[goal.goal_id], registry, priors_of_goal(policy, goal.goal_id, history), some)
            for goal in policy.goals
        ),
        UpliftModel.from_files(files) if files else None,
        str(uplift["model_version"]),
        read_responses(warehouse, policy, night),
    )


def write_scores(connection: duckdb.DuckDBPyConnection, night: Night, scoring: Scoring) -> dict[str, int]:
    """Write both tables of scores; returns their numbers of rows.

    Each batch commits on its own into a table beside the old one: DuckDB 2.0.0 loses the rows of a table that is made
    and filled by several inserts in one transaction.
    """
    for table, schema in TABLES.items():
        empty = pl.DataFrame(schema=schema).to_arrow()  # noqa: F841 - DuckDB reads it by name
        connection.sql(f"create or replace table decisioning.{table}_next as select * from empty")
    last = ""
    while (features := _batch(connection, night, last)).height:
        first, last = features["contact_id"][0], features["contact_id"][-1]
        eligible = connection.sql(
            "select contact_id, action_id from decisioning.eligible_actions"
            " where is_eligible and contact_id between $first and $last",
            params={"first": first, "last": last},
        ).pl()
        batch = score_batch(features, eligible, scoring)
        for table in TABLES:
            frame = getattr(batch, table).to_arrow()  # noqa: F841 - DuckDB reads it by name
            connection.sql(f"insert into decisioning.{table}_next select * from frame")
    _check_complete(connection)
    connection.sql("begin")
    for table in TABLES:
        connection.sql(f"drop table if exists decisioning.{table}")
        connection.sql(f"alter table decisioning.{table}_next rename to {table}")
    connection.sql("commit")
    return {table: connection.sql(f"select count(*) from decisioning.{table}").fetchall()[0][0] for table in TABLES}


def _batch(connection: duckdb.DuckDBPyConnection, night: Night, after: str) -> pl.DataFrame:
    return connection.sql(
        "select * from features.contact_features where as_of_date = $night and contact_id > $after"
        f" order by contact_id limit {BATCH}",
        params={"night": night.date, "after": after},
    ).pl()


def _check_complete(connection: duckdb.DuckDBPyConnection) -> None:
    """An eligible pair without a score means a contact without features: an error, and the old tables stay."""
    lost = connection.sql("""
        select contact_id, action_id from decisioning.eligible_actions
        where is_eligible
        except
        select contact_id, action_id from decisioning.action_scores_next
        order by all limit 1""").fetchall()
    if lost:
        raise ValueError(f"contact {lost[0][0]} may get action {lost[0][1]} but has no features tonight")


def _goal_scoring(
    goal: Goal, row: dict[str, object], registry: Registry, priors: Mapping[str, Prior], some: pl.DataFrame
) -> GoalScoring:
    files = _files(registry, str(row["model"]), row["version"])
    model = PropensityModel.from_files(files) if files else None
    return GoalScoring(
        goal_id=goal.goal_id,
        value_cents=float(goal.value_cents),
        weight=goal.weight,
        propensity=model or PropensityPrior(goal.goal_id, float(str(row["base_rate"])), str(row["reason"])),
        propensity_version=str(row["model_version"]),
        value=ValueModel.from_json(files[VALUE_FILE].decode()) if files and VALUE_FILE in files else None,
        priors=priors,
        usual_propensity=float(model.predict(model.encoder.encode(some)).mean()) if model and some.height else None,
    )


def _files(registry: Registry, name: str, version: object) -> dict[str, bytes] | None:
    if version is None:
        return None
    found = next(each for each in registry.versions(name) if each.version == version)
    return dict(registry.load(found).files)
