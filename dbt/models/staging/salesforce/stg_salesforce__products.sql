with source as (
    select * from {{ source('raw', 'salesforce__product_2') }} where not _is_deleted
),

final as (
    select
        id as product_id,
        {{ trimmed('name') }} as name,
        {{ trimmed('family') }} as family,
        coalesce(is_active, false) as is_active,
        created_date as created_at,
        _modified_at as updated_at
    from source
)

select * from final
