with

contacts as (
    select * from {{ ref('contacts') }}
),

action_owners as (
    select * from {{ ref('action_owners') }}
),

channels as (
    select * from {{ source('raw', 'policy_channels') }}
),

stage_rules as (
    select distinct action_id, stage from {{ source('raw', 'policy_action_stages') }}
),

actions_with_stages as (
    select distinct action_id from stage_rules
),

conditions as (
    select name as action_id, field, condition_id, expression
    from {{ source('raw', 'policy_conditions') }}
    where section = 'actions'
),

matches as (
    select matches.contact_id, conditions.action_id, conditions.field
    from {{ ref('condition_matches') }} as matches
    inner join conditions on matches.condition_id = conditions.condition_id
),

actions as (
    select
        actions.action_id,
        who.expression as who,
        suits.expression as suits,
        actions.channel,
        actions.needs_owner,
        channels.is_addressed_by,
        actions_with_stages.action_id is not null as has_stages
    from {{ source('raw', 'policy_actions') }} as actions
    inner join channels on actions.channel = channels.channel
    left join actions_with_stages on actions.action_id = actions_with_stages.action_id
    left join conditions as who on actions.action_id = who.action_id and who.field = 'who'
    left join conditions as suits on actions.action_id = suits.action_id and suits.field = 'suits'
    where actions.is_active
),

current_stages as (
    select contact_id, stage from {{ ref('contact_stages') }} where left_at is null
),

people as (
    select
        contacts.contact_id,
        contacts.account_id,
        coalesce(current_stages.stage, 'lead') as stage,
        contacts.email is not null as has_email,
        contacts.phone_e164 is not null as has_phone,
        contacts.postal_code is not null and contacts.city is not null and contacts.country_code is not null as has_address,
        coalesce(contacts.has_objected, false) as has_objected,
        coalesce(contacts.is_role_mailbox, false) as is_role_mailbox
    from contacts
    left join current_stages on contacts.contact_id = current_stages.contact_id
),

-- gate 1: the action is meant for the contact's stage, and for contacts like it
eligibility as (
    select
        people.*,
        actions.action_id,
        actions.channel,
        case
            when actions.has_stages and stage_rules.action_id is null
                then {{ dbt.concat(["'the contact is in stage '", "people.stage", "'; the action is not for it'"]) }}
            when actions.who is not null and who_matches.contact_id is null
                then {{ dbt.concat(["'who: '", "actions.who", "' does not hold'"]) }}
        end as eligibility_detail,
        actions.is_addressed_by,
        actions.needs_owner,
        case
            when actions.suits is not null and suits_matches.contact_id is null
                then {{ dbt.concat(["'suits: '", "actions.suits", "' does not hold'"]) }}
        end as suits_detail
    from people
    cross join actions
    left join stage_rules on actions.action_id = stage_rules.action_id and people.stage = stage_rules.stage
    left join matches as who_matches
        on people.contact_id = who_matches.contact_id and actions.action_id = who_matches.action_id and who_matches.field = 'who'
    left join matches as suits_matches
        on
            people.contact_id = suits_matches.contact_id
            and actions.action_id = suits_matches.action_id
            and suits_matches.field = 'suits'
),

-- gate 2: there is an address, and a seller where one is needed
applicability as (
    select
        eligibility.*,
        case
            when is_addressed_by = 'email' and not has_email then 'no e-mail address'
            when is_addressed_by = 'phone' and not has_phone then 'no phone number'
            when is_addressed_by = 'address' and not has_address then 'no complete postal address'
            when needs_owner and action_owners.owner_id is null
                then coalesce(action_owners.detail, 'nobody acts for the contact')
        end as applicability_detail
    from eligibility
    left join action_owners
        on eligibility.contact_id = action_owners.contact_id and eligibility.action_id = action_owners.action_id
),

bad_addresses as (
    select
        contact_id,
        channel as consent_channel,
        max(case when reason = 'complaint' then 1 else 0 end) as has_complaint
    from {{ ref('suppressions') }}
    where reason in ('complaint', 'bounce')
    group by 1, 2
),

-- gate 3: it is a person, and nothing went wrong that contact would make worse
channel_suitability as (
    select
        bad_addresses.contact_id,
        channels.channel,
        case when bad_addresses.has_complaint = 1 then 'complained about a message' else 'the address bounced' end as suitability_detail
    from bad_addresses
    inner join channels on bad_addresses.consent_channel = channels.consent_channel
),

consents as (
    select * from {{ ref('consent') }}
),

accepted_bases as (
    select distinct channel, basis from {{ source('raw', 'policy_channel_bases') }}
),

-- gate 4: consent that holds on the day, on a basis that the channel accepts
channel_consent as (
    select
        consents.contact_id,
        channels.channel,
        max(case when consents.is_contactable and accepted_bases.basis is not null then 1 else 0 end) as has_consent,
        max(case
            when not coalesce(consents.is_contactable, false)
                then {{ dbt.concat(["'consent ('", "coalesce(consents.basis, 'no basis')", "') does not hold'"]) }}
            else {{ dbt.concat(["'consent on the basis '", "coalesce(consents.basis, 'none')", "'; the channel does not accept it'"]) }}
        end) as consent_detail
    from consents
    inner join channels on consents.channel = channels.consent_channel
    left join accepted_bases on channels.channel = accepted_bases.channel and consents.basis = accepted_bases.basis
    group by 1, 2
),

-- gate 5: an explicit no
channel_suppression as (
    select
        suppressions.contact_id,
        channels.channel,
        {{ dbt.concat(["'suppressed: '", "min(coalesce(suppressions.reason, 'no reason given'))"]) }} as suppression_detail
    from {{ ref('suppressions') }} as suppressions
    inner join channels on suppressions.channel = channels.consent_channel
    group by 1, 2
),

-- gates 6 and 7: not too often, and not the same again so soon
touch_limits as (
    select * from {{ ref('touch_limits') }}
),

-- gate 8: an hour of the day that is allowed wherever the contact may be
no_hours as (
    select
        zones.contact_id,
        send_windows.channel,
        case
            when zones.zone_key = 'unknown' then 'time zone unknown, and no hour is allowed in all zones'
            else {{ dbt.concat(["'no hour is allowed in all time zones of '", "zones.zone_key"]) }}
        end as quiet_hours_detail
    from {{ ref('contact_zones') }} as zones
    inner join {{ ref('send_windows') }} as send_windows on zones.zone_key = send_windows.zone_key
    where send_windows.send_at is null
),

gates as (
    select
        applicability.contact_id,
        applicability.account_id,
        applicability.action_id,
        applicability.eligibility_detail,
        applicability.applicability_detail,
        case
            when applicability.has_objected then 'objected to direct marketing'
            when applicability.is_role_mailbox then 'a role mailbox, not a person'
            else coalesce(channel_suitability.suitability_detail, applicability.suits_detail)
        end as suitability_detail,
        case
            when coalesce(channel_consent.has_consent, 0) = 0
                then coalesce(channel_consent.consent_detail, 'no consent on record')
        end as consent_detail,
        channel_suppression.suppression_detail,
        touch_limits.frequency_cap_detail,
        touch_limits.cool_down_detail,
        no_hours.quiet_hours_detail
    from applicability
    left join channel_suitability
        on applicability.contact_id = channel_suitability.contact_id and applicability.channel = channel_suitability.channel
    left join channel_consent
        on applicability.contact_id = channel_consent.contact_id and applicability.channel = channel_consent.channel
    left join channel_suppression
        on applicability.contact_id = channel_suppression.contact_id and applicability.channel = channel_suppression.channel
    left join touch_limits
        on applicability.contact_id = touch_limits.contact_id and applicability.action_id = touch_limits.action_id
    left join no_hours
        on applicability.contact_id = no_hours.contact_id and applicability.channel = no_hours.channel
),

{%- set order = ['eligibility', 'applicability', 'suitability', 'consent', 'suppression', 'frequency_cap', 'cool_down', 'quiet_hours'] %}

final as (
    select
        contact_id,
        account_id,
        action_id,
        coalesce({% for gate in order %}{{ gate }}_detail{{ ', ' if not loop.last }}{% endfor %}) is null as is_eligible,
        case
            {% for gate in order %}when {{ gate }}_detail is not null then '{{ gate }}'
            {% endfor %}
        end as gate,
        coalesce({% for gate in order %}{{ gate }}_detail{{ ', ' if not loop.last }}{% endfor %}) as detail
    from gates
)

select * from final
