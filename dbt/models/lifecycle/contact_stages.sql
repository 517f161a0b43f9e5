{{ config(materialized='incremental', incremental_strategy='by_stage', on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_stage_inputs') }}
{%- set policy = stage_policy('contact') %}
with

contacts as (
    select
        contact_id,
        account_id,
        coalesce(account_id, contact_id) as unit_id,
        coalesce(created_at, {{ since_ever() }}) as created_at
    from {{ ref('contacts') }}
    where {{ is_changed_stage('contact_id') }}
),

engagement as (
    select * from {{ ref('engagement_points') }} where {{ is_changed_stage('contact_id') }}
),

-- a role in a deal of another company than the contact's own is of its past
opportunities as (
    select
        roles.contact_id,
        opportunities.created_at,
        case when opportunities.closed_at is not null then greatest(opportunities.closed_at, opportunities.created_at) end as closed_at
    from {{ ref('int_opportunity_roles') }} as roles
    inner join {{ ref('opportunities') }} as opportunities on roles.opportunity_id = opportunities.opportunity_id
    inner join contacts on roles.contact_id = contacts.contact_id
    where opportunities.created_at is not null and coalesce(contacts.account_id = opportunities.account_id, true)
),

customer_periods as (
    select
        contacts.contact_id,
        periods.started_at,
        periods.ended_at,
        case when periods.is_silent then 1 else 0 end as is_silent
    from contacts
    inner join {{ ref('customer_periods') }} as periods on contacts.unit_id = periods.unit_id
),

account_stays as (
    select contacts.contact_id, stages.stage, stages.entered_at, stages.left_at
    from contacts
    inner join {{ ref('account_stages') }} as stages on contacts.account_id = stages.account_id
),

buying_group_stays as (
    select members.contact_id, stages.stage, stages.entered_at, stages.left_at
    from {{ ref('buying_group_members') }} as members
    inner join contacts on members.contact_id = contacts.contact_id
    inner join {{ ref('buying_group_stages') }} as stages on members.buying_group_id = stages.buying_group_id
),

facts as (
    select contact_id, earned_at as occurred_at{{ counter_changes(policy, by_column(engagement_counters(policy), '')) }}
    from engagement
    union all
    select
        contact_id,
        {{ dbt.dateadd('day', policy.engagement_window_days, 'earned_at') }}
        {{- counter_changes(policy, by_column(engagement_counters(policy), '-')) }}
    from engagement
    union all
    select contact_id, created_at{{ counter_changes(policy, {'open_opportunities': '1'}) }} from opportunities
    union all
    select contact_id, closed_at{{ counter_changes(policy, {'open_opportunities': '-1'}) }} from opportunities where closed_at is not null
    union all
    select contact_id, started_at{{ counter_changes(policy, {'is_customer': '1', 'was_customer': '1', 'is_silent': 'is_silent'}) }}
    from customer_periods
    union all
    select contact_id, ended_at{{ counter_changes(policy, {'is_customer': '-1', 'is_silent': '-is_silent'}) }}
    from customer_periods
    where ended_at is not null
    {{- stage_stays(policy, 'account_stage', 'account_stays', 'contact_id') }}
    {{- stage_stays(policy, 'buying_group_stage', 'buying_group_stays', 'contact_id') }}
),

changes as (
    select * from facts where occurred_at < {{ run_midnight() }}
    union all
    select contact_id, created_at{{ counter_changes(policy, {}) }} from contacts
),

{{ stage_history(policy, 'contact', 'contact_id') }}

select * from named_entries
