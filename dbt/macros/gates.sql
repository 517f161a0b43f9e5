{# The words of the gates: a detail is read by people. #}

{# "1 e-mail", "2 calls": a count of what a channel sends #}
{% macro counted_touches(count, channel) %}
{{ dbt.concat([
    "cast(" ~ count ~ " as " ~ dbt.type_string() ~ ")",
    "case " ~ channel ~ " when 'email' then ' e-mail' when 'call' then ' call' when 'ads' then ' ad' when 'sms' then ' text message'
        when 'push' then ' push message' when 'post' then ' letter' else ' touch' end",
    "case when " ~ count ~ " = 1 then '' when " ~ channel ~ " not in ('email', 'call', 'ads', 'sms', 'push', 'post') then 'es' else 's' end",
]) }}
{%- endmacro %}

{% macro counted_days(days) %}
{{ dbt.concat(["cast(" ~ days ~ " as " ~ dbt.type_string() ~ ")", "case when " ~ days ~ " = 1 then ' day' else ' days' end"]) }}
{%- endmacro %}

{# first day of a rolling window that ends with the night's day. A touch late on that day is less than `days` days
   before an early send, so the whole day counts. #}
{% macro window_start(days) %}{{ dbt.dateadd('day', '-1 * ' ~ days, run_midnight()) }}{% endmacro %}

{# The CTE `waiting`, with what it needs: people of a buying group who were approached within roles_first_days, while a role that
   its purchase needs has somebody who may be approached and wasn't. It reads the CTEs touches and contact_policy. #}
{% macro roles_first() %}
approached as (
    select touches.contact_id, cast(max(touches.occurred_at) as date) as approached_on
    from touches
    cross join contact_policy
    where touches.occurred_at >= {{ window_start('contact_policy.roles_first_days') }}
    group by 1
),

reachable as (
    select distinct contact_id
    from {{ ref('reachable_channels') }}
    where address_detail is null and suitability_detail is null and consent_detail is null and suppression_detail is null
),

members_by_role as (
    select
        members.buying_group_id,
        members.role,
        members.contact_id,
        approached.approached_on,
        approached.contact_id is null and reachable.contact_id is not null as could_be_approached
    from {{ ref('buying_group_members') }} as members
    inner join {{ source('raw', 'policy_offering_roles') }} as needed_roles
        on members.offering_id = needed_roles.offering_id and members.role = needed_roles.role
    inner join contact_policy on contact_policy.roles_first_days is not null
    left join approached on members.contact_id = approached.contact_id
    left join reachable on members.contact_id = reachable.contact_id
),

missing_roles as (
    select buying_group_id, min(role) as role
    from (
        select buying_group_id, role
        from members_by_role
        group by 1, 2
        having count(approached_on) = 0 and max(case when could_be_approached then 1 else 0 end) = 1
    ) as uncovered
    group by 1
),

waiting as (
    select
        members.contact_id,
        cast({{ dbt.dateadd('day', 'contact_policy.roles_first_days + 1', 'max(approached.approached_on)') }} as date) as possible_from,
        {{ dbt.concat([
            "'approached on '", "cast(max(approached.approached_on) as " ~ dbt.type_string() ~ ")",
            "'; in the buying group no '", "replace(min(missing_roles.role), '_', ' ')", "' was yet'",
        ]) }} as detail
    from missing_roles
    inner join {{ ref('buying_group_members') }} as members on missing_roles.buying_group_id = members.buying_group_id
    inner join approached on members.contact_id = approached.contact_id
    cross join contact_policy
    group by members.contact_id, contact_policy.roles_first_days
)
{%- endmacro %}
