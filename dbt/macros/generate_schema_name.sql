{# A model lives in the schema its folder names, without dbt's default prefix: others build on these names. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
