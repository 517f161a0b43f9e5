{# Beside the choice: what it is for, and how far it has come. #}
{{ config(schema='decisioning') }}
with

goals as (
    select
        goal_id,
        name,
        outcome,
        horizon_days,
        target,
        coalesce(target_since, {{ first_night() }}) as target_since,
        target_by,
        {{ run_date() }} as run_date
    from {{ source('raw', 'policy_goals') }}
    where target is not null
),

-- an opportunity counts once for its account, however many people have a role in it
outcomes as (
    select
        outcome,
        cast(occurred_at as date) as occurred_on,
        case
            when outcome in ('opportunity_created', 'opportunity_won')
                then {{ dbt.concat(['coalesce(account_id, contact_id)', "'|'", 'cast(occurred_at as ' ~ dbt.type_string() ~ ')']) }}
            else outcome_id
        end as outcome_key
    from {{ ref('outcomes') }}
),

reached as (
    select goals.goal_id, count(distinct outcomes.outcome_key) as count_reached
    from goals
    inner join outcomes
        on
            goals.outcome = outcomes.outcome
            and outcomes.occurred_on >= goals.target_since
            and outcomes.occurred_on <= goals.target_by
            and outcomes.occurred_on < goals.run_date
    group by 1
),

-- what would come anyway, by the propensities of tonight
expected_anyway as (
    select goal_id, sum(propensity) as sum_propensity from {{ source('decisioning', 'contact_scores') }} group by 1
),

-- what tonight's choices add
expected_effects as (
    select goal_id, sum(uplift) as sum_uplift
    from {{ source('decisioning', 'next_best_action') }}
    where action_id is not null and approval_status in ('not_needed', 'approved') and autonomy_mode <> 'shadow'
    group by 1
),

days as (
    select
        goals.*,
        coalesce(reached.count_reached, 0) as count_reached,
        greatest({{ dbt.datediff('goals.target_since', 'goals.target_by', 'day') }} + 1, 1) as days_in_all,
        greatest(least(
            {{ dbt.datediff('goals.target_since', 'goals.run_date', 'day') }},
            {{ dbt.datediff('goals.target_since', 'goals.target_by', 'day') }} + 1
        ), 0) as days_passed,
        coalesce(expected_anyway.sum_propensity, 0) / goals.horizon_days as anyway_per_day,
        coalesce(expected_effects.sum_uplift, 0) as added_per_night
    from goals
    left join reached on goals.goal_id = reached.goal_id
    left join expected_anyway on goals.goal_id = expected_anyway.goal_id
    left join expected_effects on goals.goal_id = expected_effects.goal_id
),

forecasts as (
    select
        *,
        days_in_all - days_passed as days_left,
        greatest(target - count_reached, 0) as count_missing,
        count_reached + (days_in_all - days_passed) * (anyway_per_day + added_per_night) as forecast
    from days
),

final as (
    select
        goal_id,
        name,
        cast(target as bigint) as target,
        target_since,
        target_by,
        cast(count_reached as bigint) as count_reached,
        cast(days_passed as integer) as days_passed,
        cast(days_left as integer) as days_left,
        cast(target * days_passed / cast(days_in_all as double) as double) as count_planned,
        cast(case when days_passed > 0 then count_reached / cast(days_passed as double) end as double) as reached_per_night,
        cast(case when days_left > 0 then count_missing / cast(days_left as double) end as double) as needed_per_night,
        cast(anyway_per_day as double) as expected_anyway_per_night,
        cast(added_per_night as double) as expected_added_per_night,
        cast(forecast as double) as forecast,
        case
            when count_missing = 0 then 'reached'
            when days_left = 0 then 'missed'
            when forecast >= target then 'on pace'
            else 'behind'
        end as pace
    from forecasts
)

select * from final
