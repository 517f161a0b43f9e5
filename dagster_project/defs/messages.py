"""Hours and content of messages: learnt anew each night, in SQL's counts and a second of arithmetic.

They are no registered models: what is known is a table, made from the ledger and the exports alone, so there is nothing
to train in advance, to promote or to lose.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from dagster_project.message_rows import read_content_rows, read_contexts, read_hour_evidence
from dagster_project.resources.night import Night
from dagster_project.resources.warehouse import Warehouse
from models.content import ContentRules, fit_content
from models.send_hours import SendHours, fit_send_hours
from policy.loading import load_policy

LIBRARY = "select action_id, slot, content_variant_id, weight, is_active, place from raw.policy_action_variants"
READ = [
    dg.AssetKey(["features", "message_responses"]),
    dg.AssetKey(["features", "contact_features"]),
    *(dg.AssetKey(["raw", table]) for table in ("night", "policy_messages", "policy_message_contexts")),
]


@dg.multi_asset(
    group_name="training",
    specs=[
        dg.AssetSpec(
            ["decisioning", "send_hours"],
            description="How likely people respond at each hour of their week. [segment × hour of the week]",
            deps=[
                *READ,
                *(dg.AssetKey(["core", table]) for table in ("contacts", "activities")),
                dg.AssetKey(["decisioning", "contact_zones"]),
                *(dg.AssetKey(["raw", table]) for table in ("policy_limits", "policy_channels")),
            ],
        ),
        dg.AssetSpec(
            ["decisioning", "send_hour_fit"],
            description="One row: how far hours differ between contacts, and how far activity foretells responses.",
            deps=[["decisioning", "send_hours"]],
        ),
    ],
)
def send_hours(night: Night, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Learn at which hours people respond."""
    least = load_policy(night.policy_dir).limits.minimum_group_size
    known = fit_send_hours(read_hour_evidence(warehouse, night.date), least)
    warehouse.replace_table("decisioning.send_hours", known.by_segment)
    fit = {name: [getattr(known, name)] for name in SendHours.__dataclass_fields__ if name != "by_segment"}
    warehouse.replace_table("decisioning.send_hour_fit", pl.DataFrame(fit))
    yield dg.MaterializeResult(asset_key=["decisioning", "send_hours"], metadata={"rows": len(known.by_segment)})
    yield dg.MaterializeResult(
        asset_key=["decisioning", "send_hour_fit"], metadata={name: values[0] for name, values in fit.items()}
    )


@dg.multi_asset(
    group_name="training",
    specs=[
        dg.AssetSpec(
            ["decisioning", "content_shares"],
            description="How often each variant is drawn tonight. [action × slot × active variant × context]",
            deps=[*READ, dg.AssetKey(["raw", "policy_action_variants"])],
        ),
        dg.AssetSpec(
            ["decisioning", "content_effects"],
            description="What each variant changes in the responses, and its share. [action × slot × variant]",
            deps=[["decisioning", "content_shares"]],
        ),
    ],
)
def content_shares(night: Night, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Learn which text and picture works for whom."""
    seed = warehouse.query("select seed from raw.night").item()
    policy = load_policy(night.policy_dir)
    floor, least = policy.messages.content_floor, policy.limits.minimum_group_size
    rules = ContentRules(policy.messages.content_context, floor, least, night.date, seed)
    rows, contexts = read_content_rows(warehouse, night.date), read_contexts(warehouse, night.date)
    fit = fit_content(rows, warehouse.query(LIBRARY), contexts, rules)
    for table, frame in (("content_shares", fit.shares), ("content_effects", fit.effects)):
        warehouse.replace_table(f"decisioning.{table}", frame)
        yield dg.MaterializeResult(asset_key=["decisioning", table], metadata={"rows": len(frame)})
