{#- who is a customer bought something; of which offering, its won opportunities say, and without one it is the default -#}
{%- set policy = stage_policy('buying_group') %}
with

buying_groups as (
    select
        known.buying_group_id,
        known.account_id,
        known.offering_id,
        offerings.is_default,
        coalesce(accounts.created_at, {{ since_ever() }}) as created_at
    from {{ ref('buying_groups') }} as known
    inner join {{ ref('accounts') }} as accounts on known.account_id = accounts.account_id
    inner join {{ source('raw', 'policy_offerings') }} as offerings on known.offering_id = offerings.offering_id
),

engagement as (
    select buying_groups.buying_group_id, days.*
    from {{ ref('account_engagement') }} as days
    inner join buying_groups on days.account_id = buying_groups.account_id
),

opportunities as (
    select
        buying_groups.buying_group_id,
        opportunities.created_at,
        case when opportunities.closed_at is not null then greatest(opportunities.closed_at, opportunities.created_at) end as closed_at
    from {{ ref('opportunities') }} as opportunities
    inner join buying_groups on opportunities.account_id = buying_groups.account_id and opportunities.offering_id = buying_groups.offering_id
    where opportunities.created_at is not null
),

account_stays as (
    select buying_groups.buying_group_id, stages.stage, stages.entered_at, stages.left_at
    from buying_groups
    inner join {{ ref('account_stages') }} as stages on buying_groups.account_id = stages.account_id
),

customer_stretches as (
    select
        customer_periods.*,
        min(started_at) over (partition by unit_id, period) as period_started_at,
        coalesce(max(coalesce(ended_at, {{ run_midnight() }})) over (partition by unit_id, period), {{ run_midnight() }}) as period_ended_at
    from {{ ref('customer_periods') }} as customer_periods
),

periods as (
    select distinct unit_id, period, period_started_at, period_ended_at from customer_stretches
),

wins as (
    select
        periods.unit_id,
        periods.period,
        opportunities.offering_id,
        min(opportunities.closed_at) as bought_at
    from periods
    inner join {{ ref('opportunities') }} as opportunities
        on
            periods.unit_id = opportunities.account_id
            and opportunities.closed_at >= periods.period_started_at
            and opportunities.closed_at <= periods.period_ended_at
    where opportunities.is_won
    group by 1, 2, 3
),

periods_with_wins as (
    select distinct unit_id, period from wins
),

bought as (
    select buying_groups.buying_group_id, wins.unit_id, wins.period, wins.bought_at
    from wins
    inner join buying_groups on wins.unit_id = buying_groups.account_id and wins.offering_id = buying_groups.offering_id
    union all
    select buying_groups.buying_group_id, periods.unit_id, periods.period, periods.period_started_at
    from periods
    inner join buying_groups on periods.unit_id = buying_groups.account_id and buying_groups.is_default
    left join periods_with_wins on periods.unit_id = periods_with_wins.unit_id and periods.period = periods_with_wins.period
    where periods_with_wins.unit_id is null
),

customer_periods as (
    select
        bought.buying_group_id,
        greatest(stretches.started_at, bought.bought_at) as started_at,
        stretches.ended_at,
        case when stretches.is_silent then 1 else 0 end as is_silent
    from bought
    inner join customer_stretches as stretches
        on
            bought.unit_id = stretches.unit_id
            and bought.period = stretches.period
            and coalesce(stretches.ended_at > bought.bought_at, true)
),

facts as (
    select buying_group_id, occurred_at{{ counter_changes(policy, by_column(engagement_counters(policy), '')) }} from engagement
    union all
    select buying_group_id, created_at{{ counter_changes(policy, {'open_opportunities': '1'}) }} from opportunities
    union all
    select buying_group_id, closed_at{{ counter_changes(policy, {'open_opportunities': '-1'}) }}
    from opportunities
    where closed_at is not null
    union all
    select buying_group_id, started_at{{ counter_changes(policy, {'is_customer': '1', 'was_customer': '1', 'is_silent': 'is_silent'}) }}
    from customer_periods
    union all
    select buying_group_id, ended_at{{ counter_changes(policy, {'is_customer': '-1', 'is_silent': '-is_silent'}) }}
    from customer_periods
    where ended_at is not null
    {{- stage_stays(policy, 'account_stage', 'account_stays', 'buying_group_id') }}
),

changes as (
    select facts.*
    from facts
    inner join buying_groups on facts.buying_group_id = buying_groups.buying_group_id
    where facts.occurred_at < {{ run_midnight() }}
    union all
    select buying_group_id, created_at{{ counter_changes(policy, {}) }} from buying_groups
),

{{ stage_history(policy, 'buying_group', 'buying_group_id') }}

select
    named_entries.buying_group_id,
    buying_groups.account_id,
    buying_groups.offering_id,
    named_entries.stage,
    named_entries.entered_at,
    named_entries.left_at,
    named_entries.previous_stage,
    named_entries.is_backward,
    named_entries.next_stage,
    named_entries.days_in_stage
from named_entries
inner join buying_groups on named_entries.buying_group_id = buying_groups.buying_group_id
