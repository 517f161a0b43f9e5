{# What doesn't depend on the action: asked once per channel, and not for each of its actions. #}
with

contacts as (
    select * from {{ ref('contacts') }}
),

active_actions as (
    select distinct channel from {{ source('raw', 'policy_actions') }} where is_active
),

channels as (
    select channels.*
    from {{ source('raw', 'policy_channels') }} as channels
    inner join active_actions on channels.channel = active_actions.channel
),

contact_channels as (
    select
        contacts.contact_id,
        channels.channel,
        channels.consent_channel,
        contact_zones.zone_key,
        case
            when channels.consent_channel = 'email' then contacts.email
            when channels.consent_channel in ('phone', 'sms') then contacts.phone_e164
        end as address,
        case
            when channels.is_addressed_by = 'email' and contacts.email is null then 'no e-mail address'
            when channels.is_addressed_by = 'phone' and contacts.phone_e164 is null then 'no phone number'
            when
                channels.is_addressed_by = 'address'
                and (contacts.postal_code is null or contacts.city is null or contacts.country_code is null)
                then 'no complete postal address'
        end as address_detail,
        case
            when contacts.has_objected then 'objected to direct marketing'
            when contacts.is_role_mailbox then 'a role mailbox, not a person'
        end as person_detail
    from contacts
    inner join {{ ref('contact_zones') }} as contact_zones on contacts.contact_id = contact_zones.contact_id
    cross join channels
),

-- consent that holds on the day, on a basis that the channel accepts
accepted_bases as (
    select distinct channel, basis from {{ source('raw', 'policy_channel_bases') }}
),

suppressions as (
    select * from {{ ref('suppressions') }}
),

-- a no of one person holds for all who share the address
suppressed_addresses as (
    select suppressions.channel, contacts.email as address
    from suppressions
    inner join contacts on suppressions.contact_id = contacts.contact_id and suppressions.channel = 'email'
    union
    select suppressions.channel, contacts.phone_e164
    from suppressions
    inner join contacts on suppressions.contact_id = contacts.contact_id and suppressions.channel in ('phone', 'sms')
),

final as (
    select
        contact_channels.contact_id,
        contact_channels.channel,
        contact_channels.address_detail,
        coalesce(
            contact_channels.person_detail,
            case suppressions.reason when 'complaint' then 'complained about a message' when 'bounce' then 'the address bounced' end
        ) as suitability_detail,
        case
            when consents.contact_id is null then 'no consent on record'
            when not coalesce(consents.is_contactable, false)
                then {{ dbt.concat(["'consent ('", "coalesce(consents.basis, 'no basis')", "') does not hold'"]) }}
            when accepted_bases.basis is null
                then {{ dbt.concat(["'consent on the basis '", "coalesce(consents.basis, 'none')", "'; the channel does not accept it'"]) }}
        end as consent_detail,
        case
            when suppressions.contact_id is not null
                then {{ dbt.concat(["'suppressed: '", "coalesce(suppressions.reason, 'no reason given')"]) }}
            when suppressed_addresses.address is not null then 'suppressed: another contact with the same address'
        end as suppression_detail,
        case
            when send_windows.zone_key is null then null
            when contact_channels.zone_key = 'unknown' then 'time zone unknown, and no hour is allowed in all zones'
            else {{ dbt.concat(["'no hour is allowed in all time zones of '", "contact_channels.zone_key"]) }}
        end as quiet_hours_detail
    from contact_channels
    left join {{ ref('consent') }} as consents
        on contact_channels.contact_id = consents.contact_id and contact_channels.consent_channel = consents.channel
    left join accepted_bases on contact_channels.channel = accepted_bases.channel and consents.basis = accepted_bases.basis
    left join suppressions
        on contact_channels.contact_id = suppressions.contact_id and contact_channels.consent_channel = suppressions.channel
    left join suppressed_addresses
        on contact_channels.consent_channel = suppressed_addresses.channel and contact_channels.address = suppressed_addresses.address
    left join {{ ref('send_windows') }} as send_windows
        on
            contact_channels.zone_key = send_windows.zone_key
            and contact_channels.channel = send_windows.channel
            and send_windows.send_at is null
)

select * from final
