with source as (
    select * from {{ source('raw', 'salesforce__user') }} where not _is_deleted
),

final as (
    select
        id as owner_id,
        {{ trimmed('name') }} as name,
        {{ normalised_email('email') }} as email,
        {{ trimmed('title') }} as title,
        {{ trimmed('department') }} as department,
        coalesce(is_active, true) as is_active,
        {{ trimmed('manager_id') }} as manager_id,
        {{ trimmed('time_zone_sid_key') }} as time_zone,
        _modified_at as updated_at
    from source
)

select * from final
