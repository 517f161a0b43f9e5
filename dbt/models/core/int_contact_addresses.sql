{# Whoever changed company has the address at the new one first; for all others the scores are final. A mailbox at a company that
   somebody left is no longer theirs to read: nobody is written to there. #}
with emails as (
    select * from {{ ref('int_contact_emails') }}
),

phones as (
    select * from {{ ref('int_contact_phones') }}
),

records as (
    select contact_id, precedence, record_key from {{ ref('int_contact_records') }}
),

former as (
    select * from {{ ref('int_former_companies') }}
),

movers as (
    select distinct contact_id from former
),

weights as (
    {{ rule_weights({'email': ['present_company'], 'phone_e164': ['present_company']}) }}
),

moved_addresses as (
    select
        emails.contact_id,
        'email' as address_type,
        emails.email as address,
        emails.is_role_mailbox,
        emails.score + weights.email_present_company * case when former.identifier is null then 1 else 0 end as score,
        emails.precedence,
        0 as is_mobile,
        former.identifier is not null as is_left_behind
    from emails
    inner join movers on emails.contact_id = movers.contact_id
    cross join weights
    left join former on emails.contact_id = former.contact_id and former.kind = 'email' and emails.email = former.identifier
    union all
    select
        phones.contact_id,
        'phone',
        phones.phone_e164,
        false,
        phones.score + weights.phone_e164_present_company * case when former.identifier is null then 1 else 0 end,
        phones.precedence,
        phones.is_mobile,
        false
    from phones
    inner join movers on phones.contact_id = movers.contact_id
    inner join records on phones.contact_id = records.contact_id and phones.precedence = records.precedence
    cross join weights
    left join former on phones.contact_id = former.contact_id and former.kind = 'record' and records.record_key = former.identifier
),

final as (
    select emails.contact_id, 'email' as address_type, emails.email as address, emails.is_primary, emails.is_role_mailbox, emails.score, emails.precedence
    from emails
    left join movers on emails.contact_id = movers.contact_id
    where movers.contact_id is null
    union all
    select phones.contact_id, 'phone', phones.phone_e164, phones.is_primary, false, phones.score, phones.precedence
    from phones
    left join movers on phones.contact_id = movers.contact_id
    where movers.contact_id is null
    union all
    select
        contact_id,
        address_type,
        address,
        row_number() over (partition by contact_id, address_type order by score desc, is_mobile desc, address) = 1 and not is_left_behind,
        is_role_mailbox,
        score,
        precedence
    from moved_addresses
)

select * from final
