with source as (
    select * from {{ source('raw', 'automation__rule') }} where not _is_deleted
),

final as (
    select
        rule_id,
        {{ trimmed('name') }} as name,
        lower({{ trimmed('channel') }}) as channel,
        {{ trimmed('action') }} as action,
        definition,
        {{ trimmed('owner_id') }} as owner_id,
        coalesce(is_active, true) as is_active,
        created_at,
        updated_at,
        _loaded_at as loaded_at
    from source
)

select * from final
