with phones as (
    select * from {{ ref('int_source_phones') }}
),

records as (
    select record_key, contact_id, precedence from {{ ref('int_contact_records') }}
),

grouped as (
    select
        records.contact_id,
        phones.phone_e164,
        max(case when phones.is_mobile then 1 else 0 end) as is_mobile,
        max(records.precedence) as precedence
    from phones
    inner join records on phones.record_key = records.record_key
    group by records.contact_id, phones.phone_e164
),

final as (
    select
        contact_id,
        phone_e164,
        row_number() over (partition by contact_id order by precedence desc, is_mobile desc, phone_e164) = 1 as is_primary
    from grouped
)

select * from final
