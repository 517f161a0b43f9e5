{# Which domains are no company's. #}

{# universities and schools: people of many organisations share their domains #}
{% macro is_education_domain(expression) -%}
    coalesce({{ regexp_matches(expression, '([.]edu|[.](edu|ac|sch)[.][a-z][a-z]|^(.*[.])?(uni|univ|tu|fh|hs)-[a-z-]+[.][a-z]+)$') }}, false)
{%- endmacro %}

{# more distinct companies than this in one mail domain that is nobody's website, and it is a mail provider #}
{% macro companies_per_domain() %}10{% endmacro %}
