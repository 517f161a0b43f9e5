with

rules as (
    select * from {{ source('raw', 'policy_speed_to_lead') }}
),

-- what is neither answered nor due yet says nothing
events as (
    select
        *,
        case
            when answered_at <= due_at then 1
            when answered_at > due_at or due_at < {{ run_midnight() }} then 0
        end as is_in_time
    from {{ ref('hot_events') }}
),

final as (
    select
        rules.rule,
        rules.hours,
        count(events.rule) as count_events,
        count(events.answered_at) as count_answered,
        count(events.is_in_time) as count_judged,
        cast(coalesce(sum(events.is_in_time), 0) as bigint) as count_in_time,
        cast(avg(events.is_in_time) as double) as share_in_time,
        cast({{ median(dbt.datediff('events.occurred_at', 'events.answered_at', 'minute') ~ ' / 60.0') }} as double) as median_hours
    from rules
    left join events on rules.rule = events.rule
    group by rules.rule, rules.hours
)

select * from final
