with source as (
    select * from {{ source('raw', 'hubspot__email_event') }} where not _is_deleted
),

final as (
    select
        id as event_id,
        upper(trim(type)) as event_type,
        created as occurred_at,
        {{ normalised_email('recipient') }} as email,
        {{ hubspot_id('email_campaign_id') }} as email_campaign_id,
        url,
        {{ trimmed('decision_id') }} as decision_id,
        coalesce(filtered_event, false) as is_filtered,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
