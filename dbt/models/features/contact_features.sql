{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where as_of_date not in (select as_of_date from {{ ref('feature_dates') }})
        or contact_id not in (select contact_id from {{ ref('contacts') }} where not has_objected)"
) }}

{%- set activities = feature_activities() -%}
{%- set channels = feature_touch_channels() -%}
{%- set look_back = feature_look_back_days() %}

with

dates as (
    select
        as_of_date,
        cast(as_of_date as {{ dbt.type_timestamp() }}) as as_of_at,
        as_of_date = {{ run_date() }} as is_tonight
    from {{ ref('feature_dates') }}
    {% if is_incremental() -%}
    where as_of_date = {{ run_date() }} or as_of_date not in (select as_of_date from {{ this }})
    {%- endif %}
),

-- profiling someone who objected to it is not allowed
contacts as (
    select
        dates.as_of_date,
        dates.as_of_at,
        contacts.*
    from {{ ref('contacts') }} as contacts
    inner join dates on dates.is_tonight or contacts.created_at is null or contacts.created_at < dates.as_of_at
    where not contacts.has_objected
),

accounts as (
    select * from {{ ref('accounts') }}
),

events as (
    select contact_id, activity as kind, cast(occurred_at as date) as occurred_on
    from {{ ref('activities') }}
    where activity in ('{{ activities | join("', '") }}')
    union all
    select contact_id, {{ dbt.concat(["'touch_'", 'channel']) }} as kind, cast(occurred_at as date) as occurred_on
    from {{ ref('touches') }}
    where direction = 'outbound'
),

event_days as (
    select distinct occurred_on from events
),

-- an equality join on days costs far less than comparing each event with each date
ages as (
    select
        dates.as_of_date,
        event_days.occurred_on,
        {{ dbt.datediff('event_days.occurred_on', 'dates.as_of_date', 'day') }} as days_ago
    from event_days
    inner join dates on event_days.occurred_on < dates.as_of_date
    where {{ dbt.datediff('event_days.occurred_on', 'dates.as_of_date', 'day') }} <= {{ look_back }}
),

counts_by_kind as (
    select
        ages.as_of_date,
        events.contact_id,
        events.kind,
        cast(count(case when ages.days_ago <= 7 then 1 end) as integer) as count_7d,
        cast(count(case when ages.days_ago <= 30 then 1 end) as integer) as count_30d,
        cast(count(case when ages.days_ago <= 90 then 1 end) as integer) as count_90d,
        cast(count(case when ages.days_ago > 30 and ages.days_ago <= 60 then 1 end) as integer) as count_30d_before,
        cast(min(ages.days_ago) as integer) as days_since_last
    from events
    inner join ages on events.occurred_on = ages.occurred_on
    where events.contact_id is not null
    group by 1, 2, 3
),

contact_counts as (
    select
        as_of_date,
        contact_id,
        {% for kind in activities %}{% for days in [7, 30, 90] %}
        {{ count_of_kind(kind, days) }} as count_{{ kind }}_{{ days }}d,
        {% endfor %}
        {{ days_since_kind(kind) }} as days_since_{{ kind }},
        {% endfor %}
        {% for channel in channels %}{% for days in [7, 30] %}
        {{ count_of_kind('touch_' ~ channel, days) }} as count_touches_{{ channel }}_{{ days }}d,
        {% endfor %}
        {{ days_since_kind('touch_' ~ channel) }} as days_since_touch_{{ channel }},
        {% endfor %}
        {% for days in ['7d', '30d', '30d_before', '90d'] %}
        cast(sum(case when kind not like 'touch%' then count_{{ days }} else 0 end) as integer) as count_activities_{{ days }},
        {% endfor %}
        {% for days in [7, 30, 90] %}
        cast(sum(case when kind like 'touch%' then count_{{ days }}d else 0 end) as integer) as count_touches_{{ days }}d,
        {% endfor %}
        min(case when kind not like 'touch%' then days_since_last end) as days_since_activity,
        min(case when kind like 'touch%' then days_since_last end) as days_since_touch
    from counts_by_kind
    group by 1, 2
),

account_counts as (
    select
        contacts.as_of_date,
        contacts.account_id,
        count(*) as account_count_contacts,
        sum(case when contact_counts.count_activities_30d > 0 then 1 else 0 end) as account_count_active_contacts_30d,
        sum(coalesce(contact_counts.count_activities_30d, 0)) as account_count_activities_30d,
        sum(coalesce(contact_counts.count_activities_30d_before, 0)) as account_count_activities_30d_before,
        sum(coalesce(contact_counts.count_touches_30d, 0)) as account_count_touches_30d,
        sum(coalesce(contact_counts.count_pricing_view_30d, 0)) as account_count_pricing_view_30d,
        min(contact_counts.days_since_activity) as account_days_since_activity
    from contacts
    left join contact_counts
        on contacts.contact_id = contact_counts.contact_id and contacts.as_of_date = contact_counts.as_of_date
    where contacts.account_id is not null
    group by 1, 2
),

opportunity_counts as (
    select
        dates.as_of_date,
        opportunities.account_id,
        sum(case when opportunities.closed_at is null or opportunities.closed_at >= dates.as_of_at then 1 else 0 end) as count_open_opportunities,
        min(case when opportunities.closed_at is null or opportunities.closed_at >= dates.as_of_at then opportunities.created_at end) as oldest_open_at,
        sum(case when opportunities.is_won and opportunities.closed_at < dates.as_of_at then 1 else 0 end) as count_won_opportunities,
        sum(case when not opportunities.is_won and opportunities.closed_at < dates.as_of_at then 1 else 0 end) as count_lost_opportunities,
        max(case when opportunities.is_won and opportunities.closed_at < dates.as_of_at then opportunities.closed_at end) as won_at
    from {{ ref('opportunities') }} as opportunities
    inner join dates on opportunities.created_at < dates.as_of_at
    where opportunities.account_id is not null
    group by 1, 2
),

-- an account's payments are those of all its people
payments as (
    select
        dates.as_of_date,
        coalesce(outcomes.account_id, outcomes.contact_id) as unit_id,
        count(*) as count_payments,
        sum(outcomes.value_cents) as payments_cents,
        max(outcomes.occurred_at) as paid_at
    from {{ ref('outcomes') }} as outcomes
    inner join dates on outcomes.occurred_at < dates.as_of_at
    where outcomes.outcome in ('invoice_paid', 'purchase')
    group by 1, 2
),

contact_stages as (
    select dates.as_of_date, stages.contact_id, stages.stage
    from {{ ref('contact_stages') }} as stages
    inner join dates on stages.entered_at < dates.as_of_at and coalesce(stages.left_at >= dates.as_of_at, true)
),

account_stages as (
    select dates.as_of_date, stages.account_id, stages.stage
    from {{ ref('account_stages') }} as stages
    inner join dates on stages.entered_at < dates.as_of_at and coalesce(stages.left_at >= dates.as_of_at, true)
),

lifecycle_policy as (
    select at_risk_after_days from {{ source('raw', 'policy_lifecycle') }}
),

final as (
    select
        contacts.contact_id,
        contacts.account_id,
        contacts.as_of_date,
        coalesce(contact_stages.stage, 'lead') as contact_stage,
        coalesce(account_stages.stage, 'unknown') as account_stage,
        coalesce(
            account_stages.stage in ('customer', 'at_risk')
            and coalesce(account_counts.account_days_since_activity > lifecycle_policy.at_risk_after_days, true),
            false
        ) as is_account_at_risk,
        coalesce(contacts.job_level, 'unknown') as job_level,
        coalesce(contacts.job_function, 'unknown') as job_function,
        coalesce(contacts.lead_source, 'unknown') as lead_source,
        coalesce(accounts.industry, 'unknown') as industry,
        coalesce(contacts.country_code, accounts.country_code, 'unknown') as country_code,
        cast(ln(1 + accounts.count_employees) as double) as log_count_employees,
        contacts.phone_e164 is not null as has_phone,
        coalesce(contacts.is_role_mailbox, false) as is_role_mailbox,
        cast({{ dbt.datediff('contacts.created_at', 'contacts.as_of_date', 'day') }} as integer) as days_since_created,
        {% for kind in activities %}{% for days in [7, 30, 90] %}
        coalesce(contact_counts.count_{{ kind }}_{{ days }}d, 0) as count_{{ kind }}_{{ days }}d,
        {%- endfor %}
        contact_counts.days_since_{{ kind }},
        {%- endfor %}
        {% for days in ['7d', '30d', '90d', '30d_before'] %}
        coalesce(contact_counts.count_activities_{{ days }}, 0) as count_activities_{{ days }},
        {%- endfor %}
        contact_counts.days_since_activity,
        {% for channel in channels %}{% for days in [7, 30] %}
        coalesce(contact_counts.count_touches_{{ channel }}_{{ days }}d, 0) as count_touches_{{ channel }}_{{ days }}d,
        {%- endfor %}
        contact_counts.days_since_touch_{{ channel }},
        {%- endfor %}
        {% for days in [7, 30, 90] %}
        coalesce(contact_counts.count_touches_{{ days }}d, 0) as count_touches_{{ days }}d,
        {%- endfor %}
        contact_counts.days_since_touch,
        cast(coalesce(account_counts.account_count_contacts, 1) as integer) as account_count_contacts,
        cast(account_counts.account_count_active_contacts_30d as integer) as account_count_active_contacts_30d,
        cast(account_counts.account_count_activities_30d as integer) as account_count_activities_30d,
        cast((1.0 + account_counts.account_count_activities_30d) / (1.0 + account_counts.account_count_activities_30d_before) as double) as account_momentum_30d,
        cast(account_counts.account_count_touches_30d as integer) as account_count_touches_30d,
        cast(account_counts.account_count_pricing_view_30d as integer) as account_count_pricing_view_30d,
        account_counts.account_days_since_activity,
        cast(coalesce(opportunity_counts.count_open_opportunities, 0) as integer) as count_open_opportunities,
        cast({{ dbt.datediff('opportunity_counts.oldest_open_at', 'contacts.as_of_date', 'day') }} as integer) as days_since_open_opportunity,
        cast(coalesce(opportunity_counts.count_won_opportunities, 0) as integer) as count_won_opportunities,
        cast(coalesce(opportunity_counts.count_lost_opportunities, 0) as integer) as count_lost_opportunities,
        cast({{ dbt.datediff('opportunity_counts.won_at', 'contacts.as_of_date', 'day') }} as integer) as days_since_won_opportunity,
        cast(coalesce(payments.count_payments, 0) as integer) as count_payments,
        cast(coalesce(payments.payments_cents, 0) as double) as payments_cents,
        cast({{ dbt.datediff('payments.paid_at', 'contacts.as_of_date', 'day') }} as integer) as days_since_payment,
        contacts.traits
    from contacts
    cross join lifecycle_policy
    left join accounts on contacts.account_id = accounts.account_id
    left join contact_counts
        on contacts.contact_id = contact_counts.contact_id and contacts.as_of_date = contact_counts.as_of_date
    left join contact_stages
        on contacts.contact_id = contact_stages.contact_id and contacts.as_of_date = contact_stages.as_of_date
    left join account_stages
        on contacts.account_id = account_stages.account_id and contacts.as_of_date = account_stages.as_of_date
    left join account_counts
        on contacts.account_id = account_counts.account_id and contacts.as_of_date = account_counts.as_of_date
    left join opportunity_counts
        on contacts.account_id = opportunity_counts.account_id and contacts.as_of_date = opportunity_counts.as_of_date
    left join payments
        on coalesce(contacts.account_id, contacts.contact_id) = payments.unit_id and contacts.as_of_date = payments.as_of_date
)

select * from final
