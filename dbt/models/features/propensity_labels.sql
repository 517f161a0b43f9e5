with

goals as (
    select * from {{ source('raw', 'policy_goals') }}
),

snapshots as (
    select as_of_date from {{ ref('feature_dates') }} where is_snapshot
),

features as (
    select contact_id, account_id, as_of_date from {{ ref('contact_features') }}
),

outcomes as (
    select contact_id, account_id, outcome, cast(occurred_at as date) as occurred_on
    from {{ ref('outcomes') }}
    where occurred_at < {{ run_midnight() }} and outcome in (select outcome from goals)
),

-- only what could be observed to its end: the others aren't failures, they are unknown
mature_snapshots as (
    select
        snapshots.as_of_date,
        goals.goal_id,
        goals.outcome,
        cast({{ dbt.dateadd('day', 'goals.horizon_days', 'snapshots.as_of_date') }} as date) as matured_on
    from snapshots
    cross join goals
    where cast({{ dbt.dateadd('day', 'goals.horizon_days', 'snapshots.as_of_date') }} as date) <= {{ run_date() }}
),

dated_outcomes as (
    select
        outcomes.contact_id,
        outcomes.account_id,
        outcomes.occurred_on,
        mature_snapshots.as_of_date,
        mature_snapshots.goal_id
    from outcomes
    inner join mature_snapshots
        on
            outcomes.outcome = mature_snapshots.outcome
            and outcomes.occurred_on >= mature_snapshots.as_of_date
            and outcomes.occurred_on < mature_snapshots.matured_on
),

-- what an account reached without naming a person, all its people of that day reached
reached_outcomes as (
    select contact_id, as_of_date, goal_id, occurred_on from dated_outcomes where contact_id is not null
    union all
    select features.contact_id, dated_outcomes.as_of_date, dated_outcomes.goal_id, dated_outcomes.occurred_on
    from dated_outcomes
    inner join features
        on dated_outcomes.account_id = features.account_id and dated_outcomes.as_of_date = features.as_of_date
    where dated_outcomes.contact_id is null
),

reached as (
    select contact_id, as_of_date, goal_id, min(occurred_on) as reached_on
    from reached_outcomes
    group by contact_id, as_of_date, goal_id
),

final as (
    select
        features.contact_id,
        features.account_id,
        features.as_of_date,
        mature_snapshots.goal_id,
        case when reached.contact_id is not null then 1 else 0 end as is_reached,
        cast({{ dbt.datediff('features.as_of_date', 'reached.reached_on', 'day') }} as integer) as days_to_outcome
    from features
    inner join mature_snapshots on features.as_of_date = mature_snapshots.as_of_date
    left join reached
        on
            features.contact_id = reached.contact_id
            and mature_snapshots.as_of_date = reached.as_of_date
            and mature_snapshots.goal_id = reached.goal_id
)

select * from final
