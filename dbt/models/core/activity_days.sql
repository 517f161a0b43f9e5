{# What the day-by-day models read in place of the activities: a tenth of the rows. A visit begins with a page view that has
   none in the half hour before it, and belongs to the day on which it begins. #}
with activities as (
    select * from {{ ref('activities') }}
),

page_views as (
    select
        contact_id,
        occurred_at,
        known_on,
        lag(occurred_at) over (partition by contact_id order by occurred_at, activity_id) as viewed_before_at
    from activities
    where activity in ('page_view', 'pricing_view')
),

dated as (
    select contact_id, activity, occurred_at, known_on from activities
    union all
    select contact_id, 'session', occurred_at, known_on
    from page_views
    where coalesce(viewed_before_at < {{ dbt.dateadd('minute', -30, 'occurred_at') }}, true)
),

final as (
    select
        contact_id,
        activity,
        cast(occurred_at as date) as occurred_on,
        known_on,
        count(*) as count_activities,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from dated
    group by 1, 2, 3, 4
)

select * from final
