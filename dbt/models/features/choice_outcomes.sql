{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='decided_on',
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where not exists (
        select 1 from {{ ref('logged_choices') }} as choices
        where choices.contact_id = {{ this }}.contact_id and choices.decided_on = {{ this }}.decided_on
    ) or goal_id not in (select goal_id from {{ source('raw', 'policy_goals') }})"
) }}

with

goals as (
    select * from {{ source('raw', 'policy_goals') }}
),

{% if is_incremental() -%}
-- a day later than the longest horizon, nothing about a choice changes but by late exports, for which a week is left
dates as (
    select distinct decided_on
    from {{ ref('logged_choices') }}
    where
        decided_on not in (select decided_on from {{ this }})
        or decided_on >= cast(
            {{ dbt.dateadd('day', '-7 - (select max(horizon_days) from goals)', run_date()) }} as date
        )
),
{%- else -%}
dates as (
    select distinct decided_on from {{ ref('logged_choices') }}
),
{%- endif %}

choices as (
    select contact_id, account_id, decided_on
    from {{ ref('logged_choices') }}
    where decided_on in (select decided_on from dates)
),

outcomes as (
    select contact_id, account_id, outcome, value_cents, cast(occurred_at as date) as occurred_on
    from {{ ref('outcomes') }}
    where occurred_at < {{ run_midnight() }} and outcome in (select outcome from goals)
),

-- what an account reached without naming a person, all its people reached
later_outcomes as (
    select choices.contact_id, choices.decided_on, outcomes.outcome, outcomes.value_cents, outcomes.occurred_on
    from outcomes
    inner join choices on outcomes.contact_id = choices.contact_id and outcomes.occurred_on >= choices.decided_on
    union all
    select choices.contact_id, choices.decided_on, outcomes.outcome, outcomes.value_cents, outcomes.occurred_on
    from outcomes
    inner join choices on outcomes.account_id = choices.account_id and outcomes.occurred_on >= choices.decided_on
    where outcomes.contact_id is null
),

reached as (
    select
        outcomes.contact_id,
        outcomes.decided_on,
        goals.goal_id,
        min(outcomes.occurred_on) as reached_on,
        sum(coalesce(nullif(outcomes.value_cents, 0), goals.value_cents)) as value_cents
    from later_outcomes as outcomes
    inner join goals
        on
            outcomes.outcome = goals.outcome
            and outcomes.occurred_on < cast({{ dbt.dateadd('day', 'goals.horizon_days', 'outcomes.decided_on') }} as date)
    group by 1, 2, 3
),

final as (
    select
        choices.contact_id,
        choices.account_id,
        choices.decided_on,
        goals.goal_id,
        case when reached.contact_id is not null then 1 else 0 end as is_reached,
        cast({{ dbt.datediff('choices.decided_on', 'reached.reached_on', 'day') }} as integer) as days_to_outcome,
        cast(coalesce(reached.value_cents, 0) as double) as value_cents,
        cast({{ dbt.dateadd('day', 'goals.horizon_days', 'choices.decided_on') }} as date) <= {{ run_date() }} as is_matured
    from choices
    cross join goals
    left join reached
        on
            choices.contact_id = reached.contact_id
            and choices.decided_on = reached.decided_on
            and goals.goal_id = reached.goal_id
)

select * from final
