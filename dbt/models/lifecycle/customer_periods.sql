{%- set policy = stage_policy('account') %}
with

outcomes as (
    select
        coalesce(account_id, contact_id) as unit_id,
        outcome,
        occurred_at
    from {{ ref('outcomes') }}
    where
        outcome in ('opportunity_won', 'invoice_paid', 'purchase', 'churn')
        and coalesce(account_id, contact_id) is not null
        and occurred_at < {{ run_midnight() }}
),

outcomes_and_next_churn as (
    select
        unit_id,
        outcome,
        occurred_at,
        min(case when outcome = 'churn' then occurred_at end) over (
            partition by unit_id order by occurred_at rows between current row and unbounded following
        ) as churned_at
    from outcomes
),

purchases as (
    select unit_id, occurred_at, churned_at
    from outcomes_and_next_churn
    where outcome <> 'churn'
),

buyers as (
    select distinct unit_id from purchases
),

-- what shows that a customer is still there: it pays, or its people do something
signs as (
    select unit_id, occurred_at from purchases
    union all
    select
        buyers.unit_id,
        points.earned_at as occurred_at
    from {{ ref('engagement_points') }} as points
    inner join buyers on coalesce(points.account_id, points.contact_id) = buyers.unit_id
    where points.points > 0
),

signs_and_neighbours as (
    select
        unit_id,
        occurred_at,
        {{ dbt.dateadd('day', [policy.at_risk_after_days, policy.lapsed_after_days] | min, 'occurred_at') }} as silent_at,
        lag(occurred_at) over (partition by unit_id order by occurred_at) as previous_at,
        lead(occurred_at) over (partition by unit_id order by occurred_at) as next_at
    from signs
),

-- signs without a silence between them count as one that lasts
firsts as (
    select unit_id, occurred_at
    from signs_and_neighbours
    where
        previous_at is null
        or occurred_at > {{ dbt.dateadd('day', [policy.at_risk_after_days, policy.lapsed_after_days] | min, 'previous_at') }}
),

lasts as (
    select unit_id, occurred_at
    from signs_and_neighbours
    where next_at is null or next_at > silent_at
),

changes as (
    select unit_id, occurred_at, 1 as purchases, 0 as signs, 0 as recent_signs from purchases
    union all
    select unit_id, churned_at, -1, 0, 0 from purchases where churned_at is not null
    union all
    select unit_id, occurred_at, 0, 1, 1 from firsts
    union all
    select unit_id, {{ dbt.dateadd('day', policy.at_risk_after_days, 'occurred_at') }}, 0, 0, -1 from lasts
    union all
    select unit_id, {{ dbt.dateadd('day', policy.lapsed_after_days, 'occurred_at') }}, 0, -1, 0 from lasts
),

totals as (
    select
        unit_id,
        occurred_at,
        {% for counter in ['purchases', 'signs', 'recent_signs'] -%}
        sum({{ counter }}) over (
            partition by unit_id order by occurred_at range between unbounded preceding and current row
        ) as {{ counter }}{{ ',' if not loop.last }}
        {% endfor %}
    from changes
    where occurred_at < {{ run_midnight() }}
),

states as (
    select
        unit_id,
        occurred_at,
        case when purchases > 0 and signs > 0 then case when recent_signs > 0 then 2 else 1 end else 0 end as state
    from totals
),

states_and_previous as (
    select
        states.*,
        lag(state) over (partition by unit_id order by occurred_at) as previous_state
    from states
),

stretches as (
    select
        unit_id,
        state,
        occurred_at as started_at,
        lead(occurred_at) over (partition by unit_id order by occurred_at) as ended_at,
        sum(case when coalesce(previous_state, 0) = 0 then 1 else 0 end) over (
            partition by unit_id order by occurred_at rows between unbounded preceding and current row
        ) as period
    from states_and_previous
    where previous_state is null or previous_state <> state
),

final as (
    select
        unit_id,
        cast(period as integer) as period,
        started_at,
        ended_at,
        state = 1 as is_silent
    from stretches
    where state > 0
)

select * from final
