{# Every contact with a person that counts against caps and cool-downs, whoever made it; each once. #}
{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='append_new_columns', meta={'news': 'has_new_touches'}) }}
-- depends_on: {{ ref('int_contact_inputs') }}

with contacts as (
    select contact_id, account_id from {{ ref('contacts') }} where {{ is_changed_contact('contact_id', 'has_new_touches') }}
),

emails as (
    select identifier, contact_id, known_on
    from {{ ref('int_identifiers') }}
    where kind = 'email' and contact_id in (select contact_id from contacts)
),

decisions as (
    select * from {{ ref('int_decisions_delivered') }} where contact_id in (select contact_id from contacts)
),

-- a mail of a decision that another run of its night revoked counts as the platform saw it
mails_asked_for as (
    select decision_id from {{ source('raw', 'ledger_decisions') }} where action_id is not null and channel = 'email'
),

actions as (
    select action_id from {{ source('raw', 'policy_actions') }}
),

-- mails and calls as the platforms saw them
sent as (
    select
        {{ dbt.concat(["'hubspot|email_event|'", "events.event_id"]) }} as touch_id,
        emails.contact_id,
        events.occurred_at,
        'email' as channel,
        events.decision_id,
        'hubspot' as source,
        events.loaded_on,
        emails.known_on as attributed_on
    from {{ ref('stg_hubspot__email_events') }} as events
    inner join emails on events.email = emails.identifier
    left join mails_asked_for on events.decision_id = mails_asked_for.decision_id
    where events.event_type = 'SENT' and mails_asked_for.decision_id is null
),

interactions as (
    select
        interaction_id as touch_id,
        contact_id,
        occurred_at,
        case interaction when 'meeting' then 'meeting' when 'call' then 'call' else 'email' end as channel,
        case when interaction in ('reply', 'meeting') then 'inbound' else 'outbound' end as direction,
        loaded_on,
        attributed_on
    from {{ ref('int_crm_interactions') }}
    where contact_id in (select contact_id from contacts)
),

observed as (
    select * from sent
    union all
    select touch_id, contact_id, occurred_at, channel, null, 'salesforce', loaded_on, attributed_on
    from interactions
    where direction = 'outbound'
),

-- mails and calls that Nightjar or a rule asked for
rule_fires as (
    select
        {{ dbt.concat(["'automation|rule_fire|'", "fires.record_key"]) }} as touch_id,
        emails.contact_id,
        fires.fired_at as occurred_at,
        coalesce(fires.channel, rules.channel, 'email') as channel,
        actions.action_id,
        fires.loaded_on,
        emails.known_on as attributed_on
    from {{ ref('stg_automation__rule_fires') }} as fires
    inner join emails on fires.email = emails.identifier
    left join {{ ref('stg_automation__rules') }} as rules on fires.rule_id = rules.rule_id
    left join actions on coalesce(fires.action, rules.action) = actions.action_id
),

asked_for as (
    select
        decision_id as touch_id, contact_id, occurred_at, channel, action_id, decision_id, 'nightjar' as source, loaded_on, attributed_on
    from decisions
    union all
    select touch_id, contact_id, occurred_at, channel, action_id, null, 'automation', loaded_on, attributed_on from rule_fires
),

asked_for_by_day as (
    select contact_id, channel, cast(occurred_at as date) as asked_on, count(*) as count_asked
    from asked_for
    group by contact_id, channel, cast(occurred_at as date)
),

-- a seller takes a few days to call
call_days as (
    {% for days in range(1, 4) -%}
    select contact_id, cast({{ dbt.dateadd('day', days, 'asked_on') }} as date) as called_on
    from asked_for_by_day
    where channel = 'call'
    {% if not loop.last %}union{% endif %}
    {% endfor -%}
),

numbered as (
    select
        *,
        cast(occurred_at as date) as occurred_on,
        row_number() over (
            partition by contact_id, channel, cast(occurred_at as date)
            order by occurred_at, touch_id
        ) as number_of_day
    from observed
),

-- what was asked for and then seen is one touch
unasked as (
    select numbered.*
    from numbered
    left join asked_for_by_day
        on numbered.contact_id = asked_for_by_day.contact_id
        and numbered.channel = asked_for_by_day.channel
        and numbered.occurred_on = asked_for_by_day.asked_on
    left join call_days
        on numbered.contact_id = call_days.contact_id
        and numbered.channel = 'call'
        and numbered.occurred_on = call_days.called_on
    where numbered.number_of_day > coalesce(asked_for_by_day.count_asked, 0) and call_days.contact_id is null
),

unioned as (
    select touch_id, contact_id, occurred_at, channel, 'outbound' as direction, action_id, decision_id, source, loaded_on, attributed_on
    from asked_for
    union all
    select touch_id, contact_id, occurred_at, channel, 'outbound', null, decision_id, source, loaded_on, attributed_on from unasked
    union all
    select touch_id, contact_id, occurred_at, channel, 'inbound', null, null, 'salesforce', loaded_on, attributed_on
    from interactions
    where direction = 'inbound'
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
        unioned.source,
        {{ known_on('unioned.loaded_on', 'unioned.attributed_on', 'unioned.occurred_at') }} as known_on
    from unioned
    inner join contacts on unioned.contact_id = contacts.contact_id
)

select * from final
