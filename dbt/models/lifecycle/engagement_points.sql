with

activities as (
    select * from {{ ref('activities') }}
),

point_rules as (
    select * from {{ source('raw', 'policy_activity_points') }}
),

activities_by_day as (
    select
        contact_id,
        account_id,
        activity,
        cast(occurred_at as date) as earned_on,
        count(*) as count_activities,
        max(occurred_at) as earned_at
    from activities
    where contact_id is not null and occurred_at < {{ run_midnight() }}
    group by 1, 2, 3, 4
),

points_by_day as (
    select
        activities_by_day.contact_id,
        max(activities_by_day.account_id) as account_id,
        activities_by_day.earned_on,
        max(activities_by_day.earned_at) as earned_at,
        cast(
            sum(least(activities_by_day.count_activities * point_rules.points, coalesce(point_rules.daily_cap, activities_by_day.count_activities * point_rules.points)))
            as double
        ) as points
    from activities_by_day
    inner join point_rules on activities_by_day.activity = point_rules.activity
    group by 1, 3
),

final as (
    select * from points_by_day where points > 0
)

select * from final
