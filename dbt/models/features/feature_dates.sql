with

night as (
    select
        run_date,
        cast({{ dbt.date_trunc('month', 'run_date') }} as date) as month_start
    from {{ source('raw', 'night') }}
),

limits as (
    select training_window_days from {{ source('raw', 'policy_limits') }}
),

month_starts as (
    {% for months in range(5) %}
    select cast({{ dbt.dateadd('month', -months, 'month_start') }} as date) as as_of_date, run_date from night
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

snapshots as (
    select
        as_of_date,
        row_number() over (order by as_of_date desc) as months_back
    from month_starts
    where as_of_date < run_date
),

choice_dates as (
    select distinct cast(run_date as date) as as_of_date from {{ source('raw', 'ledger_decisions') }}
    union
    select distinct cast(assigned_at as date) as as_of_date from {{ ref('stg_experiment__assignments') }}
),

dates as (
    select run_date as as_of_date, 0 as is_snapshot from night
    union all
    select as_of_date, 1 as is_snapshot from snapshots where months_back <= 4
    union all
    select choice_dates.as_of_date, 0 as is_snapshot
    from choice_dates
    cross join night
    cross join limits
    where
        choice_dates.as_of_date < night.run_date
        and choice_dates.as_of_date >= {{ dbt.dateadd('day', '-limits.training_window_days', 'night.run_date') }}
),

final as (
    select
        as_of_date,
        max(is_snapshot) = 1 as is_snapshot,
        as_of_date = {{ run_date() }}
        or not {{ is_made(['contact_features', 'account_features', 'buying_group_features'], 'as_of_date') }} as is_to_make
    from dates
    group by 1
)

select * from final
