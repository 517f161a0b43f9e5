with source as (
    select * from {{ source('raw', 'salesforce__lead') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('mobile_phone') }} as mobile_phone,
        {{ trimmed('first_name') }} as first_name,
        {{ trimmed('last_name') }} as last_name,
        {{ trimmed('company') }} as company,
        {{ trimmed('title') }} as title,
        {{ normalised_domain('website') }} as domain,
        {{ trimmed('industry') }} as industry,
        number_of_employees as count_employees,
        {{ trimmed('country') }} as country,
        {{ trimmed('country_code') }} as country_code,
        {{ trimmed('state') }} as state,
        {{ trimmed('city') }} as city,
        {{ trimmed('postal_code') }} as postal_code,
        {{ trimmed('status') }} as lead_status,
        {{ trimmed('lead_source') }} as lead_source,
        {{ trimmed('owner_id') }} as owner_id,
        coalesce(is_converted, false) as is_converted,
        converted_date as converted_at,
        {{ trimmed('converted_contact_id') }} as converted_contact_id,
        {{ trimmed('converted_account_id') }} as converted_account_id,
        {{ trimmed('converted_opportunity_id') }} as converted_opportunity_id,
        coalesce(has_opted_out_of_email, false) as has_opted_out_of_email,
        created_date as created_at,
        _modified_at as updated_at,
        _extra as extra
    from source
)

select * from final
