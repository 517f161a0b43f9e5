{# Tables and views of DuckDB, replaced within one transaction. dbt's own way (another name, two renames, a drop, a second
   transaction) doubles what a small model costs. Neither takes hooks. #}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- do drop_existing() -%}
    {%- call statement('main', language=model['language']) -%}
        {{ create_table_as(False, target, compiled_code, model['language']) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {%- do drop_existing() -%}
    {%- call statement('main') -%}{{ create_view_as(target, compiled_code) }}{%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro drop_existing() %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none -%}
        {%- call statement('drop_existing') -%}drop {{ existing.type }} if exists {{ existing }}{%- endcall -%}
        {#- a Python model writes in a transaction of its own -#}
        {%- if model['language'] == 'python' %}{% do adapter.commit() %}{% endif -%}
    {%- endif -%}
{% endmacro %}
