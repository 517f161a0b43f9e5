{# An address that several contacts have says nothing about who of them clicked. #}
with final as (
    select email as email_normalised, contact_id, is_primary
    from {{ ref('int_contact_emails') }}
    where count_contacts = 1
)

select * from final
