with

decisions as (
    select * from {{ source('decisioning', 'decision_log') }}
),

final as (
    select
        cast(run_date as date) as run_date,
        arm,
        coalesce(action_id, 'none') as action_id,
        cast(count(*) as bigint) as count_decisions,
        cast(sum(case when action_id is not null and approval_status in ('not_needed', 'approved') and autonomy_mode <> 'shadow' then 1 else 0 end) as bigint)
            as count_released,
        cast(sum(coalesce(expected_value, 0)) as double) as sum_expected_value_cents,
        cast(sum(coalesce(cost, 0)) as double) as sum_cost_cents
    from decisions
    group by 1, 2, 3
)

select * from final
