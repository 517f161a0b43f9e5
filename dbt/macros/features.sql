{# What the features count. A new kind goes here and, for its columns, into models/features/_models.yml. #}

{# activities of a contact that show interest #}
{% macro feature_activities() %}
{{ return(['email_open', 'email_click', 'page_view', 'pricing_view', 'form_submission', 'product_event', 'webinar', 'reply', 'meeting']) }}
{% endmacro %}

{# channels on which we reach out #}
{% macro feature_touch_channels() %}{{ return(['email', 'call', 'ads']) }}{% endmacro %}

{# days that features look back, at most #}
{% macro feature_look_back_days() %}{{ return(180) }}{% endmacro %}

{# a count of events of one kind, 0 where there are none #}
{% macro count_of_kind(kind, days) %}
cast(coalesce(sum(case when kind = '{{ kind }}' then count_{{ days }}d end), 0) as bigint)
{%- endmacro %}

{# days since the last event of one kind; null: none in the look-back #}
{% macro days_since_kind(kind) %}
cast(min(case when kind = '{{ kind }}' then days_since_last end) as double)
{%- endmacro %}
