{# The few expressions on which DuckDB and Spark differ and for which dbt has no macro of its own. #}

{% macro sha256_hex(expression) %}{{ return(adapter.dispatch('sha256_hex')(expression)) }}{% endmacro %}
{% macro default__sha256_hex(expression) %}sha256({{ expression }}){% endmacro %}
{% macro spark__sha256_hex(expression) %}sha2({{ expression }}, 256){% endmacro %}

{# JSON text, key → text or null #}
{% macro json_text(expression, key) %}{{ return(adapter.dispatch('json_text')(expression, key)) }}{% endmacro %}
{% macro default__json_text(expression, key) %}json_extract_string({{ expression }}, '$."{{ key }}"'){% endmacro %}
{% macro spark__json_text(expression, key) %}get_json_object({{ expression }}, '$.{{ key }}'){% endmacro %}

{# replace all matches of a regular expression #}
{% macro regexp_replace_all(expression, pattern, replacement) %}{{ return(adapter.dispatch('regexp_replace_all')(expression, pattern, replacement)) }}{% endmacro %}
{% macro default__regexp_replace_all(expression, pattern, replacement) %}regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g'){% endmacro %}
{% macro spark__regexp_replace_all(expression, pattern, replacement) %}regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}'){% endmacro %}

{% macro regexp_matches(expression, pattern) %}{{ return(adapter.dispatch('regexp_matches')(expression, pattern)) }}{% endmacro %}
{% macro default__regexp_matches(expression, pattern) %}regexp_matches({{ expression }}, '{{ pattern }}'){% endmacro %}
{% macro spark__regexp_matches(expression, pattern) %}({{ expression }} rlike '{{ pattern }}'){% endmacro %}

{# last and first value of a column by the order of another, as an aggregate #}
{% macro latest_by(expression, order_by) %}{{ return(adapter.dispatch('latest_by')(expression, order_by)) }}{% endmacro %}
{% macro default__latest_by(expression, order_by) %}max_by({{ expression }}, {{ order_by }}){% endmacro %}


{# the night that runs, as a date, from the one-row table that the run writes first #}
{% macro run_date() %}(select max(run_date) from {{ source('raw', 'night') }}){% endmacro %}

{# a whole row as JSON text, and a value of it by a key that is itself a column #}
{% macro row_json(relation) %}{{ return(adapter.dispatch('row_json')(relation)) }}{% endmacro %}
{% macro default__row_json(relation) %}cast(to_json({{ relation }}) as varchar){% endmacro %}
{% macro spark__row_json(relation) %}to_json(struct({{ relation }}.*)){% endmacro %}

{% macro json_text_by(expression, key_column) %}{{ return(adapter.dispatch('json_text_by')(expression, key_column)) }}{% endmacro %}
{% macro default__json_text_by(expression, key_column) %}json_extract_string({{ expression }}, '$."' || {{ key_column }} || '"'){% endmacro %}
{% macro spark__json_text_by(expression, key_column) %}get_json_object({{ expression }}, concat('$.', {{ key_column }})){% endmacro %}

{% macro json_string(expression) -%}
    '"' || replace(replace({{ expression }}, '\', '\\'), '"', '\"') || '"'
{%- endmacro %}

{# the middle value, as an aggregate; null without values #}
{% macro median(expression) %}{{ return(adapter.dispatch('median')(expression)) }}{% endmacro %}
{% macro default__median(expression) %}median({{ expression }}){% endmacro %}
{% macro spark__median(expression) %}percentile({{ expression }}, 0.5){% endmacro %}

{# a number below a million that differs with the columns' values; the same within one query only #}
{% macro row_weight(columns) %}{{ return(adapter.dispatch('row_weight')(columns)) }}{% endmacro %}
{% macro default__row_weight(columns) %}cast(hash({{ columns | join(', ') }}) % 999983 as double){% endmacro %}
{% macro spark__row_weight(columns) %}cast(pmod(xxhash64({{ columns | join(', ') }}), 999983) as double){% endmacro %}

{# letters missing, too many, wrong or exchanged with their neighbour; Spark counts an exchange as two #}
{% macro count_slips(left_text, right_text) %}{{ return(adapter.dispatch('count_slips')(left_text, right_text)) }}{% endmacro %}
{% macro default__count_slips(left_text, right_text) %}damerau_levenshtein({{ left_text }}, {{ right_text }}){% endmacro %}
{% macro spark__count_slips(left_text, right_text) %}levenshtein({{ left_text }}, {{ right_text }}){% endmacro %}

{# the weekday of a date, in lower-case English #}
{% macro weekday_name(expression) %}{{ return(adapter.dispatch('weekday_name')(expression)) }}{% endmacro %}
{% macro default__weekday_name(expression) %}lower(dayname({{ expression }})){% endmacro %}
{% macro spark__weekday_name(expression) %}lower(date_format({{ expression }}, 'EEEE')){% endmacro %}
