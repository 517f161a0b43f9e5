{# What the features of a date don't count, because it became known only after it. Changes of what was known count as well. #}
with

dates as (
    select as_of_date from {{ ref('feature_dates') }}
),

-- few: what became known later than the night after its day
late as (
    select
        case when kind like 'touch%' then 'touch' else kind end as kind,
        occurred_on,
        known_on,
        sum(case when count_change > 0 then cast(count_change as double) else 0 end) as count_late,
        sum(case when count_change < 0 then cast(-count_change as double) else 0 end) as count_withdrawn
    from {{ ref('day_changes') }}
    where known_on > {{ dbt.dateadd('day', 1, 'occurred_on') }}
    group by 1, 2, 3
),

final as (
    select
        dates.as_of_date,
        late.kind,
        cast(sum(late.count_late) as integer) as count_late,
        cast(sum(late.count_withdrawn) as integer) as count_withdrawn,
        max(late.known_on) as last_known_on
    from late
    inner join dates
        on
            late.occurred_on < dates.as_of_date
            and late.known_on > dates.as_of_date
            and (late.kind = 'payment' or late.occurred_on >= {{ dbt.dateadd('day', -feature_look_back_days(), 'dates.as_of_date') }})
    group by 1, 2
)

select * from final
