{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='decided_on',
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where
        contact_id not in (select contact_id from {{ ref('contacts') }} where not has_objected)
        or decision_id not in (select decision_id from {{ ref('touches') }} where source = 'nightjar')
        or decided_on < (
            select cast(" ~ dbt.dateadd('day', '-limits.training_window_days', 'night.run_date') ~ " as date)
            from {{ source('raw', 'night') }} as night cross join {{ source('raw', 'policy_limits') }} as limits
        )"
) }}

with

night as (
    select
        night.run_date,
        messages.response_days,
        cast({{ dbt.dateadd('day', '-limits.training_window_days', 'night.run_date') }} as date) as window_start
    from {{ source('raw', 'night') }} as night
    cross join {{ source('raw', 'policy_limits') }} as limits
    cross join {{ source('raw', 'policy_messages') }} as messages
),

{% if is_incremental() -%}
-- once the days of response have passed, nothing changes but by late exports, for which a week is left
dates as (
    select distinct decisions.run_date as decided_on
    from {{ source('raw', 'ledger_decisions') }} as decisions
    cross join night
    where
        decisions.run_date not in (select decided_on from {{ this }})
        or decisions.run_date >= cast({{ dbt.dateadd('day', '-7 - night.response_days', 'night.run_date') }} as date)
),
{%- else -%}
dates as (
    select distinct run_date as decided_on from {{ source('raw', 'ledger_decisions') }}
),
{%- endif %}

contacts as (
    select contact_id from {{ ref('contacts') }} where not has_objected
),

-- who was merged into another is that one
delivered as (
    select decision_id, contact_id, occurred_at from {{ ref('touches') }} where source = 'nightjar'
),

-- a day after the last on which a response counts, all of them are in the exports
messages as (
    select
        decisions.decision_id,
        delivered.contact_id,
        cast(decisions.run_date as date) as decided_on,
        decisions.channel,
        decisions.action_id,
        decisions.content,
        delivered.occurred_at as sent_at,
        decisions.preferred_send_at,
        {{ dbt.dateadd('day', 'night.response_days', 'delivered.occurred_at') }} as answered_until
    from {{ source('raw', 'ledger_decisions') }} as decisions
    inner join delivered on decisions.decision_id = delivered.decision_id
    inner join contacts on delivered.contact_id = contacts.contact_id
    cross join night
    where
        decisions.run_date in (select decided_on from dates)
        and decisions.run_date >= night.window_start
        and cast({{ dbt.dateadd('day', 'night.response_days', 'decisions.run_date') }} as date) < night.run_date
),

responses as (
    select contact_id, outcome, occurred_at
    from {{ ref('outcomes') }}
    where
        contact_id is not null
        and (
            outcome = 'unsubscribe'
            or outcome in (select outcome from {{ source('raw', 'policy_message_responses') }})
        )
),

answered as (
    select
        messages.decision_id,
        max(case when responses.outcome = 'unsubscribe' then 1 else 0 end) as has_unsubscribed
    from messages
    inner join responses
        on
            messages.contact_id = responses.contact_id
            and responses.occurred_at >= messages.sent_at
            and responses.occurred_at < messages.answered_until
    group by 1
),

final as (
    select
        messages.decision_id,
        messages.contact_id,
        messages.decided_on,
        messages.channel,
        messages.action_id,
        messages.content,
        messages.sent_at,
        messages.preferred_send_at,
        coalesce(answered.has_unsubscribed = 0, false) as has_responded
    from messages
    left join answered on messages.decision_id = answered.decision_id
)

select * from final
