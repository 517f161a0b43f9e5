with source as (
    select * from {{ source('raw', 'hubspot__company') }} where not _is_deleted
),

final as (
    select
        {{ hubspot_id('id') }} as record_id,
        {{ trimmed('property_name') }} as name,
        coalesce({{ normalised_domain('property_domain') }}, {{ normalised_domain('property_website') }}) as domain,
        {{ trimmed('property_phone') }} as phone,
        {{ trimmed('property_industry') }} as industry,
        property_numberofemployees as count_employees,
        cast(round(property_annualrevenue * 100) as bigint) as annual_revenue_cents,
        {{ trimmed('property_country') }} as country,
        {{ trimmed('property_state') }} as state,
        {{ trimmed('property_city') }} as city,
        {{ hubspot_id('property_hs_parent_company_id') }} as parent_record_id,
        property_createdate as created_at,
        _modified_at as updated_at
    from source
)

select * from final
