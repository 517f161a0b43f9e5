"""The policy as typed frames, so that SQL can join it: one table `policy_<list>` per list of the policy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl
from pydantic import BaseModel

from policy.conditions import condition_id, condition_rows
from policy.contact_policy_tables import CONTACT_POLICY_SCHEMAS, contact_policy_rows
from policy.routing_tables import ROUTING_SCHEMAS, routing_rows
from policy.schema import Policy
from policy.setting_rows import setting_rows
from policy.stages import StageDefinition
from policy.volume_agreement import counted_actions

TEXT, INTEGER, BIGINT, DOUBLE, BOOLEAN = pl.String, pl.Int32, pl.Int64, pl.Float64, pl.Boolean

SCHEMAS: dict[str, dict[str, type[pl.DataType]]] = {
    "goals": {
        "goal_id": TEXT, "name": TEXT, "outcome": TEXT, "value_cents": BIGINT, "horizon_days": INTEGER,
        "weight": DOUBLE, "target": BIGINT, "target_since": pl.Date, "target_by": pl.Date,
    },
    "actions": {
        "action_id": TEXT, "name": TEXT, "channel": TEXT, "cost_cents": BIGINT, "needs_owner": BOOLEAN,
        "is_seller_action": BOOLEAN, "cool_down_days": INTEGER, "autonomy_mode": TEXT, "stakes": TEXT,
        "is_active": BOOLEAN, "discount_percent": DOUBLE, "offer": TEXT, "is_priority": BOOLEAN,
    },
    "action_goals": {"action_id": TEXT, "goal_id": TEXT, "prior_uplift": DOUBLE},
    "action_stages": {"action_id": TEXT, "stage": TEXT},
    "action_variants": {
        "action_id": TEXT, "slot": TEXT, "content_variant_id": TEXT, "weight": DOUBLE, "is_active": BOOLEAN,
        "place": INTEGER,
    },
    "channels": {
        "channel": TEXT, "consent_channel": TEXT, "cap_count": INTEGER, "cap_days": INTEGER, "quiet_from_hour": INTEGER,
        "quiet_until_hour": INTEGER, "send_hour": INTEGER, "daily_budget_cents": BIGINT, "daily_volume": BIGINT,
        "contact_price_cents": BIGINT, "is_addressed_by": TEXT, "learns_send_hour": BOOLEAN,
        "hour_exploration_share": DOUBLE, "hourly_volume": BIGINT,
    },
    "settings": {"section": TEXT, "path": TEXT, "value": TEXT, "number": DOUBLE, "description": TEXT},
    "levers": {
        "name": TEXT, "weight": DOUBLE, "goal_id": TEXT, "action_id": TEXT, "channel": TEXT, "condition_id": TEXT,
    },
    "ideal_customer": {"name": TEXT, "points": DOUBLE, "condition_id": TEXT},
    "autonomy": {"name": TEXT, "mode": TEXT, "action_id": TEXT, "channel": TEXT, "condition_id": TEXT},
    "review_rules": {"name": TEXT, "reviewer": TEXT, "action_id": TEXT, "channel": TEXT, "condition_id": TEXT},
    "guardrails": {
        "name": TEXT, "modes": TEXT, "action_id": TEXT, "channel": TEXT, "condition_id": TEXT,
        "maximum_contact_share": DOUBLE, "maximum_volume_factor": DOUBLE, "maximum_cost_cents": BIGINT,
        "minimum_expected_value_cents": BIGINT, "maximum_uncertainty": DOUBLE, "new_model_days": INTEGER,
        "maximum_discount_percent": DOUBLE,
    },
    "channel_bases": {"channel": TEXT, "basis": TEXT},
    "consent_validity": {"basis": TEXT, "valid_days": INTEGER},
    "arms": {"arm": TEXT, "share": DOUBLE},
    "limits": {
        "contact_cap_count": INTEGER, "contact_cap_days": INTEGER, "account_daily_cap": INTEGER,
        "rep_daily_capacity": INTEGER, "exploration_share": DOUBLE, "exploration_floor": DOUBLE,
        "reject_limit": DOUBLE, "minimum_exposures": INTEGER, "minimum_outcomes": INTEGER,
        "retrain_after_days": INTEGER, "training_window_days": INTEGER,
        "contact_price_half_life_days": INTEGER, "account_daily_seller_cap": INTEGER,
        "account_daily_message_cap": INTEGER, "buying_group_daily_cap": INTEGER, "relax_minimums": BOOLEAN,
    },
    "volumes": {
        "name": TEXT, "minimum": BIGINT, "maximum": BIGINT, "maximum_cents": BIGINT, "condition_id": TEXT,
    },
    "volume_actions": {"name": TEXT, "action_id": TEXT},
    "lifecycle": {
        "mql_points": DOUBLE, "engagement_window_days": INTEGER, "lapsed_after_days": INTEGER,
        "at_risk_after_days": INTEGER,
    },
    "stages": {"entity": TEXT, "stage": TEXT, "place": INTEGER, "rank": INTEGER},
    "stage_conditions": {"entity": TEXT, "stage": TEXT, "alternative": INTEGER, "measure": TEXT, "value": TEXT},
    "activity_points": {"activity": TEXT, "points": DOUBLE, "daily_cap": DOUBLE},
    "offerings": {"offering_id": TEXT, "name": TEXT, "is_default": BOOLEAN},
    "offering_matches": {"offering_id": TEXT, "match_on": TEXT, "value": TEXT},
    "offering_roles": {"offering_id": TEXT, "role": TEXT, "weight": DOUBLE, "count": INTEGER},
    "buying_groups": {
        "minimum_contacts": INTEGER, "engagement_window_days": INTEGER, "engaged_points": DOUBLE, "daily_cap": DOUBLE,
    },
    "messages": {"response_days": INTEGER, "hour_segment": TEXT, "content_floor": DOUBLE, "half_life_days": INTEGER},
    "message_responses": {"outcome": TEXT},
    "message_contexts": {"context": TEXT, "place": INTEGER},
    "traits": {"trait": TEXT, "source": TEXT, "source_column": TEXT, "type": TEXT},
    "audiences": {"audience_id": TEXT, "platform": TEXT, "action_id": TEXT},
    "conditions": {
        "condition_id": TEXT, "section": TEXT, "name": TEXT, "field": TEXT, "expression": TEXT, "condition_sql": TEXT,
    },
    "channel_words": {"channel": TEXT, "noun": TEXT},
    "feature_words": {
        "feature": TEXT, "place": INTEGER, "subject": TEXT, "some": TEXT, "one": TEXT, "zero": TEXT, "unknown": TEXT,
        "growing": TEXT, "shrinking": TEXT, "shown_as": TEXT, "is_private": BOOLEAN,
    },
    **CONTACT_POLICY_SCHEMAS,
    **ROUTING_SCHEMAS,
}  # fmt: skip

Row = Mapping[str, object]


def policy_tables(policy: Policy) -> dict[str, pl.DataFrame]:
    """Frames by table name; the columns of a table are those of `SCHEMAS`, also when it has no rows."""
    rows: dict[str, Iterable[Row]] = {
        "goals": ({**goal.model_dump(), "target_since": goal.since, "target_by": goal.by} for goal in policy.goals),
        "actions": _as_rows(policy.actions),
        "action_goals": _action_goals(policy),
        "action_stages": _action_stages(policy),
        "action_variants": _action_variants(policy),
        "channels": _as_rows(policy.channels),
        "settings": setting_rows(policy),
        "ideal_customer": _rules("ideal_customer", policy.ideal_customer),
        "levers": _rules("levers", policy.levers),
        "autonomy": _rules("autonomy", policy.autonomy),
        "review_rules": _rules("review_rules", policy.review_rules),
        "guardrails": _rules("guardrails", policy.guardrails),
        "volumes": _rules("volumes", policy.volumes),
        "volume_actions": (
            {"name": volume.name, "action_id": action.action_id}
            for volume in policy.volumes
            for action in counted_actions(policy, volume)
        ),
        "channel_bases": _channel_bases(policy),
        "consent_validity": _pairs(policy.consent_validity.model_dump(), "basis", "valid_days"),
        "arms": _pairs(policy.arms.model_dump(), "arm", "share"),
        "limits": _as_rows([policy.limits]),
        "lifecycle": _as_rows([policy.lifecycle]),
        "stages": _stages(policy),
        "stage_conditions": _stage_conditions(policy),
        "offerings": _as_rows(policy.offerings),
        "offering_matches": _offering_matches(policy),
        "offering_roles": _offering_roles(policy),
        "buying_groups": _as_rows([policy.buying_groups]),
        "activity_points": ({"activity": name, **of.model_dump()} for name, of in policy.activity_points.items()),
        "messages": _as_rows([policy.messages]),
        "message_responses": ({"outcome": outcome} for outcome in policy.messages.responses),
        "message_contexts": (
            {"context": context, "place": place} for place, context in enumerate(policy.messages.content_context, 1)
        ),
        "traits": _as_rows(policy.traits),
        "audiences": _as_rows(policy.audiences),
        "conditions": condition_rows(policy, policy.trait_types),
        "channel_words": _as_rows(policy.words.channels),
        "feature_words": ({"place": n, **each.model_dump()} for n, each in enumerate(policy.words.features, 1)),
        **contact_policy_rows(policy),
        **routing_rows(policy),
    }
    return {f"policy_{name}": _frame(rows[name], schema) for name, schema in SCHEMAS.items()}


def _frame(rows: Iterable[Row], schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame([[row[column] for column in schema] for row in rows], schema=dict(schema), orient="row")


def _as_rows(items: Iterable[BaseModel]) -> Iterator[Row]:
    return (item.model_dump() for item in items)


def _pairs(values: Mapping[str, object], key: str, value: str) -> Iterator[Row]:
    return ({key: name, value: content} for name, content in values.items())


def _rules(section: str, rules: Iterable[BaseModel]) -> Iterator[Row]:
    """Rules with the id of their condition; lists are joined by commas."""
    for rule in rules:
        plain = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in rule}
        yield {**plain, "condition_id": condition_id(section, plain["name"]) if plain["who"] else None}


def _action_goals(policy: Policy) -> Iterator[Row]:
    for action in policy.actions:
        for goal_id, uplift in action.prior_uplift.items():
            yield {"action_id": action.action_id, "goal_id": goal_id, "prior_uplift": uplift}


def _action_stages(policy: Policy) -> Iterator[Row]:
    for action in policy.actions:
        for stage in action.stages:
            yield {"action_id": action.action_id, "stage": stage}


def _action_variants(policy: Policy) -> Iterator[Row]:
    for action in policy.actions:
        for place, variant in enumerate(action.variants, 1):
            yield {"action_id": action.action_id, "place": place, **variant.model_dump()}


def _channel_bases(policy: Policy) -> Iterator[Row]:
    for channel in policy.channels:
        for basis in channel.bases:
            yield {"channel": channel.channel, "basis": basis}


def _offering_matches(policy: Policy) -> Iterator[Row]:
    for offering in policy.offerings:
        for match_on in ("products", "opportunity_types", "name_words"):
            for value in getattr(offering, match_on):
                yield {"offering_id": offering.offering_id, "match_on": match_on, "value": value}


def _offering_roles(policy: Policy) -> Iterator[Row]:
    for offering in policy.offerings:
        for needed in offering.roles:
            yield {"offering_id": offering.offering_id, **needed.model_dump()}


def _stage_lists(policy: Policy) -> Mapping[str, Sequence[StageDefinition]]:
    stages = policy.lifecycle
    return {
        "account": stages.account_stages,
        "buying_group": stages.buying_group_stages,
        "contact": stages.contact_stages,
    }


def _stages(policy: Policy) -> Iterator[Row]:
    for entity, definitions in _stage_lists(policy).items():
        for place, definition in enumerate(definitions, 1):
            yield {"entity": entity, "stage": definition.stage, "place": place, "rank": definition.rank}


def _stage_conditions(policy: Policy) -> Iterator[Row]:
    """One row per thing that must hold; lists of stages are joined by commas."""
    for entity, definitions in _stage_lists(policy).items():
        for definition in definitions:
            for alternative, condition in enumerate(definition.any_of, 1):
                for measure, value in condition.model_dump(exclude_none=True).items():
                    text = ",".join(value) if isinstance(value, tuple) else str(value).lower()
                    yield {
                        "entity": entity, "stage": definition.stage, "alternative": alternative, "measure": measure,
                        "value": text,
                    }  # fmt: skip
