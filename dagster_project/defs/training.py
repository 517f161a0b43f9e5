"""Stage training: what is learnt from outcomes, in MLflow; or the reason why nothing is yet."""

import dagster as dg

from dagster_project.champions import Tonight, choose_version
from dagster_project.choice_rows import count_choices, read_delays
from dagster_project.history_effects import history_priors
from dagster_project.learning_rows import count_labels, feature_types
from dagster_project.model_health import (
    propensity_row,
    read_models,
    uplift_row,
    write_effects,
    write_health,
    write_models,
)
from dagster_project.propensity_learner import PropensityLearner
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from dagster_project.scored_contacts import read_scored_contacts
from dagster_project.uplift_learner import UpliftLearner, priors_of_goal
from models.action_effects import believed_effect
from models.choices import Counts
from models.propensity import PropensityModel, prior_propensity
from models.uplift import UpliftModel
from policy.loading import load_policy
from policy.schema import Policy


@dg.asset(
    key=["training", "propensity_models"],
    group_name="training",
    deps=[["features", "contact_features"], ["features", "propensity_labels"], ["core", "outcomes"], ["raw", "night"]],
    kinds={"mlflow", "xgboost"},
    description="The propensity model of each goal, with what the goal is worth. [goal]",
)
def propensity_models(night: Night, warehouse: Warehouse, registry: Registry, ledger: Ledger) -> dg.MaterializeResult:
    """Choose or train the version of each goal, and note it in `decisioning.models_in_use`."""
    policy = load_policy(night.policy_dir)
    features, labels, rows = feature_types(warehouse), count_labels(warehouse), []
    remarks: list[str] = []
    tonight = _tonight(night, policy, warehouse, registry, ledger)
    for goal in policy.goals:
        counts = labels.get(goal.goal_id, (0, 0))
        learner = PropensityLearner(warehouse, policy, goal, features, counts, _seed(night))
        in_use = choose_version(tonight, learner)
        remarks += [f"{in_use.name}: {note}" for note in in_use.notes]
        if in_use.files is not None:
            model = PropensityModel.from_files(in_use.files)
            rows.append(propensity_row(in_use, goal.goal_id, counts, model.base_rate, model.metrics))
        else:
            prior = prior_propensity(goal.goal_id, *counts, in_use.reason)
            rows.append(propensity_row(in_use, goal.goal_id, counts, prior.base_rate, None))
    write_models(warehouse, rows)
    return dg.MaterializeResult(metadata=_metadata(rows) | {"remarks": remarks})


@dg.asset(
    key=["training", "uplift_model"],
    group_name="training",
    deps=[
        ["training", "propensity_models"],
        ["decisioning", "history_effects"],
        ["features", "contact_features"],
        ["features", "logged_choices"],
        ["features", "choice_outcomes"],
    ],
    kinds={"mlflow", "xgboost"},
    description="What each action changes in each goal, from logged choices. [action × goal]",
)
def uplift_model(night: Night, warehouse: Warehouse, registry: Registry, ledger: Ledger) -> dg.MaterializeResult:
    """Choose or train the version, and note it and its effects in the warehouse."""
    policy = load_policy(night.policy_dir)
    counts = count_choices(warehouse, read_delays(warehouse, policy), policy.limits.evidence_days)
    history = history_priors(warehouse, policy)
    learner = UpliftLearner(warehouse, policy, feature_types(warehouse), counts, _seed(night), history)
    in_use = choose_version(_tonight(night, policy, warehouse, registry, ledger), learner)
    if in_use.files is not None:
        effects = [effect for goal in UpliftModel.from_files(in_use.files).goals for effect in goal.effects]
    else:
        effects = [
            believed_effect(goal.goal_id, action, prior, known, in_use.reason)
            for goal in policy.goals
            for action, prior in priors_of_goal(policy, goal.goal_id, history).items()
            for known in [counts.get(goal.goal_id, {}).get(action, Counts())]
        ]  # fmt: skip
    write_effects(warehouse, effects, in_use)
    row = uplift_row(in_use, effects)
    others = [each for each in read_models(warehouse) if each["model"] != in_use.name]
    write_models(warehouse, [*others, row])
    remarks = [f"{in_use.name}: {note}" for note in in_use.notes]
    return dg.MaterializeResult(metadata=_metadata([row]) | {"remarks": remarks})


@dg.asset(
    key=["decisioning", "model_health"],
    group_name="training",
    deps=[["training", "propensity_models"], ["training", "uplift_model"], ["decisioning", "model_watch"]],
    description="How good the models in use are, on data they didn't see. [model × metric]",
)
def model_health(warehouse: Warehouse) -> dg.MaterializeResult:
    """Unpivot `decisioning.models_in_use`."""
    return dg.MaterializeResult(metadata={"dagster/row_count": write_health(warehouse)})


def _tonight(night: Night, policy: Policy, warehouse: Warehouse, registry: Registry, ledger: Ledger) -> Tonight:
    watch = policy.watch
    return Tonight(
        night.date,
        registry,
        ledger,
        lambda: read_scored_contacts(warehouse, night.date, watch.segments, watch.minimum_contacts),
        policy.limits.retrain_after_days,
        watch.drift.review,
    )


def _seed(night: Night) -> int:
    return int(f"{night.date:%Y%m%d}")


def _metadata(rows: list[dict[str, object]]) -> dict[str, int | float | str | list[str]]:
    return {
        f"{row['model']} {name}": value
        for row in rows
        for name, value in row.items()
        if isinstance(value, int | float | str) and name not in ("model", "version", "goal_id") and value != ""
    }
