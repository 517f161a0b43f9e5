{# Rows whose key is missing or not theirs alone, over several tables; `keys` is model → columns of its key. One test for a whole
   folder: a night pays for each test. Of numbers that stand for keys, only those that occur twice are looked at closer. #}
{% macro rows_with_bad_keys(keys) -%}
{%- for model, columns in keys.items() %}
select
    '{{ model }}' as table_name,
    {% for column in columns %}cast({{ column }} as {{ dbt.type_string() }}){{ " || ' ' || " if not loop.last }}{% endfor %} as row_key,
    count(*) as count_rows
from {{ ref(model) }}
where {{ fingerprint(columns) }} in (select {{ fingerprint(columns) }} from {{ ref(model) }} group by 1 having count(*) > 1)
group by {{ columns | join(', ') }}
having count(*) > 1
union all
select '{{ model }}', null, count(*)
from {{ ref(model) }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
having count(*) > 0
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{%- endmacro %}

{# the source_id of a record key `source|object|source_id`, which may itself have a bar #}
{% macro source_id_of(record_key) -%}
    substring(
        {{ record_key }},
        length({{ dbt.split_part(record_key, "'|'", 1) }}) + length({{ dbt.split_part(record_key, "'|'", 2) }}) + 3
    )
{%- endmacro %}
