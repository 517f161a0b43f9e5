{{ config(meta={'dagster': {'ref': {'name': 'separation_rules'}}}) }}
-- A misspelt rule would keep nobody apart without a word, as would one that is listed twice or neither on nor off.
with known as (
    {% for rule in ['other_first_name', 'other_last_name', 'other_generation', 'other_birth_date', 'numbered_address', 'reports_to',
                    'same_opportunity'] -%}
    select '{{ rule }}' as separation_rule{{ ' union all' if not loop.last }}
    {% endfor %}
),

listed as (
    select separation_rule, count(*) as count_rows, count(is_active) as count_switched
    from {{ ref('separation_rules') }}
    group by separation_rule
),

final as (
    select
        coalesce(listed.separation_rule, known.separation_rule) as separation_rule,
        case
            when known.separation_rule is null then 'no such rule'
            when listed.separation_rule is null then 'the rule is missing: make it inactive instead'
            when listed.count_rows > 1 then 'listed more than once'
            else 'is_active is neither true nor false'
        end as what_is_wrong
    from listed
    full outer join known on listed.separation_rule = known.separation_rule
    where
        known.separation_rule is null
        or listed.separation_rule is null
        or listed.count_rows > 1
        or listed.count_switched = 0
)

select * from final
