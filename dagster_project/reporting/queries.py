"""The report's queries. A query's columns are, in order, the fields of the dataclass it fills."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A query, the tables it needs, and what the report says when it has no rows.

    That no row `is_good` is true only of a table that was read.
    """

    tables: tuple[str, ...]
    sql: str
    absence: str
    is_good: bool = False


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

# A reason without its numbers. What the action changes has a table of its own, and facts are no reasons.
KIND_OF_REASON = r"""
    case
        when reason like '% points for “%' or reason like 'known: %' then null
        when reason like 'best of % behind' or reason like 'best of % as good' then 'best of several allowed actions'
        when reason like 'best of %' then 'the only allowed action that is worth its cost'
        when reason like 'chosen at random %' then 'chosen at random, to keep learning'
        when reason like '%would bring more, but %' then 'another would bring more, but its limit is used up'
        when reason like '“%” is likelier than for most: %'
            then regexp_replace(reason, '^(“[^”]*” is likelier than for most): .*', '\1')
        when reason like 'counted % times its value by the policy''s levers' then 'favoured by the policy''s levers'
        when reason like '%works better than % for people like this'
            then 'works better than the next best for people like this'
        when reason like '%works better for people like this, but costs %'
            then 'the next best works better for people like this, but costs more'
        else regexp_replace(
            regexp_replace(
                regexp_replace(reason, ' (once|[\d,]+ times)', ''), '[\d,]+ ([a-ce-z]\w+s|people|open)', 'several \1'
            ),
            '(for )?[\d,]+ days( ago)?$',
            case
                when reason like '% days ago' then 'some days ago' when reason like '% for % days' then 'for some days'
                else '\0'
            end
        )
    end"""
REASONS = Query(
    (DECISIONS,),
    f"""
    select reason, count(*)
    from (
        select {KIND_OF_REASON} as reason
        from (select unnest(reason_codes) as reason from {DECISIONS} where action_id is not null)
    )
    where reason is not null group by all order by 2 desc, 1 limit 12""",
    "No reason was recorded.",
)

LIMITS = Query(
    ("decisioning.limit_prices", "core.owners"),
    """
    with limits as (
        select *, split_part(limit_id, ':', 1) as kind, split_part(limit_id, ':', 2) as entity
        from decisioning.limit_prices where isfinite(capacity::double)
    )
    select
        case kind when 'daily_budget' then 'Budget for ' || entity when 'daily_volume' then 'Messages by ' || entity
            when 'hourly_volume' then 'Messages by ' || entity || ', by the hour'
            when 'rep_daily_capacity' then 'Calls and touches by ' || coalesce(owners.name, entity)
            when 'maximum' then 'At most, ' || entity when 'minimum' then 'At least, ' || entity
            when 'maximum_cents' then 'Cost of ' || entity else replace(kind, '_', ' ') || ' ' || entity end,
        kind in ('daily_budget', 'maximum_cents'), capacity::double, used::double,
        shadow_price_cents::double * if(kind in ('daily_budget', 'maximum_cents'), 100, 1)
    from limits left join core.owners on limits.entity = owners.owner_id
    order by kind = 'rep_daily_capacity', 5 desc, used / nullif(capacity, 0) desc nulls last, limit_id limit 10""",
    "No limit was near tonight.",
)

CURVES = Query(
    ("decisioning.limit_curves",),
    """
    select
        case split_part(limit_id, ':', 1) when 'daily_budget' then 'Budget for ' || split_part(limit_id, ':', 2)
            when 'daily_volume' then 'Messages by ' || split_part(limit_id, ':', 2)
            when 'rep_daily_capacity' then 'Sellers’ time'
            when 'maximum' then 'At most, ' || split_part(limit_id, ':', 2)
            when 'maximum_cents' then 'Cost of ' || split_part(limit_id, ':', 2) else limit_id end,
        capacity_share::double,
        (value_cents - max(value_cents) filter (capacity_share = 1) over (partition by limit_id))::double
    from decisioning.limit_curves order by limit_id, capacity_share""",
    "No limit was binding tonight.",
)

CONFLICTS = Query(
    ("decisioning.limit_conflicts",),
    """
    select string_agg(replace(limit_id, ':', ' '), ', ' order by limit_id like 'minimum:%' desc, limit_id),
        max(wanted)::bigint, max(possible)::bigint
    from decisioning.limit_conflicts group by conflict order by conflict""",
    "All minimums can be met within the limits.",
)

TARGETS = Query(
    ("decisioning.goal_progress",),
    """
    select coalesce(name, goal_id), pace, count_reached, target, target_by, needed_per_night,
        expected_anyway_per_night + expected_added_per_night, forecast
    from decisioning.goal_progress order by goal_id""",
    "No goal of the policy has a target.",
)

SPEED = Query(
    ("measurement.speed_to_lead",),
    """
    select rule, hours, count_events, count_judged, count_in_time, median_hours
    from measurement.speed_to_lead order by rule""",
    "The policy has no targets for how soon sellers answer.",
)

ABSENT_REPS = Query(
    ("decisioning.reps",),
    "select name, absence from decisioning.reps where is_listed and absence is not null order by name, owner_id",
    "All reps of the policy are there.",
    is_good=True,
)

ADVICE = Query(
    ("decisioning.autonomy_advice", "raw.policy_actions"),
    """
    select coalesce(name, advice.action_id), advice.autonomy_mode, advised_mode, low_cents, high_cents, why
    from decisioning.autonomy_advice as advice
    left join raw.policy_actions on advice.action_id = policy_actions.action_id
    where advice <> 'stay' order by advice.action_id""",
    "No action is proven to deserve more, or less, than its mode.",
    is_good=True,
)

WAITING = Query(
    (DECISIONS,),
    f"""
    select reason, count(*)
    from (
        select unnest(coalesce(review_reasons, ['the action is ' || autonomy_mode])) as reason from {DECISIONS}
        where action_id is not null and approval_status = 'pending'
    )
    group by all order by 2 desc, 1 limit 12""",
    "Nothing waits for a person.",
    is_good=True,
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
    ("decisioning.action_scores", "decisioning.action_effects", "raw.policy_actions", "raw.policy_goals",
     "raw.policy_limits"),
    """
    with effects as (
        select action_id, goal_id, any_value(prior_uplift) as prior_uplift, max(count_exposures) as count_exposures
        from decisioning.action_effects group by all
    ),
    scores as (
        select action_id, mode(goal_id) as goal_id, evidence, count(*) as contacts, avg(uplift) as uplift,
            avg(uplift_standard_error) as error, avg(expected_value_cents) as mean_value_cents,
            avg(effects.prior_uplift) as prior_uplift, max(effects.count_exposures) as count_exposures
        from decisioning.action_scores left join effects using (action_id, goal_id)
        group by action_id, evidence
    )
    select coalesce(policy_actions.name, scores.action_id), scores.action_id,
        coalesce(policy_goals.name, scores.goal_id), scores.evidence, scores.contacts, coalesce(uplift, 0)::double,
        error::double, mean_value_cents::double, prior_uplift::double, count_exposures,
        (select max(minimum_exposures) from raw.policy_limits)
    from scores
    left join raw.policy_actions on scores.action_id = policy_actions.action_id
    left join raw.policy_goals on scores.goal_id = policy_goals.goal_id
    order by 6 desc, 2""",
    "No action was scored tonight.",
)  # fmt: skip

DRIVERS = Query(
    ("decisioning.action_drivers", "raw.policy_actions", "raw.policy_goals"),
    """
    select coalesce(policy_actions.name, drivers.action_id), coalesce(policy_goals.name, drivers.goal_id), drivers.text,
        share, mean_absolute, most_part, least_part
    from decisioning.action_drivers as drivers
    left join raw.policy_actions on drivers.action_id = policy_actions.action_id
    left join raw.policy_goals on drivers.goal_id = policy_goals.goal_id
    where place <= 3
    order by 1, 2, place""",
    "No model speaks of an action yet, so nothing is known of who is moved more by it than others.",
)

VARIANTS = Query(
    ("decisioning.content_effects", "raw.policy_actions"),
    """
    select coalesce(name, effects.action_id), slot, content_variant_id, count_messages, response_rate, effect,
        effect_standard_error, share
    from decisioning.content_effects as effects
    left join raw.policy_actions on effects.action_id = policy_actions.action_id
    qualify count(*) over (partition by effects.action_id, slot) > 1
    order by 1, 2, effect desc, 3
    limit 60""",
    "No action has a choice of content.",
)

MODELS = Query(
    ("decisioning.models_in_use",),
    """
    select replace(replace(model, 'nightjar-', ''), 'propensity-', 'propensity for '), model_version, status, reason,
        trained_on, count_rows, count_outcomes, base_rate::double, auc::double, log_loss::double,
        base_log_loss::double, calibration_error::double, qini::double
    from decisioning.models_in_use order by model""",
    "No model has been trained yet: all scores are priors from the policy.",
)

FINDINGS = Query(
    ("decisioning.model_watch",),
    """
    select t.status, t.check, replace(replace(t.model, 'nightjar-', ''), 'propensity-', 'propensity for '), t.subject,
        t.segment, t.value::double, t.threshold::double, t.detail, t.since
    from decisioning.model_watch as t where t.status <> 'ok'
    order by list_position(['stop', 'review', 'warn'], t.status), t.check, t.subject, t.segment <> 'all', t.segment,
        t.model""",
    "Nothing: every figure is within the policy's thresholds, or may be chance.",
    is_good=True,
)

WATCHED = Query(
    ("decisioning.model_watch",),
    """
    select t.check, count(*) as figures, sum(case when t.status <> 'ok' then 1 else 0 end)::bigint,
        sum(case when t.value is null and t.status = 'ok' then 1 else 0 end)::bigint
    from decisioning.model_watch as t group by 1 order by 1""",
    "Nothing was watched tonight.",
)

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
