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
    group by 1, 2, 3, 4, 5
)

select * from final
