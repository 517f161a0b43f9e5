with source as (
    select * from {{ source('raw', 'automation__rule_fire') }} where not _is_deleted
),

final as (
    select
        _key as record_key,
        {{ trimmed('rule_id') }} as rule_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('action') }} as action,
        lower({{ trimmed('channel') }}) as channel,
        fired_at,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
