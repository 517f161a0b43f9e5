"""The night's decisions: arms, then one choice per contact, into the ledger first and then into the warehouse."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl

from dagster_project.explaining import tell_choices
from dagster_project.model_watch import read_reviews
from dagster_project.night_guards import read_guards
from dagster_project.night_limits import limit_conflicts, night_limits
from dagster_project.night_messages import choose_messages
from dagster_project.night_pairs import read_pairs, without_other_offers
from dagster_project.resources.ledger import Ledger
from dagster_project.resources.night import Night
from dagster_project.resources.registry import Registry
from dagster_project.resources.warehouse import Warehouse
from models.arms import assign_arms
from models.decisions import DecisionContext, acting_contacts, build_decisions
from models.limit_curves import limit_curves
from models.night_choice import NightChoices, choose
from models.night_limits import limit_prices
from models.offers import tell_other_offer

UNITS = "select coalesce(account_id, contact_id) as unit_id, contact_id from core.contacts order by 1, 2"
MERGES = """
    select old_id, new_id from raw.ledger_merges
    union all
    select old_id, new_id from identity.merges_new
    order by 1, 2"""
# A contact's owner is its own, else its account's; only if active. Who acts may be another (action_owners).
CONTACTS = """
    select
        contacts.contact_id, contacts.account_id, contacts.time_zone, zones.zone_key, arms.arm,
        case
            when contact_owners.is_active then contacts.owner_id
            when account_owners.is_active then accounts.owner_id
        end as owner_id
    from core.contacts as contacts
    left join decisioning.contact_zones as zones on contacts.contact_id = zones.contact_id
    left join decisioning.arms as arms on coalesce(contacts.account_id, contacts.contact_id) = arms.unit_id
    left join core.accounts as accounts on contacts.account_id = accounts.account_id
    left join core.owners as contact_owners on contacts.owner_id = contact_owners.owner_id
    left join core.owners as account_owners on accounts.owner_id = account_owners.owner_id
    order by contacts.contact_id"""
# The gate that came last before the action would have been allowed, over a contact's actions.
GATES = """
    with placed as (
        select *, lpad(list_position(['eligibility', 'applicability', 'suitability', 'consent', 'suppression',
            'frequency_cap', 'cool_down', 'offer', 'roles_first', 'sequence', 'quiet_hours'], gate)::varchar, 2, '0')
            || action_id as place
        from decisioning.eligible_actions
    )
    select contact_id, bool_or(is_eligible) as has_eligible, arg_max(gate, place) as failed_gate,
        arg_max(detail, place) as gate_detail
    from placed group by contact_id"""
WINDOWS = "select zone_key, channel, send_at, recipient_time_zone from decisioning.send_windows"
JUDGED: dict[str, type[pl.DataType] | pl.DataType] = {
    "decision_id": pl.String,
    "action_id": pl.String,
    "verdict": pl.String,
    "decided_at": pl.Datetime("us"),
}


def _keys(schema: str, *tables: str) -> list[dg.AssetKey]:
    return [dg.AssetKey([schema, table]) for table in tables]


@dg.asset(
    key=["decisioning", "arms"],
    group_name="decisions",
    deps=[
        *_keys("core", "contacts"),
        *_keys("identity", "merges_new", "ledger_keys"),
        *_keys("raw", "ledger_arms", "ledger_merges", "policy_arms"),
    ],
)
def arms(night: Night, warehouse: Warehouse, ledger: Ledger) -> dg.MaterializeResult:
    """One row per unit (account, or contact without one) that has contacts: its arm, and since when."""
    assignment = assign_arms(
        warehouse.query(UNITS),
        warehouse.query("select unit_id, arm, assigned_on from raw.ledger_arms"),
        warehouse.query(MERGES),
        warehouse.query("select arm, share from raw.policy_arms"),
        night=night.date,
    )
    if len(assignment.new) or tonights_file(ledger, "arms", night):
        ledger.append("arms", night.date, assignment.new)
    warehouse.replace_table("decisioning.arms", assignment.current)
    return dg.MaterializeResult(metadata={"units": len(assignment.current), "new": len(assignment.new)})


READ_TO_CHOOSE = (
    *_keys("decisioning", "arms", "contact_zones", "eligible_actions", "send_windows", "action_scores", "send_hours"),
    *_keys("decisioning", "send_hour_fit", "content_shares", "model_watch", "action_owners", "reps"),
    *_keys("core", "contacts", "accounts", "owners", "activities", "touches", "buying_group_members"),
    *_keys("features", "contact_features", "message_responses"),
    *_keys("identity", "ledger_keys"),
    *_keys("raw", "night", "policy_actions", "policy_channels", "policy_limits", "policy_levers", "policy_messages"),
    *_keys("raw", "policy_autonomy", "policy_guardrails", "policy_review_rules", "ledger_decisions"),
    *_keys("raw", "policy_volumes", "policy_volume_actions"),
    *_keys("raw", "policy_contact_rules", "policy_contact_rule_channels", "policy_contact_rule_actions"),
    *_keys("decisioning", "condition_matches"),
    *_keys("raw", "policy_message_contexts", "policy_goals", "policy_channel_words", "policy_feature_words"),
)
CHOSEN = _keys("decisioning", "next_best_action")
MADE = {
    "next_best_action": "One row per contact: tonight's choice, its probability and its reasons.",
    "limit_prices": "One row per limit: how much was used, and what one unit more would bring.",
    "limit_curves": "One row per binding limit and share of its capacity: what the night is worth with that.",
    "limit_conflicts": "One row per conflict and limit in it: minimums that can't be met, and what is possible.",
    "allocation_summary": "One row: value of the choice, and what no choice could exceed.",
    "decision_log": "One row per decision of all nights, straight from the ledger.",
}


@dg.multi_asset(
    name="decisions",
    group_name="decisions",
    specs=[
        dg.AssetSpec(key, description=text, deps=READ_TO_CHOOSE if key in CHOSEN else CHOSEN)
        for key, text in ((dg.AssetKey(["decisioning", table]), text) for table, text in MADE.items())
    ],
)
def decisions(night: Night, warehouse: Warehouse, ledger: Ledger, registry: Registry) -> Iterator[dg.MaterializeResult]:
    """Choose for every contact."""
    contacts = warehouse.query(CONTACTS)
    scored = read_pairs(warehouse)
    pairs = without_other_offers(scored, warehouse)
    context = decision_context(night, warehouse, ledger, tell_other_offer(warehouse.query(GATES), scored, pairs))
    choices = choose(
        contacts,
        pairs,
        night_limits(warehouse),
        night=context.night,
        seed=context.seed,
    )
    told = tell_choices(night, warehouse, registry, choices)
    messages = choose_messages(acting_contacts(contacts, choices), warehouse, context.night, context.seed)
    tonight = build_decisions(contacts, choices, told, messages, context)
    ledger.append("decisions", night.date, tonight)
    prices = choices.allocation.prices
    tables = {
        "next_best_action": tonight,
        "limit_prices": limit_prices(
            (*choices.families, *choices.floors), choices.chosen, (*prices.by_family, *prices.by_floor)
        ),
        "limit_conflicts": limit_conflicts(choices, context.night),
        "limit_curves": limit_curves(choices.model, choices.allocation, choices.families),
        "allocation_summary": allocation_summary(choices, context),
    }
    for table, frame in tables.items():
        warehouse.replace_table(f"decisioning.{table}", frame)
        yield dg.MaterializeResult(asset_key=["decisioning", table], metadata={"rows": len(frame)})
    nights = show_decision_log(warehouse, ledger)
    yield dg.MaterializeResult(asset_key=["decisioning", "decision_log"], metadata={"nights": nights})


def decision_context(night: Night, warehouse: Warehouse, ledger: Ledger, gates: pl.DataFrame) -> DecisionContext:
    """What tonight's decisions say beside the choice; `gates` is what stood against each contact."""
    row = warehouse.query("select policy_version, seed from raw.night").row(0, named=True)
    return DecisionContext(
        night=night.date,
        seed=row["seed"],
        policy_version=row["policy_version"],
        windows=warehouse.query(WINDOWS),
        gates=gates,
        approvals=judged_decisions(night, ledger),
        guards=read_guards(warehouse),
        reviews=read_reviews(warehouse, night.date),
    )


def tonights_file(ledger: Ledger, kind: str, night: Night) -> Path | None:
    """The last attempt of this night so far; None before the first."""
    return next((path for path in ledger.files(kind) if path.name.startswith(night.date.isoformat())), None)


def judged_decisions(night: Night, ledger: Ledger) -> pl.DataFrame:
    """What people said about tonight's decisions as this night's last attempt had them: one row per verdict."""
    verdicts = ledger.read("approvals")
    decided = tonights_file(ledger, "decisions", night)
    if verdicts is None or decided is None:
        return pl.DataFrame(schema=JUDGED)
    actions = pl.read_parquet(decided, columns=["decision_id", "action_id"], hive_partitioning=False)
    return verdicts.join(actions, on="decision_id", validate="m:1").select(
        pl.col(name).cast(of) for name, of in JUDGED.items()
    )


def allocation_summary(choices: NightChoices, context: DecisionContext) -> pl.DataFrame:
    """One row: the value (cents) that the choice of those who didn't explore brings, its bound, and the counts."""
    ways = choices.by_contact["way"]
    return pl.DataFrame(
        {
            "run_date": [context.night],
            "count_contacts": [len(choices.by_contact)],
            "count_pairs": [len(choices.pairs)],
            "count_actions": [len(choices.chosen)],
            "count_explored": [int((ways == "explored").sum())],
            "count_random": [int((ways == "random").sum())],
            "value_cents": [choices.allocation.value],
            "upper_bound_cents": [choices.allocation.upper_bound],
            "gap": [choices.allocation.gap],
        }
    )


def show_decision_log(warehouse: Warehouse, ledger: Ledger) -> int:
    """Make the view over the decisions that count, of all nights; returns how many nights there are."""
    files = ledger.files("decisions")
    listed = ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in files)
    with warehouse.connect() as connection:
        connection.execute(
            "create or replace view decisioning.decision_log as select * from"
            f" read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        )
    return len(files)
