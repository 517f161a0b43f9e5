{# What somebody left behind at a company: it is theirs, but they don't work there any more. #}
with present as (
    select contact_id, account_id from {{ ref('int_job_changes') }} where valid_until is null
),

evidence as (
    select * from {{ ref('int_employer_evidence') }}
),

addresses as (
    select contact_id, email, account_id from evidence where evidence = 'address'
),

claims as (
    select
        contact_id,
        record_key,
        account_id,
        row_number() over (partition by contact_id, record_key order by seen_at desc, evidence, account_id) as age
    from evidence
    where record_key is not null
),

-- a record for which another one speaks is where its address is
records as (
    select
        records.contact_id,
        records.record_key,
        coalesce(claims.account_id, addresses.account_id) as account_id
    from {{ ref('int_contact_records') }} as records
    inner join present on records.contact_id = present.contact_id
    left join claims on records.contact_id = claims.contact_id and records.record_key = claims.record_key and claims.age = 1
    left join addresses on records.contact_id = addresses.contact_id and records.email = addresses.email
),

unioned as (
    select contact_id, 'record' as kind, record_key as identifier, account_id from records
    union all
    select contact_id, 'email', email, account_id from addresses
),

final as (
    select unioned.contact_id, unioned.kind, unioned.identifier
    from unioned
    inner join present on unioned.contact_id = present.contact_id
    where unioned.account_id <> present.account_id
)

select * from final
