{# The last word for each address and channel. A withdrawal counts at once, also one dated ahead; a grant only from its own day. #}
with statuses as (
    select * from {{ ref('stg_consent__subscription_statuses') }}
),

phones as (
    select * from {{ ref('int_consent_phones') }}
),

channels as (
    {{ consent_channels() }}
),

addressed as (
    select 'email' as address_type, email as address, statuses.* from statuses where email is not null
    union all
    select 'phone', phones.phone_e164, statuses.*
    from statuses
    inner join phones on statuses.phone = phones.phone
    where phones.is_certain or statuses.status = 'unsubscribed'
),

numbered as (
    select
        addressed.address_type,
        addressed.address,
        channels.channel,
        addressed.basis,
        addressed.status,
        addressed.occurred_at,
        addressed.source,
        addressed.evidence,
        addressed.record_key,
        {{ fingerprint(['addressed.address_type', 'addressed.address', 'channels.channel']) }} as key_number
    from addressed
    inner join channels on addressed.channel = channels.given_channel
    where addressed.status = 'unsubscribed' or cast(addressed.occurred_at as date) <= {{ run_date() }}
),

-- most have one status only: the others alone are put in order
repeated as (
    select key_number from numbered group by key_number having count(*) > 1
),

ordered as (
    select
        *,
        row_number() over (
            partition by address_type, address, channel
            order by occurred_at desc, status desc, record_key
        ) as age
    from numbered
    where key_number in (select key_number from repeated)
    union all
    select *, 1 as age
    from numbered
    where key_number not in (select key_number from repeated)
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
    from ordered
    where age = 1
)

select * from final
