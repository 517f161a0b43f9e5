with source as (
    select * from {{ source('raw', 'segment__pages') }} where not _is_deleted
),

final as (
    select
        id as event_id,
        anonymous_id,
        user_id,
        timestamp as occurred_at,
        url,
        path,
        title,
        referrer,
        context_campaign_source as campaign_source,
        context_campaign_medium as campaign_medium,
        context_campaign_name as campaign_name,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
