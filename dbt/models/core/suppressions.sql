{# A bounce says something about one address, so it counts only while that is the contact's address; all else counts for the person. #}
{% set reasons = ['objection', 'legal', 'complaint', 'unsubscribed', 'opted_out', 'competitor', 'bounce', 'unreadable_consent_row'] %}
with suppressions as (
    select * from {{ ref('stg_consent__suppressions') }}
),

addresses as (
    select * from {{ ref('int_contact_addresses') }}
),

statuses as (
    select * from {{ ref('int_consent_statuses') }} where status = 'unsubscribed'
),

unreadable as (
    select address_type, address, 'all' as channel, 'unreadable_consent_row' as reason, cast(null as {{ dbt.type_timestamp() }}) as occurred_at
    from {{ ref('int_unreadable_consent') }}
),

opt_outs as (
    select * from {{ ref('int_crm_opt_outs') }}
),

responses as (
    select * from {{ ref('int_email_responses') }}
),

phones as (
    select * from {{ ref('int_consent_phones') }}
),

channels as (
    {{ consent_channels() }}
),

by_address as (
    select 'email' as address_type, email as address, channel, reason, occurred_at from suppressions where email is not null
    union all
    select 'phone', phones.phone_e164, suppressions.channel, suppressions.reason, suppressions.occurred_at
    from suppressions
    inner join phones on suppressions.phone = phones.phone
    union all
    select address_type, address, channel, 'unsubscribed', occurred_at from statuses
    union all
    select 'email', email, 'email', 'bounce', first_bounced_at from responses where first_bounced_at is not null
    union all
    select 'email', email, 'email', 'complaint', first_complained_at from responses where first_complained_at is not null
    union all
    select * from unreadable where address_type = 'email'
    union all
    select 'phone', phones.phone_e164, unreadable.channel, unreadable.reason, unreadable.occurred_at
    from unreadable
    inner join phones on unreadable.address = phones.phone
    where unreadable.address_type = 'phone'
),

domains as (
    select domain, channel, reason, occurred_at from suppressions where domain is not null and email is null
    union all
    select address, channel, reason, occurred_at from unreadable where address_type = 'domain'
),

by_domain as (
    select addresses.contact_id, domains.channel, domains.reason, domains.occurred_at
    from domains
    inner join addresses on addresses.address_type = 'email' and domains.domain = {{ email_domain('addresses.address') }}
),

by_contact as (
    select addresses.contact_id, by_address.channel, by_address.reason, by_address.occurred_at
    from by_address
    inner join addresses on by_address.address_type = addresses.address_type and by_address.address = addresses.address
    where by_address.reason <> 'bounce' or addresses.is_primary
    union all
    select * from by_domain
    union all
    select contact_id, channel, 'opted_out', cast(null as {{ dbt.type_timestamp() }}) from opt_outs
),

ordered as (
    select
        by_contact.contact_id,
        channels.channel,
        by_contact.reason,
        by_contact.occurred_at as suppressed_at,
        row_number() over (
            partition by by_contact.contact_id, channels.channel
            order by
                case by_contact.reason
                    {% for reason in reasons %}when '{{ reason }}' then {{ loop.index }} {% endfor %}else 90
                end,
                coalesce(by_contact.occurred_at, cast('9999-12-31' as {{ dbt.type_timestamp() }})),
                by_contact.reason
        ) as place
    from by_contact
    inner join channels on by_contact.channel = channels.given_channel
),

final as (
    select contact_id, channel, reason, suppressed_at from ordered where place = 1
)

select * from final
