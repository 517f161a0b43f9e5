{% for model in activation_models() -%}
{%- set relation = ref(model) -%}
{%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | list if execute else ['key'] %}
select
    '{{ relation.identifier }}' as table_name,
    cast({{ columns[0] }} as {{ dbt.type_string() }}) as row_key,
    {{ row_fingerprint(columns) }} as row_fingerprint
from {{ relation }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
