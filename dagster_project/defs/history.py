"""Stage training: what the old rules' logs say of each action, before Nightjar's own decisions do."""

import dagster as dg

from dagster_project.choice_rows import count_choices, read_delays
from dagster_project.history_effects import TABLE, HistoryNight, choose_history
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from policy.loading import load_policy


@dg.asset(
    key=["decisioning", "history_effects"],
    group_name="training",
    deps=[
        ["core", "touches"],
        ["core", "activity_days"],
        ["core", "outcomes"],
        ["core", "accounts"],
        ["core", "int_job_titles"],
        ["identity", "int_contact_records"],
        ["lifecycle", "contact_stages"],
        ["lifecycle", "account_stages"],
        ["features", "choice_outcomes"],
        ["raw", "ledger_decisions"],
    ],
    kinds={"mlflow", "xgboost"},
    description="What the old rules' logs say of an action's effect, used as its prior or refused. [action × goal]",
)
def history_effects(night: Night, warehouse: Warehouse, registry: Registry, ledger: Ledger) -> dg.MaterializeResult:
    """Read the logs as trials where an action still needs a prior."""
    policy = load_policy(night.policy_dir)
    counts = count_choices(warehouse, read_delays(warehouse, policy))
    logs = HistoryNight(warehouse, policy, counts, night.date)
    history = choose_history(registry, ledger, logs, policy.limits.retrain_after_days, int(f"{night.date:%Y%m%d}"))
    table = history.table()
    warehouse.replace_table(TABLE, table)
    used = table.filter(table["verdict"] == "used")
    reasons = {f"{effect.action_id} {effect.goal_id}": effect.reason for effect in history.effects}
    return dg.MaterializeResult(
        metadata={"reason": history.reason, "effects": table.height, "used": used.height, **reasons}
    )
