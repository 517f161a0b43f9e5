{# Every contact with a person that counts against caps and cool-downs, whoever made it; each once. #}
with contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

emails as (
    select * from {{ ref('emails') }}
),

decisions as (
    select * from {{ ref('int_decisions_delivered') }}
),

ledger as (
    select decision_id from {{ source('raw', 'ledger_decisions') }}
),

actions as (
    select action_id from {{ source('raw', 'policy_actions') }}
),

sent as (
    select
        {{ dbt.concat(["'hubspot|email_event|'", "events.event_id"]) }} as touch_id,
        emails.contact_id,
        events.occurred_at,
        events.decision_id
    from {{ ref('stg_hubspot__email_events') }} as events
    inner join emails on events.email = emails.email_normalised
    left join ledger on events.decision_id = ledger.decision_id
    where events.event_type = 'SENT' and ledger.decision_id is null
),

sent_days as (
    select distinct contact_id, cast(occurred_at as date) as sent_on from sent
),

rule_fires as (
    select
        {{ dbt.concat(["'automation|rule_fire|'", "fires.record_key"]) }} as touch_id,
        emails.contact_id,
        fires.fired_at,
        coalesce(fires.channel, rules.channel, 'email') as channel,
        actions.action_id
    from {{ ref('stg_automation__rule_fires') }} as fires
    inner join emails on fires.email = emails.email_normalised
    left join {{ ref('stg_automation__rules') }} as rules on fires.rule_id = rules.rule_id
    left join actions on coalesce(fires.action, rules.action) = actions.action_id
),

-- the mail that a rule sent is in the e-mail events too
rule_touches as (
    select rule_fires.*
    from rule_fires
    left join sent_days as same_day
        on rule_fires.channel = 'email'
        and rule_fires.contact_id = same_day.contact_id
        and cast(rule_fires.fired_at as date) = same_day.sent_on
    left join sent_days as next_day
        on rule_fires.channel = 'email'
        and rule_fires.contact_id = next_day.contact_id
        and cast({{ dbt.dateadd('day', 1, 'cast(rule_fires.fired_at as date)') }} as date) = next_day.sent_on
    where same_day.contact_id is null and next_day.contact_id is null
),

interactions as (
    select * from {{ ref('int_crm_interactions') }} where contact_id is not null
),

unioned as (
    select
        decision_id as touch_id, contact_id, occurred_at, channel, 'outbound' as direction, action_id, decision_id, 'nightjar' as source
    from decisions
    union all
    select touch_id, contact_id, occurred_at, 'email', 'outbound', null, decision_id, 'hubspot'
    from sent
    union all
    select touch_id, contact_id, fired_at, channel, 'outbound', action_id, null, 'automation'
    from rule_touches
    union all
    select
        interaction_id,
        contact_id,
        occurred_at,
        case interaction when 'meeting' then 'meeting' when 'call' then 'call' else 'email' end,
        case when interaction in ('reply', 'meeting') then 'inbound' else 'outbound' end,
        null,
        null,
        'salesforce'
    from interactions
),

final as (
    select
        unioned.touch_id,
        unioned.contact_id,
        contacts.account_id,
        unioned.occurred_at,
        unioned.channel,
        unioned.direction,
        unioned.action_id,
        unioned.decision_id,
        unioned.source
    from unioned
    inner join contacts on unioned.contact_id = contacts.contact_id
)

select * from final
