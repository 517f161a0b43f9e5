{# What the business wants (or not). Visits and product use count once per contact and day. #}
{{ config(
    materialized='incremental', incremental_strategy='by_contact', on_schema_change='append_new_columns',
    meta={'news': 'has_new_activities', 'always_made_anew': "outcome not in ('email_click', 'form_submission', 'site_visit', 'product_event', 'purchase')"}
) }}
-- depends_on: {{ ref('int_contact_inputs') }}

with contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

-- outcomes that aren't made of these are few: each night makes them anew
activities as (
    select * from {{ ref('activities') }} where {{ is_changed_contact('contact_id', 'has_new_activities') }}
),

interactions as (
    select * from {{ ref('int_crm_interactions') }} where interaction in ('reply', 'meeting')
),

opportunities as (
    select * from {{ ref('opportunities') }}
),

salesforce_people as (
    select source_id, contact_id from {{ ref('int_contact_records') }} where source = 'salesforce'
),

customers as (
    select
        customers.customer_id,
        records.contact_id,
        coalesce(contacts.account_id, accounts.key) as account_id
    from {{ ref('int_billing_customers') }} as customers
    left join {{ ref('int_contact_records') }} as records
        on records.source = 'billing' and customers.customer_id = records.source_id
    left join contacts on records.contact_id = contacts.contact_id
    left join {{ ref('int_account_keys') }} as accounts
        on {{ dbt.concat(["'billing_customer|'", "customers.customer_id"]) }} = accounts.record_key
),

single_activities as (
    select activity_id as outcome_id, contact_id, account_id, activity as outcome, occurred_at, cast(null as bigint) as value_cents, source
    from activities
    where activity in ('email_click', 'form_submission')
),

daily_activities as (
    select
        {{ dbt.concat(["outcome", "'|'", "contact_id", "'|'", "cast(occurred_on as varchar)"]) }},
        contact_id,
        max(account_id),
        outcome,
        min(occurred_at),
        cast(null as bigint),
        'segment'
    from (
        select
            contact_id,
            account_id,
            occurred_at,
            cast(occurred_at as date) as occurred_on,
            case when activity = 'product_event' then 'product_event' else 'site_visit' end as outcome
        from activities
        where activity in ('page_view', 'pricing_view', 'product_event')
    ) as days
    group by contact_id, outcome, occurred_on
),

crm_outcomes as (
    select interaction_id, contact_id, account_id, interaction, occurred_at, cast(null as bigint), 'salesforce'
    from interactions
    where contact_id is not null or account_id is not null
),

roles as (
    select distinct roles.opportunity_id, people.contact_id
    from {{ ref('stg_salesforce__opportunity_contact_roles') }} as roles
    inner join salesforce_people as people on roles.salesforce_contact_id = people.source_id
),

opportunity_events as (
    select opportunity_id, account_id, 'opportunity_created' as outcome, created_at as occurred_at, cast(null as bigint) as value_cents
    from opportunities
    union all
    select opportunity_id, account_id, 'opportunity_won', closed_at, amount_cents
    from opportunities
    where is_won
),

-- whoever left before has no part in what the old company did then
leavers as (
    select memberships.contact_id, memberships.account_id, max(memberships.valid_until) as left_at
    from {{ ref('account_memberships') }} as memberships
    inner join contacts on memberships.contact_id = contacts.contact_id
    where memberships.account_id <> contacts.account_id
    group by memberships.contact_id, memberships.account_id
),

participants as (
    select events.outcome, events.opportunity_id, roles.contact_id
    from opportunity_events as events
    inner join roles on events.opportunity_id = roles.opportunity_id
    left join leavers on roles.contact_id = leavers.contact_id and events.account_id = leavers.account_id
    where leavers.contact_id is null or events.occurred_at < leavers.left_at
),

opportunity_outcomes as (
    select
        {{ dbt.concat(["events.outcome", "'|'", "events.opportunity_id", "'|'", "coalesce(participants.contact_id, '')"]) }},
        participants.contact_id,
        coalesce(events.account_id, contacts.account_id),
        events.outcome,
        events.occurred_at,
        events.value_cents,
        'salesforce'
    from opportunity_events as events
    left join participants
        on events.opportunity_id = participants.opportunity_id and events.outcome = participants.outcome
    left join contacts on participants.contact_id = contacts.contact_id
),

paid_invoices as (
    select
        {{ dbt.concat(["'invoice_paid|'", "invoices.invoice_id"]) }},
        customers.contact_id,
        customers.account_id,
        'invoice_paid',
        invoices.paid_at,
        invoices.amount_cents,
        'billing'
    from {{ ref('stg_billing__invoices') }} as invoices
    left join customers on invoices.customer_id = customers.customer_id
    where invoices.paid_at is not null
),

ended_subscriptions as (
    select
        {{ dbt.concat(["'churn|'", "subscriptions.subscription_id"]) }},
        customers.contact_id,
        customers.account_id,
        'churn',
        subscriptions.ended_at,
        -subscriptions.mrr_cents,
        'billing'
    from {{ ref('stg_billing__subscriptions') }} as subscriptions
    left join customers on subscriptions.customer_id = customers.customer_id
    where subscriptions.ended_at is not null and subscriptions.ended_at < cast({{ run_date() }} as {{ dbt.type_timestamp() }})
),

withdrawals as (
    select
        {{ dbt.concat(["'unsubscribe|'", "statuses.record_key", "'|'", "emails.contact_id"]) }},
        emails.contact_id,
        contacts.account_id,
        'unsubscribe',
        statuses.occurred_at,
        cast(null as bigint),
        'consent'
    from {{ ref('stg_consent__subscription_statuses') }} as statuses
    inner join {{ ref('emails') }} as emails on statuses.email = emails.email_normalised
    inner join contacts on emails.contact_id = contacts.contact_id
    where statuses.status = 'unsubscribed'
),

orders as (
    select
        {{ dbt.concat(["'purchase|'", "activities.activity_id"]) }},
        activities.contact_id,
        activities.account_id,
        'purchase',
        activities.occurred_at,
        cast(round(100 * try_cast(coalesce(
            {{ json_text('tracks.properties', 'revenue') }},
            {{ json_text('tracks.properties', 'total') }},
            {{ json_text('tracks.properties', 'value') }}
        ) as double)) as bigint),
        'segment'
    from activities
    inner join {{ ref('stg_segment__tracks') }} as tracks
        on activities.activity_id = {{ dbt.concat(["'segment|track|'", "tracks.event_id"]) }}
    where activities.activity = 'product_event' and activities.detail = 'Order Completed' and tracks.event = 'Order Completed'
),

final as (
    select * from single_activities
    union all
    select * from daily_activities
    union all
    select * from crm_outcomes
    union all
    select * from opportunity_outcomes
    union all
    select * from paid_invoices
    union all
    select * from ended_subscriptions
    union all
    select * from withdrawals
    union all
    select * from orders
)

select outcome_id, contact_id, account_id, outcome, occurred_at, value_cents, source
from final
where occurred_at is not null and coalesce(contact_id, account_id) is not null
