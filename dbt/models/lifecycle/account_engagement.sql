{# The sweep over the days of an account's people, once for accounts and buying groups: both look at the same people, so only
   moments at which a condition of either may change go on. #}
{%- set account_policy, group_policy = stage_policy('account'), stage_policy('buying_group') %}
{%- set counters = ['points', 'replies', 'meetings', 'calls'] | select('in', account_policy.counters + group_policy.counters) | list %}
with

days as (
    select
        account_id,
        earned_on,
        max(earned_at) as earned_at
        {%- for counter in counters %},
        {{ exact_sum(counter) }} as {{ counter }}
        {%- endfor %}
    from {{ ref('engagement_points') }}
    where account_id is not null
    group by 1, 2
),

-- numbers are put in order faster than text
accounts as (
    select account_id, row_number() over (order by account_id) as account_number
    from (select distinct account_id from days) as found
),

numbered_days as (
    select accounts.account_number, days.*
    from days
    inner join accounts on days.account_id = accounts.account_id
),

changes as (
    select
        account_number,
        earned_at as occurred_at
        {%- for counter in counters %},
        {{ counter }}
        {%- endfor %}
    from numbered_days
    union all
    select
        account_number,
        {{ dbt.dateadd('day', account_policy.engagement_window_days, 'earned_at') }}
        {%- for counter in counters %},
        -{{ counter }}
        {%- endfor %}
    from numbered_days
),

totals as (
    select
        account_number,
        occurred_at
        {%- for counter in counters %},
        sum({{ counter }}) over (
            partition by account_number order by occurred_at range between unbounded preceding and current row
        ) as {{ counter }}
        {%- endfor %}
    from changes
    where occurred_at < {{ run_midnight() }}
),

{#- each condition is a digit #}
conditions as (
    select
        totals.*,
        0
        {%- for condition in (account_policy.engagement + group_policy.engagement) | unique %}
        + case when {{ condition }} then {{ 2 ** loop.index0 }} else 0 end
        {%- endfor %} as conditions
    from totals
),

conditions_and_previous as (
    select
        conditions.*,
        lag(conditions) over (partition by account_number order by occurred_at) as previous_conditions
    from conditions
),

reached as (
    select
        account_number,
        occurred_at
        {%- for counter in counters %},
        round({{ counter }} - coalesce(lag({{ counter }}) over (partition by account_number order by occurred_at), 0), 6) as {{ counter }}
        {%- endfor %}
    from conditions_and_previous
    where coalesce(previous_conditions, 0) <> conditions
),

final as (
    select
        accounts.account_id,
        reached.occurred_at
        {%- for counter in counters %},
        reached.{{ counter }}
        {%- endfor %}
    from reached
    inner join accounts on reached.account_number = accounts.account_number
)

select * from final
