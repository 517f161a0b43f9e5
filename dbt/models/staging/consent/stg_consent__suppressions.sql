with source as (
    select * from {{ source('raw', 'consent__suppression') }} where not _is_deleted
),

final as (
    select
        _key as record_key,
        {{ normalised_email('email') }} as email,
        {{ trimmed('phone') }} as phone,
        {{ normalised_domain('domain') }} as domain,
        {{ consent_channel('channel') }} as channel,
        coalesce(lower({{ trimmed('reason') }}), 'unknown') as reason,
        occurred_at
    from source
)

select * from final
