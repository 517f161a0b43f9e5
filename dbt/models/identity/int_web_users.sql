{# Logins; and devices that gave one address without ever logging in. A user_id seen in events alone counts if it is an address. #}
with identifies as (
    select * from {{ ref('stg_segment__identifies') }}
),

event_users as (
    select user_id, min(occurred_at) as created_at
    from (
        select user_id, occurred_at from {{ ref('stg_segment__pages') }} where user_id like '%@%'
        union all
        select user_id, occurred_at from {{ ref('stg_segment__tracks') }} where user_id like '%@%'
    ) as events
    group by user_id
),

device_emails as (
    select
        anonymous_id,
        sum(case when user_id is null and email is not null then 1 else 0 end) as count_without_login,
        count(distinct email) as count_emails,
        count(distinct user_id) as count_users
    from identifies
    where anonymous_id is not null
    group by anonymous_id
),

addressed_devices as (
    select anonymous_id from device_emails where count_without_login > 0 and count_emails = 1 and count_users <= 1
),

calls as (
    select 'user' as object, identifies.user_id as source_id, identifies.*
    from identifies
    where user_id is not null
    union all
    select 'anonymous' as object, identifies.anonymous_id as source_id, identifies.*
    from identifies
    inner join addressed_devices on identifies.anonymous_id = addressed_devices.anonymous_id
),

ordered as (
    select *, row_number() over (partition by object, source_id order by occurred_at, event_id) as version
    from calls
),

identified as (
    select
        object,
        source_id,
        {% for column in ['email', 'phone', 'first_name', 'last_name', 'company', 'title', 'time_zone'] -%}
        {{ latest_by(column, 'case when ' ~ column ~ ' is not null then version end') }} as {{ column }},
        {% endfor -%}
        min(occurred_at) as created_at,
        max(occurred_at) as updated_at
    from ordered
    group by object, source_id
),

unioned as (
    select * from identified
    union all
    select
        'user', event_users.user_id, null, null, null, null, null, null, null, event_users.created_at, event_users.created_at
    from event_users
    left join identified on identified.object = 'user' and event_users.user_id = identified.source_id
    where identified.source_id is null
),

final as (
    select
        object,
        source_id,
        coalesce(email, {{ normalised_email('source_id') }}) as email,
        phone,
        first_name,
        last_name,
        company,
        title,
        time_zone,
        created_at,
        updated_at
    from unioned
)

select * from final
