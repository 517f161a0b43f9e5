{{ config(materialized='ephemeral') }}
-- ephemeral: every table of this schema is published, and this is none that a platform reads

with

decisions as (
    select *
    from {{ source('decisioning', 'next_best_action') }}
    where
        action_id is not null
        and arm in ('model', 'random_control')
        and approval_status in ('not_needed', 'approved')
        and autonomy_mode <> 'shadow'
),

channels as (
    select * from {{ source('raw', 'policy_channels') }}
),

actions as (
    select * from {{ source('raw', 'policy_actions') }}
),

accepted_consent as (
    select distinct
        consent.contact_id,
        channels.channel,
        consent.basis,
        consent.source,
        consent.valid_until
    from {{ ref('consent') }} as consent
    inner join channels on consent.channel = channels.consent_channel
    inner join {{ source('raw', 'policy_channel_bases') }} as bases
        on channels.channel = bases.channel and consent.basis = bases.basis
    where consent.is_contactable
),

suppressed as (
    select distinct contact_id, channel as consent_channel from {{ ref('suppressions') }}
),

-- consent and suppression once more, with what is known now: someone may have opted out after the decision
final as (
    select
        decisions.*,
        channels.consent_channel,
        actions.name as action_name,
        actions.is_seller_action,
        contacts.email,
        contacts.phone_e164,
        accepted_consent.basis as consent_basis,
        accepted_consent.source as consent_source,
        accepted_consent.valid_until as consent_valid_until
    from decisions
    inner join actions on decisions.action_id = actions.action_id
    inner join channels on decisions.channel = channels.channel
    inner join {{ ref('contacts') }} as contacts on decisions.contact_id = contacts.contact_id
    inner join accepted_consent
        on decisions.contact_id = accepted_consent.contact_id and decisions.channel = accepted_consent.channel
    left join suppressed
        on decisions.contact_id = suppressed.contact_id and channels.consent_channel = suppressed.consent_channel
    where suppressed.contact_id is null and not contacts.has_objected
)

select * from final
