with source as (
    select * from {{ source('raw', 'segment__tracks') }} where not _is_deleted
),

final as (
    select
        id as event_id,
        anonymous_id,
        user_id,
        timestamp as occurred_at,
        event,
        properties
    from source
)

select * from final
