with source as (
    select * from {{ source('raw', 'salesforce__opportunity_contact_role') }} where not _is_deleted
),

final as (
    select
        id as record_id,
        {{ trimmed('opportunity_id') }} as opportunity_id,
        {{ trimmed('contact_id') }} as salesforce_contact_id,
        {{ trimmed('role') }} as role,
        coalesce(is_primary, false) as is_primary,
        created_date as created_at,
        _modified_at as updated_at
    from source
)

select * from final
