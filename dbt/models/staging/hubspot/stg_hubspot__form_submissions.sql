with source as (
    select * from {{ source('raw', 'hubspot__form_submission') }} where not _is_deleted
),

final as (
    select
        _key as record_key,
        {{ trimmed('form_id') }} as form_id,
        {{ hubspot_id('contact_id') }} as hubspot_contact_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('anonymous_id') }} as anonymous_id,
        {{ trimmed('conversion_id') }} as conversion_id,
        page_url,
        {{ trimmed('title') }} as title,
        timestamp as occurred_at,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
