{{ config(materialized='incremental', incremental_strategy='by_input', on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_stage_inputs') }}
with point_rules as (
    select * from {{ source('raw', 'policy_activity_points') }}
),

-- days whatever the night on which they became known
activities as (
    select
        contact_id,
        occurred_on,
        activity,
        sum(count_activities) as count_activities,
        max(last_at) as last_at
    from {{ ref('activity_days') }}
    where activity <> 'session' and {{ is_changed_input('contact_id') }}
    group by 1, 2, 3
),

signs as (
    select
        activities.contact_id,
        activities.occurred_on,
        activities.last_at,
        coalesce({{ capped_points('activities', 'point_rules') }}, 0) as points,
        case when activities.activity = 'reply' then activities.count_activities else 0 end as replies,
        case when activities.activity = 'meeting' then activities.count_activities else 0 end as meetings,
        0 as calls
    from activities
    left join point_rules on activities.activity = point_rules.activity
    union all
    select contact_id, occurred_on, last_at, 0, 0, 0, count_touches
    from {{ ref('touch_days') }}
    where channel = 'call' and direction = 'outbound' and {{ is_changed_input('contact_id') }}
),

days as (
    select
        contact_id,
        occurred_on as earned_on,
        max(last_at) as earned_at,
        {{ exact_sum('points') }} as points,
        cast(sum(replies) as double) as replies,
        cast(sum(meetings) as double) as meetings,
        cast(sum(calls) as double) as calls
    from signs
    group by 1, 2
),

contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

final as (
    select
        days.contact_id,
        contacts.account_id,
        days.earned_on,
        days.earned_at,
        days.points,
        days.replies,
        days.meetings,
        days.calls
    from days
    inner join contacts on days.contact_id = contacts.contact_id
    where days.points + days.replies + days.meetings + days.calls > 0
)

select * from final
