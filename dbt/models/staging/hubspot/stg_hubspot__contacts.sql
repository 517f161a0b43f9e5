with source as (
    select * from {{ source('raw', 'hubspot__contact') }} where not _is_deleted
),

final as (
    select
        {{ hubspot_id('id') }} as record_id,
        {{ normalised_email('property_email') }} as email,
        {{ normalised_email('property_email_1') }} as second_email,
        {{ trimmed('property_hs_additional_emails') }} as additional_emails,
        {{ trimmed('property_firstname') }} as first_name,
        {{ trimmed('property_lastname') }} as last_name,
        {{ date_text('property_date_of_birth') }} as birth_date,
        {{ trimmed('property_phone') }} as phone,
        {{ trimmed('property_mobilephone') }} as mobile_phone,
        {{ trimmed('property_company') }} as company,
        {{ trimmed('property_jobtitle') }} as title,
        {{ trimmed('property_country') }} as country,
        {{ trimmed('property_state') }} as state,
        {{ trimmed('property_city') }} as city,
        {{ trimmed('property_zip') }} as postal_code,
        {{ trimmed('property_hs_timezone') }} as time_zone,
        lower({{ trimmed('property_lifecyclestage') }}) as lifecycle_stage,
        {{ hubspot_id('property_hubspot_owner_id') }} as hubspot_owner_id,
        {{ hubspot_id('property_associatedcompanyid') }} as hubspot_company_id,
        {{ trimmed('property_hs_merged_object_ids') }} as merged_record_ids,
        coalesce(lower({{ json_text('_extra', 'property_hs_email_optout') }}) in ('true', '1', 'yes'), false) as has_opted_out_of_email,
        property_createdate as created_at,
        _modified_at as updated_at,
        _extra as extra
    from source
)

select * from final
