"""The report's queries on what was decided. A query's columns are, in order, the fields of the dataclass it fills."""

from dagster_project.reporting.query import ACTION_NAME, DECISIONS, SENT, Query

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
        when reason like 'drawn among % to keep learning' then 'drawn by how likely it is the best, to keep learning'
        when reason like 'people like this respond to it %' then 'people like this respond to it more often than others'
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
