with

accounts as (
    select
        account_id,
        coalesce(created_at, {{ since_ever() }}) as created_at
    from {{ ref('accounts') }}
),

lifecycle_policy as (
    select * from {{ source('raw', 'policy_lifecycle') }}
),

account_points as (
    select
        account_id,
        earned_on,
        max(earned_at) as occurred_at,
        cast(sum(points) as double) as points
    from {{ ref('engagement_points') }}
    where account_id is not null
    group by 1, 2
),

opportunities as (
    select
        account_id,
        created_at,
        case when closed_at is not null then greatest(closed_at, created_at) end as closed_at
    from {{ ref('opportunities') }}
    where account_id is not null and created_at is not null
),

customer_periods as (
    select * from {{ ref('customer_periods') }}
),

-- doubles, because sums of integers are wider than the engine is fast with
changes as (
    select
        account_id, created_at as occurred_at,
        {% for counter in ['points', 'opportunities', 'is_customer', 'customer_periods'] -%}
        cast(0 as double) as {{ counter }}{{ ', ' if not loop.last }}
        {%- endfor %}
    from accounts
    union all
    select account_id, occurred_at, points, 0, 0, 0 from account_points
    union all
    select
        account_points.account_id,
        {{ dbt.dateadd('day', 'lifecycle_policy.engagement_window_days', 'account_points.occurred_at') }},
        -account_points.points, 0, 0, 0
    from account_points
    cross join lifecycle_policy
    union all
    select account_id, created_at, 0, 1, 0, 0 from opportunities
    union all
    select account_id, closed_at, 0, -1, 0, 0 from opportunities where closed_at is not null
    union all
    select unit_id, started_at, 0, 0, 1, 1 from customer_periods
    union all
    select unit_id, ended_at, 0, 0, -1, 0 from customer_periods where ended_at is not null
),

changes_by_moment as (
    select
        changes.account_id,
        greatest(changes.occurred_at, accounts.created_at) as occurred_at,
        cast(sum(changes.points) as double) as points,
        sum(changes.opportunities) as opportunities,
        sum(changes.is_customer) as is_customer,
        sum(changes.customer_periods) as customer_periods
    from changes
    inner join accounts on changes.account_id = accounts.account_id
    where changes.occurred_at < {{ run_midnight() }} or changes.occurred_at = accounts.created_at
    group by 1, 2
),

totals as (
    select
        account_id,
        occurred_at as entered_at,
        {{ running_total('points', 'account_id') }} as points,
        {{ running_total('opportunities', 'account_id') }} as opportunities,
        {{ running_total('is_customer', 'account_id') }} as is_customer,
        {{ running_total('customer_periods', 'account_id') }} as customer_periods
    from changes_by_moment
),

states as (
    select
        totals.account_id,
        totals.entered_at,
        case
            when totals.is_customer > 0 then 'customer'
            when totals.opportunities > 0 then 'opportunity'
            when round(totals.points, 6) >= lifecycle_policy.mql_points then 'engaged'
            when totals.customer_periods > 0 then 'lapsed'
            else 'target'
        end as stage
    from totals
    cross join lifecycle_policy
),

{{ stage_entries('account_id', ['account_id']) }}

select * from final
