{# What the features count. A new kind goes here and, for its columns, into models/features/_models.yml. #}

{# activities of a contact that show interest #}
{% macro feature_activities() %}
{{ return(['email_open', 'email_click', 'page_view', 'pricing_view', 'form_submission', 'product_event', 'webinar', 'reply', 'meeting']) }}
{% endmacro %}

{# activities with which a contact answers a touch; to open a mail is none, programs do it too #}
{% macro feature_responses() %}{{ return(['email_click', 'form_submission', 'reply', 'meeting']) }}{% endmacro %}

{# channels on which we reach out #}
{% macro feature_touch_channels() %}{{ return(['email', 'call', 'ads']) }}{% endmacro %}

{# what is counted by kind: activities, visits, and touches by channel #}
{% macro feature_kinds() %}
{%- set kinds = feature_activities() + ['session'] -%}
{%- for channel in feature_touch_channels() -%}{%- do kinds.append('touch_' ~ channel) -%}{%- endfor -%}
{{ return(kinds) }}
{% endmacro %}

{# days that features look back, at most #}
{% macro feature_look_back_days() %}{{ return(180) }}{% endmacro %}

{# the number of events for which a condition holds; sums of doubles are what engines are fast with #}
{% macro count_where(condition) %}
cast(coalesce(sum(case when {{ condition }} then cast(count_change as double) end), 0) as integer)
{%- endmacro %}

{# how a count of 30 days compares with that of the 30 days before: above 1, it grows #}
{% macro trend(count, count_before) %}
cast((1.0 + {{ count }}) / (1.0 + {{ count_before }}) as double)
{%- endmacro %}

{# whole days from a moment to midnight of as_of_date #}
{% macro days_before(moment, as_of_date) %}
cast({{ dbt.datediff(moment, as_of_date, 'day') }} as integer)
{%- endmacro %}

{# true where all of these tables of the features schema hold the date, so that it needn't be made. They aren't referred to, as
   they are made from what asks. #}
{% macro is_made(models, as_of_date) %}
{%- set conditions = [] -%}
{%- for model in models -%}
    {%- set made = adapter.get_relation(database=this.database, schema=this.schema, identifier=model) if execute -%}
    {%- do conditions.append('false' if made is none or should_full_refresh()
        else as_of_date ~ ' in (select as_of_date from ' ~ made ~ ')') -%}
{%- endfor -%}
({{ conditions | join(' and ') }})
{%- endmacro %}

{# the dates of which the night makes rows #}
{% macro dates_to_make() %}
dates as (
    select as_of_date from {{ ref('feature_dates') }} where is_to_make
)
{%- endmacro %}

{# the stage of each contact, account and buying group that was known on each date, as the CTEs stages_known_on and stages #}
{% macro stages_on_dates() %}
stages_known_on as (
    select
        dates.as_of_date,
        known.entity_id,
        max(known.known_on) as known_on
    from {{ ref('known_stages') }} as known
    inner join dates on known.known_on <= dates.as_of_date
    group by 1, 2
),

stages as (
    select
        known_on.as_of_date,
        known.*
    from {{ ref('known_stages') }} as known
    inner join stages_known_on as known_on
        on known.entity_id = known_on.entity_id and known.known_on = known_on.known_on
)
{%- endmacro %}

{# the payments of each account (of a contact without one) that were known on each date: ever before #}
{% macro payments_on_dates() %}
payment_days as (
    select
        dates.as_of_date,
        days.unit_id,
        days.occurred_on,
        sum(cast(days.count_change as double)) as count_payments,
        sum(days.value_change) as payments_cents
    from {{ ref('day_changes') }} as days
    inner join dates on days.occurred_on < dates.as_of_date and days.known_on <= dates.as_of_date
    where days.kind = 'payment'
    group by 1, 2, 3
    having sum(days.count_change) > 0
),

payments as (
    select
        as_of_date,
        unit_id,
        cast(sum(count_payments) as integer) as count_payments,
        cast(sum(payments_cents) as double) as payments_cents,
        {{ days_before('max(occurred_on)', 'as_of_date') }} as days_since_payment
    from payment_days
    group by 1, 2
)
{%- endmacro %}

{# counts of contacts that add up over an account or a buying group #}
{% macro account_counts() %}
{%- set counts = ['count_product_days_30d', 'count_touches_since_response'] -%}
{%- for kind in feature_activities() + ['session'] -%}
    {%- do counts.extend(['count_' ~ kind ~ '_30d', 'count_' ~ kind ~ '_30d_before']) -%}
{%- endfor -%}
{%- for kind in ['activities', 'touches'] -%}
    {%- for window in ['7d', '30d', '30d_before', '90d'] -%}{%- do counts.append('count_' ~ kind ~ '_' ~ window) -%}{%- endfor -%}
{%- endfor -%}
{%- for channel in feature_touch_channels() -%}{%- do counts.append('count_touch_' ~ channel ~ '_30d') -%}{%- endfor -%}
{{ return(counts) }}
{% endmacro %}
