{# A task that says only the day on which it was done counts as done at the end of that day. #}
{%- set answers = ['call', 'seller_email', 'meeting'] %}
with

rules as (
    select * from {{ source('raw', 'policy_speed_to_lead') }}
),

details as (
    select * from {{ source('raw', 'policy_speed_to_lead_details') }}
),

rules_with_details as (
    select distinct rule from details
),

activities as (
    select contact_id, account_id, activity, detail, occurred_at
    from {{ ref('activities') }}
    where occurred_at >= {{ window_start('30') }}
),

matches as (
    select * from {{ ref('condition_matches') }}
),

asked as (
    select
        rules.rule,
        rules.hours,
        rules.urgent_days,
        activities.contact_id,
        activities.account_id,
        activities.activity,
        min(activities.occurred_at) as occurred_at
    from activities
    inner join rules on activities.activity = rules.activity
    left join matches on activities.contact_id = matches.contact_id and rules.condition_id = matches.condition_id
    left join rules_with_details on rules.rule = rules_with_details.rule
    left join details
        on rules.rule = details.rule and {{ dbt.position('details.detail', 'lower(activities.detail)') }} > 0
    where
        (rules.condition_id is null or matches.contact_id is not null)
        and (rules_with_details.rule is null or details.rule is not null)
    group by
        rules.rule, rules.hours, rules.urgent_days, activities.contact_id, activities.account_id,
        activities.activity, cast(activities.occurred_at as date)
),

answers as (
    select
        contact_id,
        case
            when occurred_at = cast(cast(occurred_at as date) as {{ dbt.type_timestamp() }})
                then {{ dbt.dateadd('minute', 1439, 'occurred_at') }}
            else occurred_at
        end as answered_at
    from activities
    where activity in ('{{ answers | join("', '") }}')
),

answered as (
    select
        asked.rule, asked.contact_id, asked.account_id, asked.activity, asked.occurred_at, asked.hours,
        asked.urgent_days,
        min(answers.answered_at) as answered_at
    from asked
    left join answers on asked.contact_id = answers.contact_id and answers.answered_at >= asked.occurred_at
    group by
        asked.rule, asked.contact_id, asked.account_id, asked.activity, asked.occurred_at, asked.hours,
        asked.urgent_days
),

final as (
    select
        rule,
        contact_id,
        account_id,
        activity,
        occurred_at,
        {{ dbt.dateadd('hour', 'hours', 'occurred_at') }} as due_at,
        answered_at,
        answered_at is null
        and {{ dbt.dateadd('day', 'urgent_days', 'occurred_at') }} >= {{ run_midnight() }} as is_urgent
    from answered
)

select * from final
