"""The report's queries. A query's columns are, in order, the fields of the dataclass it fills."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A query, the tables it needs, and what the report says when it has no rows."""

    tables: tuple[str, ...]
    sql: str
    absence: str


@dataclass(frozen=True)
class FigureQuery:
    """A count that the page shows large, its name, and in a few words what it counts."""

    name: str
    note: str
    query: Query


DECISIONS = "decisioning.next_best_action"
ACTION_NAME = "coalesce(policy_actions.name, decisions.action_id, 'No action')"
SENT = "decisions.approval_status in ('not_needed', 'approved') and decisions.autonomy_mode <> 'shadow'"


def _figure(name: str, note: str, table: str, sql: str) -> FigureQuery:
    return FigureQuery(name, note, Query((table,), sql, ""))


FIGURES = (
    _figure(
        "source records", "rows about people in the exports", "identity.contact_id_map",
        "select count(*) from identity.contact_id_map",
    ),
    _figure("contacts", "people they stand for", "core.contacts", "select count(*) from core.contacts"),
    _figure("accounts", "companies they work for", "core.accounts", "select count(*) from core.accounts"),
    _figure(
        "eligible", "with at least one allowed action", "decisioning.eligible_actions",
        "select count(distinct contact_id) from decisioning.eligible_actions where is_eligible",
    ),
    _figure(
        "acted on", "got an action tonight", DECISIONS, f"select count(*) from {DECISIONS} where action_id is not null"
    ),
    _figure(
        "published rows", "left for the platforms", "activation.row_fingerprints",
        "select count(*) from activation.row_fingerprints",
    ),
    _figure(
        "changes", "against the last published night", "activation.changes", "select count(*) from activation.changes"
    ),
    _figure(
        "rejected rows", "could not be read or typed", "raw.rejected_rows", "select count(*) from raw.rejected_rows"
    ),
)  # fmt: skip

NIGHT = Query(("raw.night",), "select run_date, previous_run_date, policy_version from raw.night", "")

CHOICES = Query(
    (DECISIONS, "raw.policy_actions"),
    f"""
    select {ACTION_NAME}, coalesce(decisions.action_id, 'none'), decisions.arm, count(*),
        count(case when {SENT} then 1 end), coalesce(sum(decisions.expected_value), 0)::double,
        coalesce(sum(decisions.cost), 0)::double
    from {DECISIONS} as decisions
    left join raw.policy_actions on decisions.action_id = policy_actions.action_id
    where decisions.action_id is not null
    group by all order by 4 desc, 2, 3""",
    "Tonight nobody gets an action.",
)

NO_ACTIONS = Query(
    (DECISIONS,),
    f"""
    select coalesce(no_action_gate, 'unknown'), count(*) from {DECISIONS}
    where action_id is null group by all order by 2 desc, 1""",
    "Everybody gets an action.",
)

GATES = Query(
    ("measurement.gate_statistics", "raw.policy_actions"),
    """
    select coalesce(name, gates.action_id), gate, count_contacts
    from measurement.gate_statistics as gates
    left join raw.policy_actions on gates.action_id = policy_actions.action_id
    order by gates.action_id, gate""",
    "No action was judged, so there are no gates to show.",
)

REASONS = Query(
    (DECISIONS,),
    f"""
    select reason, count(*)
    from (select unnest(reason_codes) as reason from {DECISIONS} where action_id is not null)
    group by all order by 2 desc, 1 limit 12""",
    "No reason was recorded.",
)

LIMITS = Query(
    ("decisioning.limit_prices",),
    """
    select limit_id, capacity::double, used::double, shadow_price_cents::double
    from decisioning.limit_prices
    where isfinite(capacity::double)
    order by shadow_price_cents desc, used / nullif(capacity, 0) desc nulls last, limit_id limit 12""",
    "No limit was near tonight.",
)

GOALS = Query(
    ("decisioning.contact_scores", "raw.policy_goals"),
    """
    select coalesce(any_value(policy_goals.name), scores.goal_id), scores.goal_id,
        coalesce(any_value(horizon_days), 0), scores.is_prior, scores.model_version, avg(propensity)::double
    from decisioning.contact_scores as scores
    left join raw.policy_goals on scores.goal_id = policy_goals.goal_id
    group by scores.goal_id, scores.is_prior, scores.model_version order by scores.goal_id""",
    "No contact was scored tonight.",
)

ACTIONS = Query(
    ("decisioning.action_scores", "raw.policy_actions", "raw.policy_goals"),
    """
    select coalesce(any_value(policy_actions.name), scores.action_id), scores.action_id,
        coalesce(any_value(policy_goals.name), mode(scores.goal_id)), scores.evidence, count(*),
        coalesce(avg(uplift), 0)::double, avg(uplift_standard_error)::double, avg(expected_value_cents)::double
    from decisioning.action_scores as scores
    left join raw.policy_actions on scores.action_id = policy_actions.action_id
    left join raw.policy_goals on scores.goal_id = policy_goals.goal_id
    group by scores.action_id, scores.evidence order by 6 desc""",
    "No action was scored tonight.",
)

METRICS = Query(
    ("decisioning.model_health",),
    "select model, model_version, metric, value::double from decisioning.model_health order by model, metric",
    "No model has been trained yet: all scores are priors from the policy.",
)

LIFTS = Query(
    ("measurement.lift",),
    """
    select lift.metric, if(lift.metric = 'value_cents', 'Value', coalesce(policy_goals.name, lift.metric)),
        lift.arm, lift.reference_arm,
        lift.n, lift.reference_n, lift.mean::double, lift.reference_mean::double, lift.difference::double,
        lift.low::double, lift.high::double, lift.p_value::double
    from measurement.lift
    left join raw.policy_goals on lift.metric = policy_goals.goal_id
    where isfinite(lift.difference::double) and isfinite(lift.low::double) and isfinite(lift.high::double)
    order by lift.metric = 'value_cents' desc, lift.metric, lift.arm, lift.reference_arm""",
    "There is nothing to compare yet: the arms need outcomes after their assignment.",
)

ARMS = Query(
    ("decisioning.arms", "raw.policy_arms"),
    """
    select wanted.arm, count(arms.unit_id),
        coalesce(count(arms.unit_id) / nullif(sum(count(arms.unit_id)) over (), 0), 0)::double, any_value(share)::double
    from raw.policy_arms as wanted
    left join decisioning.arms on wanted.arm = arms.arm
    group by wanted.arm order by 4 desc, 1""",
    "No account has an arm yet.",
)

SOURCES = Query(
    ("measurement.source_health",),
    """
    select object, count_rows, count_deleted, count_files, count_rejected, last_modified_at
    from measurement.source_health where count_rows + count_files > 0 order by object""",
    "No source has delivered anything.",
)

REJECTIONS = Query(
    ("raw.rejected_rows",),
    """
    select source || '/' || object, column_name, reason, count(*)
    from raw.rejected_rows group by all order by 4 desc, 1, 2, 3 limit 15""",
    "Every row of every file could be read and typed.",
)

NEW_COLUMNS = Query(
    ("raw.new_columns",),
    "select source || '/' || object, column_name, first_file from raw.new_columns order by all limit 20",
    "No unknown column came along.",
)

HISTORY = Query(
    ("measurement.decision_statistics", "raw.policy_actions"),
    """
    select run_date, arm, coalesce(name, 'No action'), count_decisions, sum_expected_value_cents
    from measurement.decision_statistics as statistics
    left join raw.policy_actions on statistics.action_id = policy_actions.action_id
    where run_date <= $run_date order by all""",
    "This is the first night: there is no history yet.",
)

# Of each action the best one, one without an action, then the second best.
SAMPLES = Query(
    (DECISIONS, "core.contacts", "raw.policy_actions", "raw.policy_goals", "lifecycle.contact_stages"),
    f"""
    with stages as (
        select contact_id, any_value(stage) as stage from lifecycle.contact_stages where left_at is null group by all
    ),
    ranked as (
        select *,
            row_number() over (partition by action_id order by expected_value desc nulls last, contact_id) as place
        from {DECISIONS} where arm in ('model', 'random_control')
    )
    select
        coalesce(left(contacts.first_name, 1) || '.', '') || coalesce(' ' || left(contacts.last_name, 1) || '.', ''),
        replace(concat_ws(', ', nullif(contacts.job_level, 'unknown'), nullif(contacts.job_function, 'unknown'),
            contacts.country_code), '_', ' '),
        stages.stage, decisions.arm, {ACTION_NAME}, decisions.channel, decisions.send_at, policy_goals.name,
        decisions.propensity, decisions.uplift, decisions.expected_value, decisions.cost, decisions.action_probability,
        runner_up.name, coalesce(decisions.reason_codes, []), decisions.no_action_gate, decisions.approval_status
    from ranked as decisions
    left join core.contacts on decisions.contact_id = contacts.contact_id
    left join stages on decisions.contact_id = stages.contact_id
    left join raw.policy_actions on decisions.action_id = policy_actions.action_id
    left join raw.policy_actions as runner_up on decisions.runner_up_action_id = runner_up.action_id
    left join raw.policy_goals on decisions.goal_id = policy_goals.goal_id
    order by decisions.place, decisions.action_id is null, decisions.expected_value desc, decisions.contact_id
    limit 10""",
    "There is no decision to explain tonight.",
)
