{{ config(alias='suppressions') }}

with

contacts as (
    select * from {{ ref('contacts') }}
),

contact_suppressions as (
    select
        {{ dbt.concat(["'contact:'", "suppressions.contact_id", "':'", "suppressions.channel"]) }} as suppression_key,
        suppressions.contact_id,
        contacts.email,
        contacts.phone_e164,
        suppressions.channel,
        min(suppressions.reason) as reason,
        min(suppressions.suppressed_at) as suppressed_at
    from {{ ref('suppressions') }} as suppressions
    inner join contacts on suppressions.contact_id = contacts.contact_id
    group by 1, 2, 3, 4, 5
),

known_emails as (
    select email_normalised as email from {{ ref('emails') }}
    union
    select email from contacts where email is not null
),

-- addresses that we know only because they said no
email_refusals as (
    select email, channel, reason, occurred_at from {{ ref('stg_consent__suppressions') }}
    union all
    select email, channel, 'unsubscribed' as reason, occurred_at
    from {{ ref('stg_consent__subscription_statuses') }}
    where status = 'unsubscribed'
    union all
    select address, 'all', 'unreadable_consent_row', null
    from {{ ref('int_unreadable_consent') }}
    where address_type = 'email'
),

email_suppressions as (
    select
        {{ dbt.concat(["'email:'", "refusals.email", "':'", "refusals.channel"]) }} as suppression_key,
        cast(null as {{ dbt.type_string() }}) as contact_id,
        refusals.email,
        cast(null as {{ dbt.type_string() }}) as phone_e164,
        refusals.channel,
        min(refusals.reason) as reason,
        min(refusals.occurred_at) as suppressed_at
    from email_refusals as refusals
    left join known_emails on refusals.email = known_emails.email
    where refusals.email is not null and known_emails.email is null
    group by 1, 2, 3, 4, 5
),

-- who was forgotten stays suppressed, known by nothing but a keyed hash
erasures as (
    select
        {{ dbt.concat(["'erased:'", "identifier_hash", "':all'"]) }} as suppression_key,
        cast(null as {{ dbt.type_string() }}) as contact_id,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as phone_e164,
        'all' as channel,
        'erasure' as reason,
        cast(min(erased_on) as {{ dbt.type_timestamp() }}) as suppressed_at
    from {{ source('raw', 'ledger_erasures') }}
    where kind = 'email'
    group by 1, 2, 3, 4, 5, 6
),

final as (
    select * from contact_suppressions
    union all
    select * from email_suppressions
    union all
    select * from erasures
)

select * from final
