with source as (
    select * from {{ source('raw', 'consent__subscription_status') }} where not _is_deleted
),

final as (
    select
        _key as record_key,
        {{ normalised_email('email') }} as email,
        {{ trimmed('phone') }} as phone,
        {{ consent_channel('channel') }} as channel,
        lower({{ trimmed('basis') }}) as basis,
        lower({{ trimmed('status') }}) as status,
        occurred_at,
        {{ trimmed('source') }} as source,
        {{ trimmed('evidence') }} as evidence
    from source
)

select * from final
