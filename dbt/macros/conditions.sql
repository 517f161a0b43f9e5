{# Conditions of the policy, written into the SQL as the night begins. Their SQL was made by policy/condition_sql.py from a
   parsed tree; nothing that a person typed is in it but quoted text and numbers. #}

{# [{condition_id, sql}]; none while dbt only parses the project #}
{% macro policy_conditions() %}
    {%- set conditions = [] %}
    {%- if execute %}
        {%- for row in run_query('select condition_id, condition_sql from ' ~ source('raw', 'policy_conditions') ~ ' order by 1').rows %}
            {%- do conditions.append({'condition_id': row[0], 'sql': row[1]}) %}
        {%- endfor %}
    {%- endif %}
    {{- return(conditions) }}
{% endmacro %}

{# [(trait, type)] #}
{% macro policy_traits() %}
    {%- if not execute %}{{ return([]) }}{% endif %}
    {{- return(run_query('select trait, type from ' ~ source('raw', 'policy_traits') ~ ' order by 1').rows) }}
{% endmacro %}

{# one row per text of a list of expressions #}
{% macro unnest_texts(expressions) %}{{ return(adapter.dispatch('unnest_texts')(expressions)) }}{% endmacro %}
{% macro default__unnest_texts(expressions) %}unnest([{{ expressions | join(', ') }}]){% endmacro %}
{% macro spark__unnest_texts(expressions) %}explode(array({{ expressions | join(', ') }})){% endmacro %}

{# the values of a group as a list, and whether a list has a value #}
{% macro list_of(expression) %}{{ return(adapter.dispatch('list_of')(expression)) }}{% endmacro %}
{% macro default__list_of(expression) %}list({{ expression }}){% endmacro %}
{% macro spark__list_of(expression) %}collect_list({{ expression }}){% endmacro %}

{% macro list_has(list, value) %}{{ return(adapter.dispatch('list_has')(list, value)) }}{% endmacro %}
{% macro default__list_has(list, value) %}list_contains({{ list }}, {{ value }}){% endmacro %}
{% macro spark__list_has(list, value) %}array_contains({{ list }}, {{ value }}){% endmacro %}
