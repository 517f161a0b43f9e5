{# A bounce counts for good; what the platform filtered (a scanner's clicks) is no sign of life. #}
with events as (
    select * from {{ ref('stg_hubspot__email_events') }} where email is not null
),

suppressed as (
    select email, occurred_at from {{ ref('stg_consent__suppressions') }} where reason = 'bounce' and email is not null
),

unioned as (
    select
        email,
        case when event_type = 'BOUNCE' then occurred_at end as bounced_at,
        case when event_type = 'SPAMREPORT' then occurred_at end as complained_at,
        case when event_type = 'DELIVERED' or (event_type in ('OPEN', 'CLICK') and not is_filtered) then occurred_at end as worked_at
    from events
    where event_type in ('BOUNCE', 'SPAMREPORT', 'DELIVERED', 'OPEN', 'CLICK')
    union all
    select email, occurred_at, null, null from suppressed
),

final as (
    select
        email,
        min(bounced_at) as first_bounced_at,
        min(complained_at) as first_complained_at,
        max(worked_at) as last_worked_at
    from unioned
    group by email
)

select * from final
