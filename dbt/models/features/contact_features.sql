{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of_date',
    on_schema_change='append_new_columns',
    post_hook=[
        "delete from {{ this }} where as_of_date not in (select as_of_date from {{ ref('feature_dates') }})
            or contact_id not in (select contact_id from {{ ref('contacts') }} where not has_objected)",
        "delete from {{ ref('account_features') }} where account_id not in (select account_id from {{ ref('accounts') }})",
    ]
) }}

{%- set activities = feature_activities() + ['session'] -%}
{%- set channels = feature_touch_channels() %}

with

{{ dates_to_make() }},

contacts as (
    select * from {{ ref('int_contacts_as_of') }} where not has_objected
),

accounts as (
    select * from {{ ref('account_features') }}
),

{{ payments_on_dates() }},

final as (
    select
        contacts.contact_id,
        contacts.account_id,
        contacts.as_of_date,
        coalesce(contacts.contact_stage, 'lead') as contact_stage,
        {{ days_before('contacts.contact_stage_entered_at', 'contacts.as_of_date') }} as days_in_contact_stage,
        coalesce(contacts.previous_contact_stage, 'none') as previous_contact_stage,
        coalesce(contacts.has_fallen_back, false) as has_fallen_back,
        coalesce(accounts.account_stage, 'unknown') as account_stage,
        accounts.days_in_account_stage,
        coalesce(accounts.is_at_risk, false) as is_account_at_risk,
        coalesce(contacts.job_level, 'unknown') as job_level,
        coalesce(contacts.job_function, 'unknown') as job_function,
        coalesce(contacts.lead_source, 'unknown') as lead_source,
        coalesce(accounts.industry, 'unknown') as industry,
        coalesce(contacts.country_code, accounts.country_code, 'unknown') as country_code,
        accounts.log_count_employees,
        contacts.has_phone,
        contacts.is_role_mailbox,
        {{ days_before('contacts.created_at', 'contacts.as_of_date') }} as days_since_created,
        {% for kind in activities %}{% for days in [7, 30, 90] -%}
        contacts.count_{{ kind }}_{{ days }}d,
        {% endfor -%}
        {{ trend('contacts.count_' ~ kind ~ '_30d', 'contacts.count_' ~ kind ~ '_30d_before') }} as trend_{{ kind }}_30d,
        contacts.days_since_{{ kind }},
        {% endfor %}
        {%- for days in ['7d', '30d', '90d', '30d_before'] -%}
        contacts.count_activities_{{ days }},
        {% endfor -%}
        {{ trend('contacts.count_activities_30d', 'contacts.count_activities_30d_before') }} as trend_activities_30d,
        contacts.days_since_activity,
        contacts.count_active_days_30d,
        contacts.count_product_days_30d,
        contacts.count_product_features_30d,
        {% for channel in channels %}{% for days in [7, 30] -%}
        contacts.count_touch_{{ channel }}_{{ days }}d as count_touches_{{ channel }}_{{ days }}d,
        {% endfor -%}
        {{ trend('contacts.count_touch_' ~ channel ~ '_30d', 'contacts.count_touch_' ~ channel ~ '_30d_before') }} as trend_touches_{{ channel }}_30d,
        contacts.days_since_touch_{{ channel }},
        {% endfor %}
        {%- for days in [7, 30, 90] -%}
        contacts.count_touches_{{ days }}d,
        {% endfor -%}
        {{ trend('contacts.count_touches_30d', 'contacts.count_touches_30d_before') }} as trend_touches_30d,
        contacts.days_since_touch,
        contacts.days_since_response,
        contacts.count_touches_since_response,
        contacts.ignored_touch_share_91d,
        coalesce(accounts.count_contacts, 1) as account_count_contacts,
        accounts.count_active_contacts_30d as account_count_active_contacts_30d,
        accounts.count_activities_30d as account_count_activities_30d,
        accounts.momentum_30d as account_momentum_30d,
        accounts.count_touches_30d as account_count_touches_30d,
        accounts.count_pricing_view_30d as account_count_pricing_view_30d,
        accounts.days_since_activity as account_days_since_activity,
        coalesce(accounts.count_open_opportunities, 0) as count_open_opportunities,
        accounts.days_since_open_opportunity,
        coalesce(accounts.count_won_opportunities, 0) as count_won_opportunities,
        coalesce(accounts.count_lost_opportunities, 0) as count_lost_opportunities,
        accounts.days_since_won_opportunity,
        coalesce(accounts.count_payments, payments.count_payments, 0) as count_payments,
        coalesce(accounts.payments_cents, payments.payments_cents, 0) as payments_cents,
        coalesce(accounts.days_since_payment, payments.days_since_payment) as days_since_payment,
        contacts.traits
    from contacts
    inner join {{ ref('contacts') }} as known_contacts on contacts.contact_id = known_contacts.contact_id
    left join accounts on contacts.account_id = accounts.account_id and contacts.as_of_date = accounts.as_of_date
    left join payments on contacts.contact_id = payments.unit_id and contacts.as_of_date = payments.as_of_date
    where not known_contacts.has_objected
)

select * from final
