{{ config(meta={'dagster': {'ref': {'name': 'arm_statistics'}}}) }}
-- For each metric the units of all arms are all units, each once.
with

totals as (
    select metric, sum(n) as n
    from {{ ref('arm_statistics') }}
    group by 1
),

units as (
    select count(*) as count_units, count(distinct unit_id) as count_distinct_units
    from {{ source('decisioning', 'arms') }}
)

select totals.metric, totals.n, units.count_units, units.count_distinct_units
from totals
cross join units
where totals.n <> units.count_units or units.count_units <> units.count_distinct_units
