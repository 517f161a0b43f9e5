{# What the day-by-day models read in place of the activities: a tenth of the rows. A visit begins with a page view that has
   none in the half hour before it, and belongs to the day on which it begins. #}
{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='append_new_columns', meta={'news': 'has_new_activities'}) }}
-- depends_on: {{ ref('int_contact_inputs') }}

with activities as (
    select * from {{ ref('activities') }} where {{ is_changed_contact('contact_id', 'has_new_activities') }}
),

page_views as (
    select contact_id, occurred_at, min(known_on) as known_on
    from activities
    where activity in ('page_view', 'pricing_view')
    group by contact_id, occurred_at
),

-- a view that came to be known later takes no beginning from those known before
visits as (
    select
        *,
        min(known_on) over (
            partition by contact_id order by occurred_at
            range between interval '30' minute preceding and interval '1' microsecond preceding
        ) as known_before_on
    from page_views
),

dated as (
    select contact_id, activity, occurred_at, known_on from activities
    union all
    select contact_id, 'session', occurred_at, known_on
    from visits
    where known_before_on is null or known_before_on > known_on
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
