{# The words of the gates: a detail is read by people. #}

{# "1 e-mail", "2 calls": a count of what a channel sends #}
{% macro counted_touches(count, channel) %}
{{ dbt.concat([
    "cast(" ~ count ~ " as " ~ dbt.type_string() ~ ")",
    "case " ~ channel ~ " when 'email' then ' e-mail' when 'call' then ' call' when 'ads' then ' ad' when 'sms' then ' text message'
        when 'push' then ' push message' when 'post' then ' letter' else ' touch' end",
    "case when " ~ count ~ " = 1 then '' when " ~ channel ~ " not in ('email', 'call', 'ads', 'sms', 'push', 'post') then 'es' else 's' end",
]) }}
{%- endmacro %}

{% macro counted_days(days) %}
{{ dbt.concat(["cast(" ~ days ~ " as " ~ dbt.type_string() ~ ")", "case when " ~ days ~ " = 1 then ' day' else ' days' end"]) }}
{%- endmacro %}

{# first day of a rolling window that ends with the night's day. A touch late on that day is less than `days` days
   before an early send, so the whole day counts. #}
{% macro window_start(days) %}{{ dbt.dateadd('day', '-1 * ' ~ days, run_midnight()) }}{% endmacro %}
