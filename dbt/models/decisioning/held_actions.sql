{# What contact policy holds back, whoever made the touches. Rows only where something does; what holds back all that a person
   could get is in held_contacts. A day counts as a whole: what was done on the 1st with a window of 7 days is past on the 9th.
   The places of the reasons, over both, tell their gates: caps below 400, cool-downs below 1100, then another offer, then roles. #}
with

touches as (
    select contact_id, account_id, channel, action_id, occurred_at
    from {{ ref('touches') }}
    where direction = 'outbound' and contact_id is not null
),

contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

channels as (
    select * from {{ source('raw', 'policy_channels') }}
),

contact_policy as (
    select * from {{ source('raw', 'policy_contact_policy') }}
),

all_actions as (
    select action_id, channel, offer, cool_down_days, is_active, coalesce(is_priority, false) as is_priority
    from {{ source('raw', 'policy_actions') }}
),

actions as (
    select * from all_actions where is_active
),

-- the touch that makes the cap full, counted from the last; when it has left the window, there is room
channel_touches as (
    select
        touches.contact_id,
        channels.channel,
        channels.cap_count,
        channels.cap_days,
        touches.occurred_at,
        row_number() over (partition by touches.contact_id, channels.channel order by touches.occurred_at desc) as place,
        count(*) over (partition by touches.contact_id, channels.channel) as count_touches
    from touches
    inner join channels on touches.channel = channels.channel
    where channels.cap_count is not null and touches.occurred_at >= {{ window_start('channels.cap_days') }}
),

channel_caps as (
    select
        channel_touches.contact_id,
        actions.action_id,
        100 as place,
        {{ dbt.concat([
            counted_touches('channel_touches.count_touches', 'channel_touches.channel'), "' in the last '",
            counted_days('channel_touches.cap_days'), "'; the cap is '",
            "cast(channel_touches.cap_count as " ~ dbt.type_string() ~ ")",
        ]) }} as detail,
        cast({{ dbt.dateadd('day', 'channel_touches.cap_days + 1', 'cast(channel_touches.occurred_at as date)') }} as date) as possible_from
    from channel_touches
    inner join actions on channel_touches.channel = actions.channel and not actions.is_priority
    where channel_touches.place = channel_touches.cap_count
),

paused as (
    select
        pauses.contact_id,
        held_back.action_id,
        case when pauses.is_cap then 300 else 400 end + pauses.place as place,
        pauses.detail,
        pauses.possible_from
    from {{ ref('contact_pauses') }} as pauses
    inner join {{ source('raw', 'policy_contact_rule_actions') }} as held_back on pauses.name = held_back.name
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

cool_downs as (
    select
        contact_id,
        action_id,
        1000 as place,
        {{ dbt.concat([
            "'last done on '", "cast(done_on as " ~ dbt.type_string() ~ ")", "'; the cool-down is '", counted_days('cool_down_days'),
        ]) }} as detail,
        cast({{ dbt.dateadd('day', 'cool_down_days + 1', 'done_on') }} as date) as possible_from
    from last_uses
),

-- the offer that somebody of the account got last; people without an account are on their own
offers as (
    select
        coalesce(contacts.account_id, contacts.contact_id) as unit_id,
        all_actions.offer,
        touches.occurred_at
    from touches
    inner join contacts on touches.contact_id = contacts.contact_id
    inner join all_actions on touches.action_id = all_actions.action_id
    cross join contact_policy
    where all_actions.offer is not null and touches.occurred_at >= {{ window_start('contact_policy.offer_days') }}
),

newest_offers as (
    select *, row_number() over (partition by unit_id order by occurred_at desc, offer) as number from offers
),

standing_offers as (
    select unit_id, offer, cast(occurred_at as date) as offered_on from newest_offers where number = 1
),

other_offers as (
    select
        contacts.contact_id,
        actions.action_id,
        1100 as place,
        {{ dbt.concat(["'the account got the offer '", "standing_offers.offer", "' on '", "cast(standing_offers.offered_on as " ~ dbt.type_string() ~ ")"]) }} as detail,
        cast({{ dbt.dateadd('day', 'contact_policy.offer_days + 1', 'standing_offers.offered_on') }} as date) as possible_from
    from standing_offers
    cross join contact_policy
    inner join contacts on standing_offers.unit_id = coalesce(contacts.account_id, contacts.contact_id)
    inner join actions on standing_offers.offer <> actions.offer
),

holds as (
    {% for relation in ['channel_caps', 'paused', 'cool_downs', 'other_offers'] -%}
    select contact_id, action_id, place, detail, possible_from from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- the first that holds it back, and the day on which the last lets it go
final as (
    select
        contact_id,
        action_id,
        case
            when min(place) < 400 then 'frequency_cap'
            when min(place) < 1100 then 'cool_down'
            else 'offer'
        end as gate,
        min(place) as place,
        {{ latest_by('detail', '-place') }} as detail,
        max(possible_from) as possible_from
    from holds
    group by 1, 2
)

select * from final
