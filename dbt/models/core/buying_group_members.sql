{# The people of the account, in the part that the CRM names for them, else the part that their job suggests. #}
with buying_groups as (
    select * from {{ ref('int_buying_groups') }}
),

group_policy as (
    select * from {{ source('raw', 'policy_buying_groups') }}
),

people as (
    select * from {{ ref('contacts') }} where account_id is not null and not {{ is_nobody() }}
),

job_roles as (
    select * from {{ ref('job_buying_roles') }}
),

needed_roles as (
    select * from {{ source('raw', 'policy_offering_roles') }}
),

-- the role in an open opportunity of the offering speaks first, then in a closed one, then in one of another offering
named_roles as (
    select
        buying_groups.buying_group_id,
        roles.contact_id,
        roles.role,
        roles.opportunity_id,
        row_number() over (
            partition by buying_groups.buying_group_id, roles.contact_id
            order by
                case when roles.offering_id = buying_groups.offering_id then 0 else 1 end,
                case when roles.is_closed then 1 else 0 end,
                roles.named_at desc nulls last,
                roles.opportunity_id desc
        ) as place
    from {{ ref('int_opportunity_roles') }} as roles
    inner join buying_groups on roles.account_id = buying_groups.account_id
    where roles.role is not null
),

recent_days as (
    select
        days.contact_id,
        days.occurred_on,
        days.activity,
        sum(days.count_activities) as count_activities
    from {{ ref('activity_days') }} as days
    cross join group_policy
    where
        days.occurred_on < {{ run_date() }}
        and days.occurred_on >= {{ dbt.dateadd('day', '-group_policy.engagement_window_days', run_date()) }}
    group by 1, 2, 3
),

points_by_day as (
    select recent_days.contact_id, recent_days.occurred_on, sum({{ capped_points('recent_days', 'point_rules') }}) as points
    from recent_days
    inner join {{ source('raw', 'policy_activity_points') }} as point_rules on recent_days.activity = point_rules.activity
    group by 1, 2
),

points_by_contact as (
    select
        points_by_day.contact_id,
        {{ exact_sum('least(points_by_day.points, coalesce(group_policy.daily_cap, points_by_day.points))') }} as points
    from points_by_day
    cross join group_policy
    group by 1
),

members as (
    select
        buying_groups.buying_group_id,
        buying_groups.account_id,
        buying_groups.offering_id,
        people.contact_id,
        coalesce(named_roles.role, job_roles.role, 'unknown') as role,
        case
            when named_roles.role is not null then 'opportunity_contact_role'
            when job_roles.role is not null then 'job_title'
            else 'none'
        end as role_source,
        named_roles.opportunity_id as role_opportunity_id,
        coalesce(points_by_contact.points, 0) as engagement_points
    from buying_groups
    inner join people on buying_groups.account_id = people.account_id
    left join named_roles
        on
            buying_groups.buying_group_id = named_roles.buying_group_id
            and people.contact_id = named_roles.contact_id
            and named_roles.place = 1
    left join job_roles on people.job_level = job_roles.job_level and people.job_function = job_roles.job_function
    left join points_by_contact on people.contact_id = points_by_contact.contact_id
),

final as (
    select
        members.buying_group_id,
        members.account_id,
        members.offering_id,
        members.contact_id,
        members.role,
        members.role_source,
        members.role_opportunity_id,
        coalesce(needed_roles.weight, 0) as role_weight,
        members.engagement_points,
        members.engagement_points >= group_policy.engaged_points as is_engaged
    from members
    cross join group_policy
    left join needed_roles on members.offering_id = needed_roles.offering_id and members.role = needed_roles.role
)

select * from final
