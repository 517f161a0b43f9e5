with source as (
    select * from {{ source('raw', 'salesforce__campaign') }} where not _is_deleted
),

final as (
    select
        id as campaign_id,
        {{ trimmed('name') }} as name,
        lower({{ trimmed('type') }}) as campaign_type,
        {{ trimmed('status') }} as status,
        start_date as start_on,
        end_date as end_on,
        _modified_at as updated_at,
        _loaded_at as loaded_at
    from source
)

select * from final
