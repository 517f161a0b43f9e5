{# Consent comes without a country. A number in national form is certainly a person's only if a record of theirs has it so; numbers
   that merely end alike still close a channel, but never open one. #}
with statuses as (
    select phone from {{ ref('stg_consent__subscription_statuses') }} where phone is not null
),

suppressions as (
    select phone from {{ ref('stg_consent__suppressions') }} where phone is not null
),

unreadable as (
    select address as phone from {{ ref('int_unreadable_consent') }} where address_type = 'phone'
),

phones as (
    select distinct phone, phone_e164 from {{ ref('phones') }} where phone_e164 is not null
),

contact_phones as (
    select distinct phone_e164 from {{ ref('int_contact_phones') }}
),

given as (
    select phone from statuses
    union
    select phone from suppressions
    union
    select phone from unreadable
),

certain as (
    select given.phone, phones.phone_e164
    from given
    inner join phones on given.phone = phones.phone
),

national as (
    select
        given.phone,
        {{ regexp_replace_all(regexp_replace_all('given.phone', '[^0-9]', ''), '^0+', '') }} as digits
    from given
    left join certain on given.phone = certain.phone
    where certain.phone is null
),

alike as (
    select national.phone, contact_phones.phone_e164
    from national
    inner join contact_phones on right(national.digits, 7) = right(contact_phones.phone_e164, 7)
    where length(national.digits) >= 7 and right(contact_phones.phone_e164, length(national.digits)) = national.digits
),

final as (
    select phone, phone_e164, true as is_certain from certain
    union all
    select phone, phone_e164, false from alike
)

select * from final
