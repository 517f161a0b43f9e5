with final as (
    select contact_id, 'email' as address_type, email as address, is_primary from {{ ref('int_contact_emails') }}
    union all
    select contact_id, 'phone', phone_e164, is_primary from {{ ref('int_contact_phones') }}
)

select * from final
