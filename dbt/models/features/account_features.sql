{# Rows of accounts that are gone leave once contact_features has read them: their people may still be here. #}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='as_of_date',
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where as_of_date not in (select as_of_date from {{ ref('feature_dates') }})"
) }}

{%- set activities = feature_activities() + ['session'] -%}
{%- set channels = feature_touch_channels() %}

with

{{ dates_to_make() }},

{{ versions_on_dates('attributes', 'account_attributes', ['account_id']) }},

accounts as (
    select *
    from attributes
    where recorded_on <= as_of_date or created_at is null or created_at < as_of_date
),

-- profiling someone who objected to it is not allowed
contacts as (
    select * from {{ ref('int_contacts_as_of') }} where account_id is not null and not has_objected
),

{{ stages_on_dates() }},

{{ payments_on_dates() }},

{{ versions_on_dates('opportunities', 'opportunity_attributes', ['opportunity_id']) }},

contact_counts as (
    select
        as_of_date,
        account_id,
        count(*) as count_contacts,
        {% for days in [7, 30, 90] -%}
        count(case when count_activities_{{ days }}d > 0 then 1 end) as count_active_contacts_{{ days }}d,
        {% endfor -%}
        count(case when count_product_event_30d > 0 then 1 end) as count_product_users_30d,
        {% for count in account_counts() -%}
        sum(cast({{ count }} as double)) as {{ count }},
        {% endfor -%}
        min(days_since_activity) as days_since_activity,
        min(days_since_touch) as days_since_touch,
        min(days_since_response) as days_since_response
    from contacts
    group by 1, 2
),

opportunity_counts as (
    select
        as_of_date,
        account_id,
        count(case when closed_at is null or closed_at >= as_of_date then 1 end) as count_open_opportunities,
        min(case when closed_at is null or closed_at >= as_of_date then created_at end) as oldest_open_at,
        count(case when is_won and closed_at < as_of_date then 1 end) as count_won_opportunities,
        count(case when not is_won and closed_at < as_of_date then 1 end) as count_lost_opportunities,
        max(case when is_won and closed_at < as_of_date then closed_at end) as won_at
    from opportunities
    where account_id is not null and created_at < as_of_date
    group by 1, 2
),

lifecycle_policy as (
    select at_risk_after_days from {{ source('raw', 'policy_lifecycle') }}
),

final as (
    select
        accounts.account_id,
        accounts.as_of_date,
        coalesce(stages.stage, 'unknown') as account_stage,
        {{ days_before('stages.entered_at', 'accounts.as_of_date') }} as days_in_account_stage,
        coalesce(stages.previous_stage, 'none') as previous_account_stage,
        coalesce(stages.is_backward, false) as has_fallen_back,
        coalesce(
            stages.stage in ('customer', 'at_risk')
            and coalesce(contacts.days_since_activity > lifecycle_policy.at_risk_after_days, true),
            false
        ) as is_at_risk,
        coalesce(accounts.industry, 'unknown') as industry,
        coalesce(accounts.country_code, 'unknown') as country_code,
        cast(ln(1 + accounts.count_employees) as double) as log_count_employees,
        {{ days_before('accounts.created_at', 'accounts.as_of_date') }} as days_since_created,
        {% for count in ['count_contacts', 'count_active_contacts_7d', 'count_active_contacts_30d', 'count_active_contacts_90d', 'count_product_users_30d'] + account_counts() -%}
        cast(coalesce(contacts.{{ count }}, 0) as integer) as {{ count }},
        {% endfor -%}
        {{ trend('coalesce(contacts.count_activities_30d, 0)', 'coalesce(contacts.count_activities_30d_before, 0)') }} as momentum_30d,
        {% for kind in activities -%}
        {{ trend('coalesce(contacts.count_' ~ kind ~ '_30d, 0)', 'coalesce(contacts.count_' ~ kind ~ '_30d_before, 0)') }} as trend_{{ kind }}_30d,
        {% endfor -%}
        contacts.days_since_activity,
        contacts.days_since_touch,
        contacts.days_since_response,
        cast(coalesce(opportunities.count_open_opportunities, 0) as integer) as count_open_opportunities,
        {{ days_before('opportunities.oldest_open_at', 'accounts.as_of_date') }} as days_since_open_opportunity,
        cast(coalesce(opportunities.count_won_opportunities, 0) as integer) as count_won_opportunities,
        cast(coalesce(opportunities.count_lost_opportunities, 0) as integer) as count_lost_opportunities,
        {{ days_before('opportunities.won_at', 'accounts.as_of_date') }} as days_since_won_opportunity,
        coalesce(payments.count_payments, 0) as count_payments,
        coalesce(payments.payments_cents, 0) as payments_cents,
        payments.days_since_payment
    from accounts
    cross join lifecycle_policy
    left join contact_counts as contacts on accounts.account_id = contacts.account_id and accounts.as_of_date = contacts.as_of_date
    left join stages on accounts.account_id = stages.entity_id and accounts.as_of_date = stages.as_of_date
    left join opportunity_counts as opportunities
        on accounts.account_id = opportunities.account_id and accounts.as_of_date = opportunities.as_of_date
    left join payments on accounts.account_id = payments.unit_id and accounts.as_of_date = payments.as_of_date
)

select * from final
