with source as (
    select * from {{ source('raw', 'salesforce__opportunity_line_item') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ trimmed('opportunity_id') }} as opportunity_id,
        {{ trimmed('product_2_id') }} as product_id,
        quantity,
        cast(round(unit_price * 100) as bigint) as unit_price_cents,
        cast(round(total_price * 100) as bigint) as total_price_cents,
        created_date as created_at,
        _modified_at as updated_at
    from source
)

select * from final
