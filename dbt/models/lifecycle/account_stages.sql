{%- set policy = stage_policy('account') %}
with

accounts as (
    select
        account_id,
        coalesce(created_at, {{ since_ever() }}) as created_at
    from {{ ref('accounts') }}
),

opportunities as (
    select
        account_id,
        created_at,
        case when closed_at is not null then greatest(closed_at, created_at) end as closed_at
    from {{ ref('opportunities') }}
    where account_id is not null and created_at is not null
),

customer_periods as (
    select
        unit_id as account_id,
        started_at,
        ended_at,
        case when is_silent then 1 else 0 end as is_silent
    from {{ ref('customer_periods') }}
),

facts as (
    select account_id, occurred_at{{ counter_changes(policy, by_column(engagement_counters(policy), '')) }}
    from {{ ref('account_engagement') }}
    union all
    select account_id, created_at{{ counter_changes(policy, {'open_opportunities': '1'}) }} from opportunities
    union all
    select account_id, closed_at{{ counter_changes(policy, {'open_opportunities': '-1'}) }} from opportunities where closed_at is not null
    union all
    select account_id, started_at{{ counter_changes(policy, {'is_customer': '1', 'was_customer': '1', 'is_silent': 'is_silent'}) }}
    from customer_periods
    union all
    select account_id, ended_at{{ counter_changes(policy, {'is_customer': '-1', 'is_silent': '-is_silent'}) }}
    from customer_periods
    where ended_at is not null
),

changes as (
    select facts.*
    from facts
    inner join accounts on facts.account_id = accounts.account_id
    where facts.occurred_at < {{ run_midnight() }}
    union all
    select account_id, created_at{{ counter_changes(policy, {}) }} from accounts
),

{{ stage_history(policy, 'account', 'account_id') }}

select * from named_entries
