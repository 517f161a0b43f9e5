with source as (
    select * from {{ source('raw', 'delivery__result') }} where not _is_deleted
),

final as (
    select
        _key as record_key,
        {{ trimmed('decision_id') }} as decision_id,
        lower({{ trimmed('status') }}) as status,
        occurred_at,
        detail
    from source
)

select * from final
