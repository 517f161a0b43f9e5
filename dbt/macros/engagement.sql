{# Points of activities and their sums. #}

{# what one activity of a day counts: points for each, at most the daily cap #}
{% macro capped_points(days, rules) -%}
    least({{ days }}.count_activities * {{ rules }}.points, coalesce({{ rules }}.daily_cap, {{ days }}.count_activities * {{ rules }}.points))
{%- endmacro %}

{# a sum of fractions that doesn't depend on the order of the rows: whole millionths add up exactly in a double #}
{% macro exact_sum(expression) -%}
    (cast(sum(cast(round(({{ expression }}) * 1000000) as double)) as double) / 1000000)
{%- endmacro %}

{# a mailbox of a function (info@) without a person's name #}
{% macro is_nobody() -%}
    (is_role_mailbox and (first_name is null or last_name is null))
{%- endmacro %}
