{# A sweep over dated changes of counters: how a stage's history follows from facts that begin and end. #}

{# The steps after `states` (one row per entity and moment: <columns>, entered_at, stage): `entries` keeps the moments at which
   the stage changed, `final` dates the end of each. #}
{% macro stage_entries(entity, columns) %}
states_and_previous as (
    select
        states.*,
        lag(stage) over (partition by {{ entity }} order by entered_at) as previous_stage
    from states
),

entries as (
    select *
    from states_and_previous
    where previous_stage is null or previous_stage <> stage
),

final as (
    select
        {% for column in columns %}{{ column }},
        {% endfor %}stage,
        entered_at,
        lead(entered_at) over (partition by {{ entity }} order by entered_at) as left_at
    from entries
)
{% endmacro %}

{# the running total of a counter, for each entity in the order of time #}
{% macro running_total(counter, entity) %}
sum({{ counter }}) over (partition by {{ entity }} order by occurred_at rows between unbounded preceding and current row)
{%- endmacro %}

{# the moment from which something of unknown date is taken to have existed #}
{% macro since_ever() %}cast('1970-01-01 00:00:00' as {{ dbt.type_timestamp() }}){% endmacro %}

{# midnight at which the night's day begins: what happened before is the past #}
{% macro run_midnight() %}cast({{ run_date() }} as {{ dbt.type_timestamp() }}){% endmacro %}
