with

outcomes as (
    select
        coalesce(account_id, contact_id) as unit_id,
        outcome,
        occurred_at
    from {{ ref('outcomes') }}
    where
        outcome in ('opportunity_won', 'invoice_paid', 'purchase', 'churn')
        and coalesce(account_id, contact_id) is not null
        and occurred_at < {{ run_midnight() }}
),

lifecycle_policy as (
    select * from {{ source('raw', 'policy_lifecycle') }}
),

outcomes_and_next_churn as (
    select
        unit_id,
        outcome,
        occurred_at,
        min(case when outcome = 'churn' then occurred_at end) over (
            partition by unit_id order by occurred_at rows between current row and unbounded following
        ) as churned_at
    from outcomes
),

purchases as (
    select unit_id, occurred_at, churned_at
    from outcomes_and_next_churn
    where outcome <> 'churn'
),

buyers as (
    select distinct unit_id from purchases
),

-- what shows that a customer is still there: it pays, or its people do something
signs as (
    select unit_id, occurred_at from purchases
    union all
    select
        buyers.unit_id,
        points.earned_at as occurred_at
    from {{ ref('engagement_points') }} as points
    inner join buyers on coalesce(points.account_id, points.contact_id) = buyers.unit_id
),

changes as (
    select unit_id, occurred_at, 1 as purchases, 0 as signs from purchases
    union all
    select unit_id, churned_at as occurred_at, -1 as purchases, 0 as signs from purchases where churned_at is not null
    union all
    select unit_id, occurred_at, 0 as purchases, 1 as signs from signs
    union all
    select
        signs.unit_id,
        {{ dbt.dateadd('day', 'lifecycle_policy.lapsed_after_days', 'signs.occurred_at') }} as occurred_at,
        0 as purchases,
        -1 as signs
    from signs
    cross join lifecycle_policy
),

changes_by_moment as (
    select
        unit_id,
        occurred_at,
        sum(purchases) as purchases,
        sum(signs) as signs
    from changes
    where occurred_at < {{ run_midnight() }}
    group by 1, 2
),

totals as (
    select
        unit_id,
        occurred_at as entered_at,
        {{ running_total('purchases', 'unit_id') }} as purchases,
        {{ running_total('signs', 'unit_id') }} as signs
    from changes_by_moment
),

states as (
    select
        unit_id,
        entered_at,
        case when purchases > 0 and signs > 0 then 'customer' else 'not_customer' end as stage
    from totals
),

{{ stage_entries('unit_id', ['unit_id']) }}

select
    unit_id,
    entered_at as started_at,
    left_at as ended_at
from final
where stage = 'customer'
