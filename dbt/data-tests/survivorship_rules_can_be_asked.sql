{{ config(meta={'dagster': {'ref': {'name': 'survivorship_rules'}}}) }}
-- A misspelt rule would be ignored without a word. The rows that fail say what is wrong with them.
with rules as (
    select * from {{ ref('survivorship_rules') }}
),

known as (
    {% for field, names in known_survivorship_rules().items() %}{% for name in names + ['source_order', 'recent'] -%}
    select '{{ field }}' as field, '{{ name }}' as rule
    union all
    {% endfor %}{% endfor -%}
    select null, null where 1 = 0
),

unknown as (
    select rules.*, 'no such rule for this field' as problem
    from rules
    left join known on rules.field = known.field and rules.rule = known.rule
    where known.rule is null
),

places as (
    select
        *,
        count(*) over (partition by field, place) as count_at_place,
        count(*) over (partition by field, rule) as count_of_rule,
        max(place) over (partition by field) as last_place
    from rules
),

misplaced as (
    select
        field,
        place,
        rule,
        source_order,
        case
            when count_at_place > 1 then 'two rules at one place'
            when count_of_rule > 1 then 'the rule is there twice'
            when place < 1 or place > {{ survivorship_places() + 1 }} then 'places go from 1 to {{ survivorship_places() + 1 }}'
            when place = last_place and rule <> 'recent' then 'the last rule of a field is recent'
            when place < last_place and rule = 'recent' then 'recent decides always: no rule comes after it'
            when rule = 'source_order' and source_order is null then 'sources are missing'
            when rule <> 'source_order' and source_order is not null then 'only source_order lists sources'
        end as problem
    from places
),

missing as (
    select distinct known.field, cast(null as integer) as place, 'recent' as rule, cast(null as varchar) as source_order, 'the field has no rules' as problem
    from known
    left join rules on known.field = rules.field
    where rules.field is null
)

select * from unknown
union all
select * from misplaced where problem is not null
union all
select * from missing
