"""Between training and scores: what the models' figures say about using them tonight."""

import dagster as dg

from dagster_project.model_watch import watch_night
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.watched_night import WatchedNight
from models.watching import STATUSES
from policy.loading import load_policy


@dg.asset(
    key=["decisioning", "model_watch"],
    group_name="training",
    deps=[
        ["training", "propensity_models"],
        ["training", "uplift_model"],
        ["features", "contact_features"],
        ["features", "logged_choices"],
        ["features", "choice_outcomes"],
        ["raw", "ledger_arms"],
        ["raw", "ledger_decisions"],
    ],
    description="What is watched in the models, and what it stops. [model × check × subject × segment]",
)
def model_watch(night: Night, warehouse: Warehouse, ledger: Ledger, registry: Registry) -> dg.MaterializeResult:
    """Judge by the policy's thresholds, and let the prior speak where a model is stopped."""
    watched = WatchedNight(night.date, load_policy(night.policy_dir), warehouse, registry)
    findings, stopped = watch_night(watched, ledger)
    counts = {f"count_{status}": int((findings["status"] == status).sum()) for status in STATUSES}
    return dg.MaterializeResult(metadata={**counts, "stopped": ", ".join(stopped) or "none"})
