{# a figure of the seed match_settings #}
{% macro match_setting(setting) %}(select max(value) from {{ ref('match_settings') }} where setting = '{{ setting }}'){% endmacro %}
