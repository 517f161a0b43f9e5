{# The last word for each address and channel. A withdrawal counts at once, also one dated ahead; a grant only from its own day. #}
with statuses as (
    select * from {{ ref('stg_consent__subscription_statuses') }}
),

phones as (
    select distinct phone, phone_e164 from {{ ref('phones') }} where phone_e164 is not null
),

channels as (
    {{ consent_channels() }}
),

addressed as (
    select 'email' as address_type, email as address, record_key from statuses where email is not null
    union all
    select 'phone', phones.phone_e164, statuses.record_key
    from statuses
    inner join phones on statuses.phone = phones.phone
),

known as (
    select
        addressed.address_type,
        addressed.address,
        channels.channel,
        statuses.basis,
        statuses.status,
        statuses.occurred_at,
        statuses.source,
        statuses.evidence,
        row_number() over (
            partition by addressed.address_type, addressed.address, channels.channel
            order by statuses.occurred_at desc, statuses.status desc, statuses.record_key
        ) as age
    from addressed
    inner join statuses on addressed.record_key = statuses.record_key
    inner join channels on statuses.channel in ('all', channels.channel)
    where statuses.status = 'unsubscribed' or cast(statuses.occurred_at as date) <= {{ run_date() }}
),

final as (
    select
        address_type,
        address,
        channel,
        case when status = 'subscribed' then basis end as basis,
        status,
        occurred_at,
        source,
        evidence
    from known
    where age = 1
)

select * from final
