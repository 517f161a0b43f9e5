{# What the features count. A new kind goes here and, for its columns, into models/features/_models.yml. #}

{# activities of a contact that show interest #}
{% macro feature_activities() %}
{{ return(['email_open', 'email_click', 'page_view', 'pricing_view', 'form_submission', 'product_event', 'webinar', 'reply', 'meeting']) }}
{% endmacro %}

{# channels on which we reach out #}
{% macro feature_touch_channels() %}{{ return(['email', 'call', 'ads']) }}{% endmacro %}

{# days that features look back, at most #}
{% macro feature_look_back_days() %}{{ return(180) }}{% endmacro %}

{# The count of events of one kind, 0 where there are none. There is one row per kind: the maximum is that row's number, and in
   an engine's memory a quarter of a sum's size. #}
{% macro count_of_kind(kind, days) %}
coalesce(max(case when kind = '{{ kind }}' then count_{{ days }}d end), 0)
{%- endmacro %}

{# days since the last event of one kind; null: none in the look-back #}
{% macro days_since_kind(kind) %}
min(case when kind = '{{ kind }}' then days_since_last end)
{%- endmacro %}
