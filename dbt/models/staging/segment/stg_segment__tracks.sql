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
        properties,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
