with source as (
    select * from {{ source('raw', 'salesforce__campaign_member') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ trimmed('campaign_id') }} as campaign_id,
        {{ trimmed('contact_id') }} as salesforce_contact_id,
        {{ trimmed('lead_id') }} as salesforce_lead_id,
        {{ trimmed('status') }} as status,
        coalesce(has_responded, false) as has_responded,
        first_responded_date as first_responded_on,
        created_date as created_at,
        _modified_at as updated_at,
        _loaded_at as loaded_at,
        _loaded_on as loaded_on
    from source
)

select * from final
