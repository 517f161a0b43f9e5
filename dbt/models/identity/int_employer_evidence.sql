{# Of records with one address the best source speaks. #}
with changes as (
    select * from {{ ref('int_employer_claims') }}
),

people as (
    select distinct contact_id from changes
),

records as (
    select * from {{ ref('int_contact_records') }}
),

emails as (
    select contact_id, email, count_contacts from {{ ref('int_contact_emails') }}
),

responses as (
    select * from {{ ref('int_email_responses') }}
),

company_domains as (
    select substring(accounts.record_key, 8) as domain, accounts.key as account_id
    from {{ ref('int_account_keys') }} as accounts
    left join {{ ref('int_mail_providers') }} as mail_providers on substring(accounts.record_key, 8) = mail_providers.domain
    where accounts.record_key like 'domain|%' and mail_providers.domain is null
),

-- of the records with one address the best that names a company speaks
speakers as (
    select
        records.contact_id,
        records.email,
        changes.account_id,
        records.record_key,
        row_number() over (partition by records.contact_id, records.email order by records.precedence desc) as place
    from records
    inner join changes on records.record_key = changes.record_key and changes.is_last
    where records.email is not null
),

spoken_for as (
    select distinct speakers.contact_id, speakers.email, changes.account_id
    from speakers
    inner join changes on speakers.record_key = changes.record_key
    where speakers.place = 1
),

-- of two at one moment, what people fill in themselves is ahead of what sellers keep
by_record as (
    select
        changes.contact_id,
        changes.record_key,
        records.email,
        changes.account_id,
        changes.claimed_at as seen_at,
        changes.evidence,
        case when records.source = 'segment' then 3 when records.source = 'hubspot' then 2 when records.object = 'lead' then 1 else 0 end as precedence
    from changes
    left join records on changes.record_key = records.record_key
    left join speakers on records.contact_id = speakers.contact_id and records.email = speakers.email and speakers.place = 1
    left join spoken_for
        on records.contact_id = spoken_for.contact_id
        and records.email = spoken_for.email
        and changes.account_id = spoken_for.account_id
    where speakers.record_key is null or spoken_for.account_id is not null
),

addresses as (
    select
        emails.contact_id,
        emails.email,
        emails.count_contacts,
        coalesce(speakers.account_id, company_domains.account_id) as account_id
    from emails
    inner join people on emails.contact_id = people.contact_id
    left join speakers on emails.contact_id = speakers.contact_id and emails.email = speakers.email and speakers.place = 1
    left join company_domains on {{ email_domain('emails.email') }} = company_domains.domain
    where coalesce(speakers.account_id, company_domains.account_id) is not null
),

-- who answers mail, fills a form or logs in with an address is there at the time
answered as (
    select email, occurred_at, 'mail_engagement' as evidence
    from {{ ref('stg_hubspot__email_events') }}
    where event_type in ('OPEN', 'CLICK') and not is_filtered
    union all
    select email, occurred_at, 'form' from {{ ref('stg_hubspot__form_submissions') }} where email is not null
    union all
    select email, occurred_at, 'login' from {{ ref('stg_segment__identifies') }} where email is not null
),

by_answer as (
    select
        addresses.contact_id,
        cast(null as {{ dbt.type_string() }}) as record_key,
        addresses.email,
        addresses.account_id,
        min(answered.occurred_at) as seen_at,
        answered.evidence,
        0 as precedence
    from answered
    inner join addresses on answered.email = addresses.email
    where addresses.count_contacts = 1 and answered.occurred_at is not null
    group by addresses.contact_id, addresses.email, addresses.account_id, answered.evidence, cast(answered.occurred_at as date)
),

-- a company is left when none of the addresses there takes mail any more
by_bounce as (
    select
        addresses.contact_id,
        cast(null as {{ dbt.type_string() }}) as record_key,
        cast(null as {{ dbt.type_string() }}) as email,
        addresses.account_id,
        max(responses.first_bounced_at) as seen_at,
        'bounce' as evidence,
        0 as precedence
    from addresses
    left join responses on addresses.email = responses.email
    group by addresses.contact_id, addresses.account_id
    having count(*) = count(responses.first_bounced_at)
),

-- a record that has two companies' addresses says which came later: its first one
by_order as (
    select
        records.contact_id,
        records.record_key,
        records.email,
        own.account_id,
        {{ dbt.dateadd('second', 1, 'greatest(max(coalesce(others.created_at, others.updated_at)), max(coalesce(records.created_at, records.updated_at)))') }}
            as seen_at,
        'first_address' as evidence,
        0 as precedence
    from records
    inner join addresses as own on records.contact_id = own.contact_id and records.email = own.email
    inner join {{ ref('int_source_emails') }} as second on records.record_key = second.record_key and second.email <> records.email
    inner join addresses as former on records.contact_id = former.contact_id and second.email = former.email
    inner join records as others on records.contact_id = others.contact_id and second.email = others.email
    where own.account_id <> former.account_id and records.source = 'hubspot'
    group by records.contact_id, records.record_key, records.email, own.account_id
),

-- so its claim is no older than that
claims_in_order as (
    select by_record.*
    from by_record
    left join by_order on by_record.record_key = by_order.record_key and by_record.account_id = by_order.account_id
    where by_order.record_key is null or by_record.seen_at > by_order.seen_at
),

undated as (
    select
        contact_id,
        cast(null as {{ dbt.type_string() }}) as record_key,
        email,
        account_id,
        cast(null as {{ dbt.type_timestamp() }}) as seen_at,
        'address' as evidence,
        0 as precedence
    from addresses
),

final as (
    select * from claims_in_order
    union all
    select * from undated
    union all
    select * from by_answer
    union all
    select * from by_bounce
    union all
    select * from by_order
)

select * from final
