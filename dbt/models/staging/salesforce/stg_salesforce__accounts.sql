with source as (
    select * from {{ source('raw', 'salesforce__account') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ trimmed('name') }} as name,
        {{ normalised_domain('website') }} as domain,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('industry') }} as industry,
        number_of_employees as count_employees,
        cast(round(annual_revenue * 100) as bigint) as annual_revenue_cents,
        {{ trimmed('billing_country') }} as country,
        {{ trimmed('billing_country_code') }} as country_code,
        {{ trimmed('billing_state') }} as state,
        {{ trimmed('billing_city') }} as city,
        {{ trimmed('parent_id') }} as parent_record_id,
        {{ trimmed('owner_id') }} as owner_id,
        {{ trimmed('type') }} as account_type,
        created_date as created_at,
        _modified_at as updated_at
    from source
)

select * from final
