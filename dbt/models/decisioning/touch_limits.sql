with

touches as (
    select contact_id, channel, action_id, occurred_at
    from {{ ref('touches') }}
    where direction = 'outbound' and contact_id is not null
),

channels as (
    select * from {{ source('raw', 'policy_channels') }}
),

limits as (
    select * from {{ source('raw', 'policy_limits') }}
),

actions as (
    select * from {{ source('raw', 'policy_actions') }} where is_active
),

channel_touches as (
    select
        touches.contact_id,
        channels.channel,
        channels.cap_count,
        channels.cap_days,
        count(*) as count_touches
    from touches
    inner join channels on touches.channel = channels.channel
    where channels.cap_count is not null and touches.occurred_at >= {{ window_start('channels.cap_days') }}
    group by 1, 2, 3, 4
),

-- whoever made the touches
channel_cap as (
    select
        contact_id,
        channel,
        {{ dbt.concat([
            counted_touches('count_touches', 'channel'), "' in the last '", counted_days('cap_days'),
            "'; the cap is '", "cast(cap_count as " ~ dbt.type_string() ~ ")",
        ]) }} as channel_cap_detail
    from channel_touches
    where count_touches >= cap_count
),

contact_touches as (
    select
        touches.contact_id,
        limits.contact_cap_count,
        limits.contact_cap_days,
        count(*) as count_touches
    from touches
    cross join limits
    where touches.occurred_at >= {{ window_start('limits.contact_cap_days') }}
    group by 1, 2, 3
),

contact_cap as (
    select
        contact_id,
        {{ dbt.concat([
            counted_touches('count_touches', "'any'"), "' over all channels in the last '", counted_days('contact_cap_days'),
            "'; the cap is '", "cast(contact_cap_count as " ~ dbt.type_string() ~ ")",
        ]) }} as contact_cap_detail
    from contact_touches
    where count_touches >= contact_cap_count
),

last_uses as (
    select
        touches.contact_id,
        actions.action_id,
        actions.cool_down_days,
        cast(max(touches.occurred_at) as date) as done_on
    from touches
    inner join actions on touches.action_id = actions.action_id
    where actions.cool_down_days > 0 and touches.occurred_at >= {{ window_start('actions.cool_down_days') }}
    group by 1, 2, 3
),

cool_down as (
    select
        contact_id,
        action_id,
        {{ dbt.concat([
            "'last done on '", "cast(done_on as " ~ dbt.type_string() ~ ")", "'; the cool-down is '", counted_days('cool_down_days'),
        ]) }} as cool_down_detail
    from last_uses
),

contact_actions as (
    select channel_cap.contact_id, actions.action_id
    from channel_cap
    inner join actions on channel_cap.channel = actions.channel
    union
    select contact_cap.contact_id, actions.action_id
    from contact_cap
    cross join actions
    union
    select contact_id, action_id from cool_down
),

final as (
    select
        contact_actions.contact_id,
        contact_actions.action_id,
        coalesce(channel_cap.channel_cap_detail, contact_cap.contact_cap_detail) as frequency_cap_detail,
        cool_down.cool_down_detail
    from contact_actions
    inner join actions on contact_actions.action_id = actions.action_id
    left join channel_cap on contact_actions.contact_id = channel_cap.contact_id and actions.channel = channel_cap.channel
    left join contact_cap on contact_actions.contact_id = contact_cap.contact_id
    left join cool_down
        on contact_actions.contact_id = cool_down.contact_id and contact_actions.action_id = cool_down.action_id
)

select * from final
