with source as (
    select * from {{ source('raw', 'hubspot__email_campaign') }} where not _is_deleted
),

final as (
    select
        {{ hubspot_id('id') }} as email_campaign_id,
        {{ trimmed('name') }} as name,
        {{ trimmed('subject') }} as subject,
        {{ trimmed('type') }} as campaign_type,
        {{ trimmed('app_name') }} as app_name
    from source
)

select * from final
