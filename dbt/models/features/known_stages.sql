{# Stages as they were known: each night appends where an entity's stage, or the day on which it began, isn't as the nights
   before knew it. What the first night finds was known the day after it began. #}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='append_new_columns',
    pre_hook="{{ forget_the_night() }}") }}

{%- set entities = {'contact_stages': 'contact_id', 'account_stages': 'account_id', 'buying_group_stages': 'buying_group_id'} %}

with

entries as (
    {% for model, key in entities.items() %}
    select
        {{ key }} as entity_id,
        stage,
        entered_at,
        left_at,
        previous_stage,
        is_backward
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{% if is_incremental() -%}
latest as (
    select
        entity_id,
        max(known_on) as known_on,
        {{ latest_by('stage', 'known_on') }} as stage,
        {{ latest_by('entered_at', 'known_on') }} as entered_at
    from {{ this }}
    group by entity_id
),

dated as (
    select entries.*, {{ run_date() }} as known_on
    from entries
    left join latest on entries.entity_id = latest.entity_id
    where
        entries.left_at is null
        and coalesce(
            (latest.stage <> entries.stage or latest.entered_at <> entries.entered_at) and latest.known_on <= {{ run_date() }},
            true
        )
),
{%- else -%}
dated as (
    select
        entries.*,
        cast({{ dbt.dateadd('day', 1, 'cast(entered_at as date)') }} as date) as known_on,
        row_number() over (
            partition by entity_id, cast(entered_at as date) order by entered_at desc
        ) as number_of_day
    from entries
),
{%- endif %}

final as (
    select
        entity_id,
        known_on,
        stage,
        entered_at,
        previous_stage,
        is_backward
    from dated
    {{ 'where number_of_day = 1' if not is_incremental() }}
)

select * from final
