"""The report's queries. A query's columns are, in order, the fields of the dataclass it fills."""

from dagster_project.reporting.query import ACTION_NAME, DECISIONS, FigureQuery, Query


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

LIFTS = Query(
    ("measurement.lift",),
    """
    select lift.metric, if(lift.metric = 'value_cents', 'Total value', coalesce(policy_goals.name, lift.metric)),
        lift.arm, lift.reference_arm,
        lift.n, lift.reference_n, lift.mean::double, lift.reference_mean::double, lift.difference::double,
        lift.low::double, lift.high::double, lift.verdict::varchar
    from measurement.lift
    left join raw.policy_goals on lift.metric = policy_goals.goal_id
    where lift.arm = 'model' and isfinite(lift.difference::double) and isfinite(lift.low::double)
        and isfinite(lift.high::double)
    order by lift.metric = 'value_cents' desc, policy_goals.value_cents, lift.metric,
        list_position(['holdout', 'business_as_usual', 'random_control'], lift.reference_arm)""",
    "There is nothing to compare yet: no outcome since the arms were assigned.",
)

SILENT_METRICS = Query(
    ("measurement.lift", "raw.policy_goals"),
    """
    select coalesce(any_value(policy_goals.name), lift.metric)
    from measurement.lift left join raw.policy_goals on lift.metric = policy_goals.goal_id
    where lift.metric <> 'value_cents'
    group by lift.metric having bool_and(lift.verdict = 'no outcomes yet') order by lift.metric""",
    "",
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
    select object, count_rows, count_deleted, count_rejected, last_file_modified_at
    from measurement.source_health where count_rows + count_files > 0 order by object""",
    "No source has delivered anything.",
)

MISSING = Query(
    ("measurement.source_health",),
    "select object from measurement.source_health where count_rows + count_files = 0 order by object",
    "Something was exported of every object that Nightjar knows.",
    is_good=True,
)

BROKEN = Query(
    ("core.broken_references",),
    """
    select source || '/' || object, column_name, value, count_rows
    from core.broken_references order by count_rows desc, 1, 2, 3 limit 12""",
    "Every key in the exports points to a record.",
    is_good=True,
)

REJECTIONS = Query(
    ("raw.rejected_rows",),
    """
    select source || '/' || object, column_name, reason, count(*)
    from raw.rejected_rows group by all order by 4 desc, 1, 2, 3 limit 15""",
    "Every row of every file could be read and typed.",
    is_good=True,
)

NEW_COLUMNS = Query(
    ("raw.new_columns",),
    "select source || '/' || object, column_name, first_file from raw.new_columns order by all limit 20",
    "No unknown column came along.",
    is_good=True,
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
