{# Touches as the day-by-day models read them. #}
{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='append_new_columns', meta={'news': 'has_new_touches'}) }}
-- depends_on: {{ ref('int_contact_inputs') }}

with final as (
    select
        contact_id,
        channel,
        direction,
        cast(occurred_at as date) as occurred_on,
        known_on,
        count(*) as count_touches,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from {{ ref('touches') }}
    where {{ is_changed_contact('contact_id', 'has_new_touches') }}
    group by 1, 2, 3, 4, 5
)

select * from final
