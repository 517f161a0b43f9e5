{# Flags in a CRM carry no date. #}
with records as (
    select * from {{ ref('int_contact_records') }}
),

final as (
    select contact_id, 'email' as channel, min(source) as source, 'has_opted_out_of_email' as flag
    from records
    where has_opted_out_of_email
    group by contact_id
    union all
    select contact_id, 'phone', min(source), 'do_not_call'
    from records
    where is_do_not_call
    group by contact_id
)

select * from final
