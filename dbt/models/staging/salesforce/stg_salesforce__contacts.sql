with source as (
    select * from {{ source('raw', 'salesforce__contact') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ trimmed('account_id') }} as salesforce_account_id,
        {{ normalised_email('email') }} as email,
        {{ trimmed('phone') }} as phone,
        {{ trimmed('mobile_phone') }} as mobile_phone,
        {{ trimmed('first_name') }} as first_name,
        {{ trimmed('last_name') }} as last_name,
        {{ date_text('birthdate') }} as birth_date,
        {{ trimmed('title') }} as title,
        {{ trimmed('reports_to_id') }} as reports_to_id,
        {{ trimmed('department') }} as department,
        {{ trimmed('mailing_country') }} as country,
        {{ trimmed('mailing_country_code') }} as country_code,
        {{ trimmed('mailing_state') }} as state,
        {{ trimmed('mailing_city') }} as city,
        {{ trimmed('mailing_postal_code') }} as postal_code,
        {{ trimmed('owner_id') }} as owner_id,
        {{ trimmed('lead_source') }} as lead_source,
        coalesce(has_opted_out_of_email, false) as has_opted_out_of_email,
        coalesce(do_not_call, false) as is_do_not_call,
        created_date as created_at,
        _modified_at as updated_at,
        _extra as extra
    from source
)

select * from final
