with

buying_groups as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        min(account_stages.entered_at) as created_at
    from {{ ref('buying_groups') }} as buying_groups
    inner join {{ ref('account_stages') }} as account_stages on buying_groups.account_id = account_stages.account_id
    group by 1, 2
),

account_stages as (
    select * from {{ ref('account_stages') }} where stage in ('opportunity', 'customer', 'lapsed')
),

lifecycle_policy as (
    select * from {{ source('raw', 'policy_lifecycle') }}
),

-- a person may hold two roles in a group, and counts once
members as (
    select distinct buying_group_id, contact_id from {{ ref('buying_group_members') }}
),

group_points as (
    select
        members.buying_group_id,
        points.earned_on,
        max(points.earned_at) as occurred_at,
        cast(sum(points.points) as double) as points
    from {{ ref('engagement_points') }} as points
    inner join members on points.contact_id = members.contact_id
    group by 1, 2
),

account_periods as (
    select
        buying_groups.buying_group_id,
        account_stages.entered_at,
        account_stages.left_at,
        case when account_stages.stage = 'opportunity' then 1 else 0 end as is_opportunity,
        case when account_stages.stage = 'customer' then 1 else 0 end as is_customer,
        case when account_stages.stage = 'lapsed' then 1 else 0 end as is_lapsed
    from buying_groups
    inner join account_stages on buying_groups.account_id = account_stages.account_id
),

changes as (
    select buying_group_id, created_at as occurred_at, 0.0 as points, 0 as is_opportunity, 0 as is_customer, 0 as is_lapsed
    from buying_groups
    union all
    select buying_group_id, occurred_at, points, 0, 0, 0 from group_points
    union all
    select
        group_points.buying_group_id,
        {{ dbt.dateadd('day', 'lifecycle_policy.engagement_window_days', 'group_points.occurred_at') }},
        -group_points.points, 0, 0, 0
    from group_points
    cross join lifecycle_policy
    union all
    select buying_group_id, entered_at, 0, is_opportunity, is_customer, is_lapsed from account_periods
    union all
    select buying_group_id, left_at, 0, -is_opportunity, -is_customer, -is_lapsed from account_periods where left_at is not null
),

changes_by_moment as (
    select
        changes.buying_group_id,
        greatest(changes.occurred_at, buying_groups.created_at) as occurred_at,
        cast(sum(changes.points) as double) as points,
        sum(changes.is_opportunity) as is_opportunity,
        sum(changes.is_customer) as is_customer,
        sum(changes.is_lapsed) as is_lapsed
    from changes
    inner join buying_groups on changes.buying_group_id = buying_groups.buying_group_id
    where changes.occurred_at < {{ run_midnight() }} or changes.occurred_at = buying_groups.created_at
    group by 1, 2
),

totals as (
    select
        buying_group_id,
        occurred_at as entered_at,
        {{ running_total('points', 'buying_group_id') }} as points,
        {{ running_total('is_opportunity', 'buying_group_id') }} as is_opportunity,
        {{ running_total('is_customer', 'buying_group_id') }} as is_customer,
        {{ running_total('is_lapsed', 'buying_group_id') }} as is_lapsed
    from changes_by_moment
),

states as (
    select
        totals.buying_group_id,
        totals.entered_at,
        case
            when totals.is_customer > 0 then 'customer'
            when totals.is_opportunity > 0 then 'opportunity'
            when round(totals.points, 6) >= lifecycle_policy.mql_points then 'engaged'
            when totals.is_lapsed > 0 then 'lapsed'
            else 'identified'
        end as stage
    from totals
    cross join lifecycle_policy
),

{{ stage_entries('buying_group_id', ['buying_group_id']) }}

select * from final
