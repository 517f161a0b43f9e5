with

arms as (
    select * from {{ source('decisioning', 'arms') }}
),

goals as (
    select * from {{ source('raw', 'policy_goals') }}
),

outcomes as (
    select
        coalesce(account_id, contact_id) as unit_id,
        -- an opportunity counts once for its account, however many people have a role in it
        case
            when outcome in ('opportunity_created', 'opportunity_won') then cast(occurred_at as {{ dbt.type_string() }})
            else outcome_id
        end as outcome_key,
        outcome,
        occurred_at
    from {{ ref('outcomes') }}
    where occurred_at < {{ run_midnight() }}
),

-- y: since the unit's assignment; x: the 30 days before, which no arm can have changed
goal_counts as (
    select
        arms.unit_id,
        goals.goal_id,
        count(distinct case when outcomes.occurred_at >= arms.assigned_on then outcomes.outcome_key end) as y,
        count(distinct case when outcomes.occurred_at < arms.assigned_on then outcomes.outcome_key end) as x
    from arms
    inner join outcomes
        on
            arms.unit_id = outcomes.unit_id
            and outcomes.occurred_at >= {{ dbt.dateadd('day', -30, 'arms.assigned_on') }}
    inner join goals on outcomes.outcome = goals.outcome
    group by 1, 2
),

value_sums as (
    select
        goal_counts.unit_id,
        'value_cents' as metric,
        sum(goal_counts.y * goals.weight * goals.value_cents) as y,
        sum(goal_counts.x * goals.weight * goals.value_cents) as x
    from goal_counts
    inner join goals on goal_counts.goal_id = goals.goal_id
    group by 1, 2
),

metrics as (
    select goal_id as metric from goals
    union all
    select 'value_cents' as metric
),

measured as (
    select unit_id, goal_id as metric, cast(y as double) as y, cast(x as double) as x from goal_counts
    union all
    select unit_id, metric, cast(y as double) as y, cast(x as double) as x from value_sums
),

-- a unit without outcomes counts too, with zeros
final as (
    select
        arms.arm,
        metrics.metric,
        cast(count(*) as bigint) as n,
        cast(sum(case when measured.y > 0 then 1 else 0 end) as bigint) as count_units_with_outcome,
        cast(max(coalesce(measured.y, 0)) as double) as max_y,
        cast(sum(coalesce(measured.y, 0)) as double) as sum_y,
        cast(sum(coalesce(measured.y * measured.y, 0)) as double) as sum_y_squares,
        cast(sum(coalesce(measured.x, 0)) as double) as sum_x,
        cast(sum(coalesce(measured.x * measured.x, 0)) as double) as sum_x_squares,
        cast(sum(coalesce(measured.x * measured.y, 0)) as double) as sum_xy
    from arms
    cross join metrics
    left join measured on arms.unit_id = measured.unit_id and metrics.metric = measured.metric
    group by 1, 2
)

select * from final
