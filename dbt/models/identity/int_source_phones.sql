with records as (
    select * from {{ ref('int_source_records') }}
),

phones as (
    select * from {{ ref('phones') }} where phone_e164 is not null
),

unioned as (
    select record_key, first_name_key, last_name_key, country_code, phone, 0 as is_mobile from records
    where phone is not null
    union all
    select record_key, first_name_key, last_name_key, country_code, mobile_phone, 1 from records
    where mobile_phone is not null
),

-- a number of the company is nobody's own
company_phones as (
    select distinct phone_tail from {{ ref('int_crm_companies') }} where phone_tail is not null
),

numbers as (
    select
        unioned.record_key,
        phones.phone_e164,
        max(unioned.is_mobile) = 1 as is_mobile,
        max(unioned.first_name_key) as first_name_key,
        max(unioned.last_name_key) as last_name_key
    from unioned
    inner join phones
        on unioned.phone = phones.phone and coalesce(unioned.country_code, '') = coalesce(phones.country_code, '')
    group by unioned.record_key, phones.phone_e164
),

final as (
    select numbers.*, company_phones.phone_tail is not null as is_company_phone
    from numbers
    left join company_phones on {{ phone_tail('numbers.phone_e164') }} = company_phones.phone_tail
)

select * from final
