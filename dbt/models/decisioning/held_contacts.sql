{# What contact policy says of a person, whatever the action: priority actions alone pass it. Places as in held_actions. #}
with

touches as (
    select contact_id, occurred_at
    from {{ ref('touches') }}
    where direction = 'outbound' and contact_id is not null
),

limits as (
    select * from {{ source('raw', 'policy_limits') }}
),

contact_policy as (
    select * from {{ source('raw', 'policy_contact_policy') }}
),

contact_touches as (
    select
        touches.contact_id,
        limits.contact_cap_count,
        limits.contact_cap_days,
        touches.occurred_at,
        row_number() over (partition by touches.contact_id order by touches.occurred_at desc) as place,
        count(*) over (partition by touches.contact_id) as count_touches
    from touches
    cross join limits
    where touches.occurred_at >= {{ window_start('limits.contact_cap_days') }}
),

contact_caps as (
    select
        contact_touches.contact_id,
        200 as place,
        {{ dbt.concat([
            counted_touches('contact_touches.count_touches', "'any'"), "' over all channels in the last '",
            counted_days('contact_touches.contact_cap_days'), "'; the cap is '",
            "cast(contact_touches.contact_cap_count as " ~ dbt.type_string() ~ ")",
        ]) }} as detail,
        cast({{ dbt.dateadd('day', 'contact_touches.contact_cap_days + 1', 'cast(contact_touches.occurred_at as date)') }} as date) as possible_from
    from contact_touches
    where contact_touches.place = contact_touches.contact_cap_count
),

{{ roles_first() }},

holds as (
    select contact_id, place, detail, possible_from from contact_caps
    union all
    select contact_id, 1200, detail, possible_from from waiting
),

final as (
    select
        contact_id,
        case when min(place) < 400 then 'frequency_cap' else 'roles_first' end as gate,
        min(place) as place,
        {{ latest_by('detail', '-place') }} as detail,
        max(possible_from) as possible_from
    from holds
    group by 1
)

select * from final
