{# What is counted, as it became known. A night compares what each contact did (and was sent) on each day with what the nights
   before knew, and appends the differences: late rows, and what went over to another contact or is gone. So the sum of what
   was known by a night is what that night saw, whatever becomes of the sources. #}
{{ config(
    materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='append_new_columns',
    pre_hook="{{ forget_the_night() }}",
    post_hook="delete from {{ this }} where kind <> 'payment' and occurred_on < (
        select {{ dbt.dateadd('day', -feature_look_back_days(), 'min(as_of_date)') }} from {{ ref('feature_dates') }})"
) }}

{% set facts -%}
    select contact_id as unit_id, activity as kind, '' as detail, occurred_on, known_on, count_activities as count_events, 0 as value_cents
    from {{ ref('activity_days') }}
    where activity in ('session', '{{ feature_activities() | join("', '") }}')
    union all
    select contact_id, {{ dbt.concat(["'touch_'", 'channel']) }}, '', occurred_on, known_on, count_touches, 0
    from {{ ref('touch_days') }}
    where direction = 'outbound'
    union all
    select contact_id, 'feature_used', coalesce(detail, ''), cast(occurred_at as date), known_on, 1, 0
    from {{ ref('activities') }}
    where activity = 'product_event'
    union all
    -- an account's payments are those of all its people
    select coalesce(account_id, contact_id), 'payment', '', cast(occurred_at as date), cast(occurred_at as date), 1, coalesce(value_cents, 0)
    from {{ ref('outcomes') }}
    where outcome in ('invoice_paid', 'purchase')
{%- endset %}

{# counts of what is seen tonight, less those of what was known: they add up to zero where nothing changed #}
{% set oldest = dbt.dateadd('day', -feature_look_back_days(), run_date()) %}
{% set differences -%}
    select unit_id, kind, detail, occurred_on, cast(count_events as double) as count_change, cast(value_cents as double) as value_change
    from ({{ facts }}) as facts
    where kind = 'payment' or occurred_on >= {{ oldest }}
    union all
    select unit_id, kind, detail, occurred_on, -count_change, -value_change
    from {{ this }}
    where kind = 'payment' or occurred_on >= {{ oldest }}
{%- endset %}

with

{% if is_incremental() -%}
-- to compare sums per unit costs a tenth of comparing each day; weights tell one day and kind from another
changed_units as (
    select unit_id
    from ({{ differences }}) as differences
    group by unit_id
    having
        sum(count_change * {{ row_weight(['kind', 'detail', 'occurred_on']) }}) <> 0
        or sum(value_change * {{ row_weight(['kind', 'detail', 'occurred_on']) }}) <> 0
),

changes as (
    select
        differences.unit_id,
        differences.kind,
        differences.detail,
        differences.occurred_on,
        {{ run_date() }} as known_on,
        sum(differences.count_change) as count_change,
        sum(differences.value_change) as value_change
    from ({{ differences }}) as differences
    inner join changed_units on differences.unit_id = changed_units.unit_id
    group by 1, 2, 3, 4, 5
),
{%- else -%}
oldest as (
    select cast({{ dbt.dateadd('day', -feature_look_back_days(), 'min(as_of_date)') }} as date) as occurred_on
    from {{ ref('feature_dates') }}
),

changes as (
    select
        facts.unit_id,
        facts.kind,
        facts.detail,
        facts.occurred_on,
        facts.known_on,
        cast(sum(facts.count_events) as double) as count_change,
        cast(sum(facts.value_cents) as double) as value_change
    from ({{ facts }}) as facts
    inner join oldest on facts.kind = 'payment' or facts.occurred_on >= oldest.occurred_on
    group by 1, 2, 3, 4, 5
),
{%- endif %}

final as (
    select
        unit_id,
        kind,
        detail,
        occurred_on,
        known_on,
        cast(count_change as integer) as count_change,
        value_change
    from changes
    where count_change <> 0 or value_change <> 0
)

select * from final
{# what lies together is counted in a third of the time #}
order by unit_id
