with

goals as (
    select * from {{ source('raw', 'policy_goals') }}
),

snapshots as (
    select as_of_date from {{ ref('feature_dates') }} where is_snapshot
),

outcomes as (
    select contact_id, outcome, cast(occurred_at as date) as occurred_on
    from {{ ref('outcomes') }}
    where contact_id is not null and outcome in (select outcome from goals)
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

reached as (
    select distinct
        mature_snapshots.as_of_date,
        mature_snapshots.goal_id,
        outcomes.contact_id
    from outcomes
    inner join mature_snapshots
        on
            outcomes.outcome = mature_snapshots.outcome
            and outcomes.occurred_on >= mature_snapshots.as_of_date
            and outcomes.occurred_on < mature_snapshots.matured_on
),

final as (
    select
        features.contact_id,
        features.account_id,
        features.as_of_date,
        mature_snapshots.goal_id,
        case when reached.contact_id is not null then 1 else 0 end as is_reached
    from {{ ref('contact_features') }} as features
    inner join mature_snapshots on features.as_of_date = mature_snapshots.as_of_date
    left join reached
        on
            features.contact_id = reached.contact_id
            and mature_snapshots.as_of_date = reached.as_of_date
            and mature_snapshots.goal_id = reached.goal_id
)

select * from final
